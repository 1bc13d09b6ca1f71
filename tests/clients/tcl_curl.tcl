# TclCurl: tcl_curl.tcl easy|multi URL...
package require TclCurl

set multi [curl::multiinit]
set handles {}
foreach url [lrange $argv 1 end] {
	set easy [curl::init]
	$easy configure -url $url -bodyvar body
	if {[lindex $argv 0] eq "easy"} {
		$easy perform
		puts [$easy getinfo responsecode]
	} else {
		$multi addhandle $easy
		lappend handles $easy
	}
}
while {[llength $handles] > 0 && [$multi perform] > 0} {
	after 10
}
foreach easy $handles {
	puts [$easy getinfo responsecode]
	$multi removehandle $easy
}
