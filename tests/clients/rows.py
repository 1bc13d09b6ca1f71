"""The programs of the table. In a command {url} is the address, {host} its host, {here} this folder, {built} where what
had to be compiled or fetched lies. A program that lacks a part is skipped with the command that installs it."""
from dataclasses import dataclass, field

OPENSSL, GNUTLS, NSS = "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"


@dataclass
class Row:
    name: str
    interface: str
    loading: str  # what the loader's own trace cannot tell: the scope, and who finds the functions
    command: str
    needs: str = "true"  # a shell command that succeeds where the program is installed
    package: str = ""
    transfers: int = 1  # at least so many requests
    ours: bool = True  # False: does not use libcurl, so nothing may change
    prepare: str = field(default="true")  # once, before the first run; prints why where it cannot


LINKED, LOCAL, DEEP, FOREIGN = "linked", "RTLD_LOCAL", "RTLD_DEEPBIND", "dlsym"
JNA = "/usr/share/java/jna.jar"
PYTHON = "/usr/bin/python3"  # Debian's own, which has Debian's modules


def python_ctypes(library, flavour, interface):
    urls, transfers = ("{url}", 1) if interface == "easy" else ("{url} {url} {url}", 3)
    return Row(f"Python ctypes, {flavour}", interface, FOREIGN,
               f"CAINFO=/etc/ssl/certs/ca-certificates.crt {PYTHON} {{here}}/python_ctypes.py {library} {interface} {urls}",
               f"{PYTHON} -c 'import ctypes; ctypes.CDLL(\"{library}\")'", "python3", transfers)


def both(name, loading, command, needs, package, prepare="true"):
    """A row for each interface of a binding; the program's first argument says which."""
    return [Row(name, "easy", loading, f"{command} easy {{url}} {{url}}", needs, package, 2, prepare=prepare),
            Row(name, "multi", loading, f"{command} multi {{url}} {{url}} {{url}}", needs, package, 3, prepare=prepare)]


def jna(name, program, interface, transfers):
    """Java runs a source file where the compiler is: a JDK, not only a run-time."""
    return Row(name, interface, FOREIGN, f"java -XX:-UsePerfData -cp {JNA} {{here}}/{program}" + " {url}" * transfers,
               f"test -e {JNA} && javac -J-XX:-UsePerfData -version", "default-jdk-headless libjna-java", transfers)


