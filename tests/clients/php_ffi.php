<?php // PHP's FFI (dlopen and dlsym): php_ffi.php LIBRARY URL
const URL = 10002, NOBODY = 44, RESPONSE_CODE = 0x200002;
$curl = FFI::cdef("
    void *curl_easy_init(void);
    int curl_easy_setopt(void *, int, ...);
    int curl_easy_perform(void *);
    int curl_easy_getinfo(void *, int, ...);
    void curl_easy_cleanup(void *);
", $argv[1]);
$easy = $curl->curl_easy_init();
$curl->curl_easy_setopt($easy, URL, $argv[2]);
$curl->curl_easy_setopt($easy, NOBODY, 1);
$curl->curl_easy_perform($easy);
$status = FFI::new("long");
$curl->curl_easy_getinfo($easy, RESPONSE_CODE, FFI::addr($status));
echo $status->cdata, "\n";
$curl->curl_easy_cleanup($easy);
