# TclCurl: tcl_curl.tcl URL...
package require TclCurl

foreach url $argv {
	set easy [curl::init]
	$easy configure -url $url -bodyvar body
	$easy perform
	puts [$easy getinfo responsecode]
	$easy cleanup
}