CURL = "curl -sS -o /dev/null -w '%{{http_code}} '"
ROWS = [
    Row("curl", "easy", LINKED, CURL + " {url}"),
    Row("curl, two on one connection", "easy", LINKED, CURL + " {url} -o /dev/null {url}", transfers=2),
    Row("curl --parallel", "multi", LINKED,
        CURL + " --parallel {url} -o /dev/null {url} -o /dev/null {url}", transfers=3),
    Row("curl -v", "easy", LINKED, CURL + " -v {url}"),
    Row("curl --trace -", "easy", LINKED, CURL + " --trace - {url}"),
    Row("git ls-remote", "multi", LINKED, "{here}/git_https {host}", "command -v git", "git"),
    Row("pycurl", "easy", LOCAL, PYTHON + " {here}/pycurl_easy.py {url} {url}",
        PYTHON + " -c 'import pycurl'", "python3-pycurl", 2),
    Row("pycurl", "multi", LOCAL, PYTHON + " {here}/pycurl_multi.py {url} {url} {url}",
        PYTHON + " -c 'import pycurl'", "python3-pycurl", 3),
    Row("PHP curl", "easy", DEEP, "php {here}/php_curl.php {url} {url}", "php -m | grep -qx curl", "php-curl", 2),
    Row("PHP curl_multi", "multi", DEEP, "php {here}/php_multi.php {url} {url} {url}",
        "php -m | grep -qx curl", "php-curl", 3),
    Row("PHP pecl_http", "multi", DEEP, "php -n -d extension=iconv -d extension=raphf -d extension=http {here}/php_http.php {url}", "php -m | grep -qx http", "php8.2-http"),
    Row("PHP FFI", "easy", FOREIGN, f"php -n -d extension=ffi {{here}}/php_ffi.php {OPENSSL} {{url}}",
        "php -m | grep -qx FFI", "php-cli"),
    *both("Perl WWW::Curl", LOCAL, "perl {here}/perl_www_curl.pl", "perl -MWWW::Curl -e1", "libwww-curl-perl"),
    *both("Perl Net::Curl", LOCAL, "perl {here}/perl_net_curl.pl", "perl -MNet::Curl -e1", "Debian 12 has no package of Net::Curl"),
    *both("Ruby typhoeus", FOREIGN, "ruby {here}/ruby_typhoeus.rb", "ruby -rtyphoeus -e1", "ruby-typhoeus"),
    *both("Ruby curb", LOCAL, "ruby {here}/ruby_curb.rb", "ruby -rcurb -e1", "ruby-curb"),
    Row("Ruby Fiddle", "easy", FOREIGN, f"ruby {{here}}/ruby_fiddle.rb {OPENSSL} {{url}}",
        "ruby -rfiddle -e1", "ruby"),
    python_ctypes(OPENSSL, "OpenSSL", "easy"),
    python_ctypes(OPENSSL, "OpenSSL", "multi"),
    python_ctypes(GNUTLS, "GnuTLS", "easy"),
    python_ctypes(NSS, "NSS", "easy"),
    Row("Python cffi", "easy", FOREIGN, f"{PYTHON} {{here}}/python_cffi.py {GNUTLS} {{url}}",
        PYTHON + " -c 'import cffi'", "python3-cffi"),
    Row("Lua-cURL", "easy", LOCAL, "lua5.1 {here}/lua_curl.lua {url}", "lua5.1 -e 'require \"curl\"'",
        "lua5.1 lua-curl"),
    Row("LuaJIT FFI", "easy", FOREIGN, f"luajit {{here}}/luajit_ffi.lua {OPENSSL} {{url}}",
        "command -v luajit", "luajit"),
    Row("R curl", "easy", LOCAL, "Rscript {here}/r_curl.R curl {url} {url}",
        "Rscript -e 'library(curl)'", "r-cran-curl", 2),
    Row("R curl", "multi", LOCAL, "Rscript {here}/r_curl.R multi {url} {url} {url}",
        "Rscript -e 'library(curl)'", "r-cran-curl", 3),
    Row("R RCurl", "easy", LOCAL, "Rscript {here}/r_curl.R RCurl {url}", "Rscript -e 'library(RCurl)'", "r-cran-rcurl"),
    Row("R download.file", "multi", LOCAL, "Rscript {here}/r_curl.R download {url}", "command -v Rscript", "r-base-core"),
    Row("node koffi", "easy", FOREIGN,
        f"NODE_PATH={{built}}/node/node_modules node {{here}}/node_koffi.js {OPENSSL} {{url}}",
        "NODE_PATH={built}/node/node_modules node -e 'require(\"koffi\")'", "nodejs npm, then make build/clients/node"),
    Row("cmake file(DOWNLOAD), TLS_VERIFY", "easy", LINKED,
        "cmake -DURL={url} -DVERIFY=ON -P {here}/cmake_download.cmake", "command -v cmake", "cmake"),
    # CMake before 3.31 does not verify the server's certificate unless it is told to: the library does.
    Row("cmake file(DOWNLOAD)", "easy", LINKED, "cmake -DURL={url} -DVERIFY=OFF -P {here}/cmake_download.cmake",
        "command -v cmake", "cmake"),
    Row("cmake file(UPLOAD)", "easy", LINKED, "cmake -DURL={url} -P {here}/cmake_upload.cmake", "command -v cmake", "cmake"),
    # The crate sets an SSL_CTX function on every handle, so that nothing that libcurl verified counts: the library does it.
    Row("Rust curl crate", "easy", LINKED, "{built}/rust/rust_curl {url} {url}", "test -x {built}/rust/rust_curl",
        "cargo, rustc and the development files of libcurl and OpenSSL, then make build/clients/rust", 2),
    Row("TclCurl", "easy", LOCAL, "tclsh {here}/tcl_curl.tcl {url} {url}", "echo 'package require TclCurl' | tclsh",
        "tclcurl", 2),
    Row("Guile foreign functions", "easy", FOREIGN,
        f"guile --no-auto-compile -s {{here}}/guile_ffi.scm {OPENSSL} {{url}}", "command -v guile", "guile-3.0"),
    jna("Java, JNA interface", f"Jna.java {OPENSSL} easy", "easy", 2),
    jna("Java, JNA interface", f"Jna.java {OPENSSL} multi", "multi", 3),
    jna("Java, JNA interface, GnuTLS", "Jna.java curl-gnutls easy", "easy", 2),
    jna("Java, JNA direct", f"JnaDirect.java {OPENSSL}", "easy", 1),
    Row("C++ curlpp", "easy", LINKED, "$CLIENTS/cpp_curlpp {url}", "command -v g++ && test -d /usr/include/curlpp",
        "g++ libcurlpp-dev", prepare="g++ {here}/cpp_curlpp.cpp -o $CLIENTS/cpp_curlpp -lcurlpp -lcurl"),
    # Below: what `make check-clients-all` installs besides.
    Row("cargo search", "easy", LINKED, "PATH=/usr/bin:$PATH {here}/cargo_search {host}", "test -x /usr/bin/cargo", "cargo"),
    Row("cargo search, OpenSSL's libcurl", "easy", LINKED, "{here}/cargo_search {host}",
        "c=$(command -v cargo) && ldd $c | grep -q 'libcurl[.]so'",
        "a cargo that loads the OpenSSL flavour: Debian's loads the GnuTLS one, and rustup's has a libcurl of its own linked in"),
    Row("Mono P/Invoke", "easy", FOREIGN, "mono $CLIENTS/mono_pinvoke.exe {url}", "command -v mono && command -v mcs",
        "mono-runtime mono-mcs", prepare="mcs -out:$CLIENTS/mono_pinvoke.exe {here}/mono_pinvoke.cs"),
    Row("Racket ffi-lib", "easy", FOREIGN, f"racket {{here}}/racket_ffi.rkt {OPENSSL} {{url}}",
        "command -v racket", "racket"),
    Row("SBCL alien functions", "easy", FOREIGN, f"sbcl --script {{here}}/sbcl_alien.lisp {OPENSSL} {{url}}",
        "command -v sbcl", "sbcl"),
    Row("S-Lang curl", "easy", LOCAL, "slsh {here}/slang_curl.sl {url}",
        "command -v slsh && test -n \"$(find /usr/lib -name curl-module.so)\"", "slsh slang-curl"),
    Row("gdalinfo /vsicurl", "multi", LINKED, "gdalinfo /vsicurl/{url}", "command -v gdalinfo", "gdal-bin"),
    Row("qemu-img", "multi", LOCAL, "qemu-img info {url}",
        "command -v qemu-img && test -n \"$(find /usr/lib -name block-curl.so)\"", "qemu-utils qemu-block-extra"),
    Row("nbdkit curl", "easy", LOCAL, "nbdkit -U - curl url={url} --run 'qemu-img info $uri'",
        "command -v nbdkit && command -v qemu-img", "nbdkit qemu-utils"),
    Row("GStreamer curlhttpsrc", "multi", LOCAL, "gst-launch-1.0 -q curlhttpsrc location={url} ! fakesink",
        "gst-inspect-1.0 curlhttpsrc", "gstreamer1.0-tools gstreamer1.0-plugins-bad"),
    Row("debuginfod-find", "multi", LINKED, "DEBUGINFOD_CACHE_PATH=$(mktemp -d -p $CLIENTS) DEBUGINFOD_URLS={url} debuginfod-find debuginfo 0123456789abcdef",
        "command -v debuginfod-find", "debuginfod"),
    Row("zckdl", "easy", LINKED, "cd $CLIENTS && zckdl {url}", "command -v zckdl", "zchunk"),
    Row("rapper (libraptor2)", "easy", LINKED, "rapper -i turtle {url}", "command -v rapper", "raptor2-utils"),
    Row("jp2a", "easy", LINKED, "jp2a {url}", "command -v jp2a", "jp2a"),
    Row("projsync", "easy", LINKED, "projsync --endpoint https://{host}/v1 --list-files", "command -v projsync",
        "proj-bin"),
    Row("samtools view", "multi", LINKED, "samtools view {url}", "command -v samtools", "samtools"),
    Row("hxnormalize", "easy", LINKED, "hxnormalize {url}", "command -v hxnormalize", "html-xml-utils"),
    Row("pacman -Sy", "multi", LINKED, "{here}/pacman_sync {host}", "command -v pacman", "pacman-package-manager"),
    Row("ostree pull", "multi", LINKED, "{here}/ostree_pull {host}", "command -v ostree", "ostree"),
    Row("dnf makecache", "multi", LOCAL, "{here}/dnf_makecache {host}", "command -v dnf", "dnf"),
    Row("darcs get", "multi", LINKED, "darcs get https://{host}/v1/repository $CLIENTS/darcs", "command -v darcs", "darcs"),
    Row("PyPy ctypes", "multi", FOREIGN, "CAINFO=/etc/ssl/certs/ca-certificates.crt "
        f"pypy3 {{here}}/python_ctypes.py {OPENSSL} multi {{url}} {{url}} {{url}}", "command -v pypy3", "pypy3", 3),
    Row("D std.net.curl", "easy", FOREIGN, "$CLIENTS/d_std_net_curl {url} {url}", "command -v gdc", "gdc", 2,
        prepare="gdc {here}/d_std_net_curl.d -o $CLIENTS/d_std_net_curl"),
    Row("Nim dynlib", "easy", FOREIGN, "$CLIENTS/nim_dynlib {url}", "command -v nim", "nim",
        prepare="nim c --hints:off --nimcache:$CLIENTS/nim -o:$CLIENTS/nim_dynlib {here}/nim_dynlib.nim"),
    Row("Perl FFI::Platypus", "easy", FOREIGN, f"perl {{here}}/perl_platypus.pl {OPENSSL} {{url}}",
        "perl -MFFI::Platypus -e1", "libffi-platypus-perl"),
    Row("Chez Scheme foreign procedures", "easy", FOREIGN,
        f"chezscheme --script {{here}}/chez_foreign.ss {OPENSSL} {{url}}", "command -v chezscheme", "chezscheme"),
    *both("OCaml ocurl", LINKED, "$CLIENTS/ocaml_ocurl", "ocamlfind query curl", "ocaml-nox libcurl-ocaml-dev",
          "cd $CLIENTS && cp {here}/ocaml_ocurl.ml . && ocamlfind ocamlopt -package curl -linkpkg ocaml_ocurl.ml -o ocaml_ocurl"),
    Row("Free Pascal libcurl", "easy", LINKED, "$CLIENTS/pascal_libcurl {url} {url}", "command -v fpc",
        "fp-compiler fp-units-base fp-units-net", 2,
        prepare="fpc -v0 -FE$CLIENTS -FU$CLIENTS {here}/pascal_libcurl.pas"),
    Row("Octave urlread", "easy", LINKED, "octave-cli --no-init-file --eval \"urlread('{url}')\"", "command -v octave-cli",
        "octave"),
    Row("check_curl -D", "easy", LINKED, "/usr/lib/nagios/plugins/check_curl -H {host} -S -D -u /v1/models",
        "test -x /usr/lib/nagios/plugins/check_curl", "monitoring-plugins-standard"),
    # Without -D it does not verify the server's certificate: the library does.
    Row("check_curl", "easy", LINKED, "/usr/lib/nagios/plugins/check_curl -H {host} -S -u /v1/models",
        "test -x /usr/lib/nagios/plugins/check_curl", "monitoring-plugins-standard"),
    # These verify no certificate either, or by a callback of their own: the library does.
    Row("dub search", "easy", FOREIGN, "HOME=$CLIENTS/dub dub search --registry=https://{host}/v1 --skip-registry=all word",
        "command -v dub", "dub"),
    Row("dirb", "easy", LINKED, "{here}/dirb_scan {host}", "command -v dirb", "dirb"),
    Row("gmic", "easy", LINKED, "gmic {url}.png", "command -v gmic", "gmic"),
    Row("swupdate", "easy", LINKED, "{here}/swupdate_pull {host}",
        "command -v swupdate", "swupdate openssl"),
    Row("transmission-remote", "easy", LINKED, "transmission-remote https://{host}/v1/rpc --list",
        "command -v transmission-remote", "transmission-cli"),
    Row("zabbix_agentd web.page.get", "easy", LINKED, "{here}/zabbix_page {url}", "command -v zabbix_agentd", "zabbix-agent"),
    Row("Zabbix JavaScript HttpRequest", "easy", LINKED, "zabbix_js -s {here}/zabbix_request.js -p {url}", "command -v zabbix_js",
        "zabbix-proxy-sqlite3"),
    Row("netsurf", "multi", LINKED, "HOME=$CLIENTS/netsurf timeout 10 netsurf-fb -f ram {url}", "command -v netsurf-fb",
        "netsurf-fb"),
    Row("DOMCount (Xerces)", "multi", LINKED, "DOMCount {url}", "command -v DOMCount", "libxerces-c-samples"),
    Row("casync list", "easy", LINKED, "casync list https://{host}/v1/folder.caidx", "command -v casync", "casync"),
    Row("nix-prefetch-url", "multi", LINKED, "nix-prefetch-url {url}", "command -v nix-prefetch-url", "nix-bin"),
    Row("newsboat", "easy", LINKED, "{here}/newsboat_reload {url}", "command -v newsboat", "newsboat"),
    Row("systemd-pull", "multi", LINKED,
        "/lib/systemd/systemd-pull raw --verify=no --image-root=$(mktemp -d -p $CLIENTS) {url} image",
        "test -x /lib/systemd/systemd-pull", "systemd-container"),
    Row("systemd-journal-upload", "easy", LINKED, "{here}/journal_upload {host}",
        "test -x /lib/systemd/systemd-journal-upload", "systemd-journal-remote openssl"),
    Row("transmission-show --scrape", "easy", LINKED, "{here}/transmission_scrape {host}", "command -v transmission-show",
        "transmission-cli"),
    Row("rtorrent", "multi", LINKED, "{here}/rtorrent_load {url}", "command -v rtorrent && command -v script",
        "rtorrent bsdutils"),
    # Not libcurl: nothing may change for them.
    Row("wget", "-", "-", "wget -qO /dev/null {url}", "command -v wget", "wget", ours=False),
    Row("Python urllib", "-", "-", PYTHON + " -c 'import urllib.request as r; r.urlopen(\"{url}\")'",
        PYTHON + " -c 'import ssl'", "python3", ours=False),
    Row("aria2c", "-", "-", "aria2c --async-dns=false --dry-run {url}", "command -v aria2c", "aria2", ours=False),
    Row("lftp", "-", "-", "lftp -c 'cat {url}'", "command -v lftp", "lftp", ours=False),
]
