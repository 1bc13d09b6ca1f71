"""ctypes: each function is found by dlsym on the handle of dlopen(RTLD_LOCAL). python_ctypes.py LIBRARY easy|multi URL...

Debian's NSS flavour looks for no certificate bundle by itself: $CAINFO names one.
"""
import ctypes
import os
import sys

URL, CAINFO, WRITEFUNCTION, RESPONSE_CODE = 10002, 10065, 20011, 0x200002

curl = ctypes.CDLL(sys.argv[1])
for name in "curl_easy_init", "curl_multi_init":
    getattr(curl, name).restype = ctypes.c_void_p


@ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
def ignore(_data, size, count, _user):
    return size * count


def handle_for(url):
    easy = ctypes.c_void_p(curl.curl_easy_init())
    curl.curl_easy_setopt(easy, URL, ctypes.c_char_p(url.encode()))
    curl.curl_easy_setopt(easy, WRITEFUNCTION, ignore)
    if "CAINFO" in os.environ:
        curl.curl_easy_setopt(easy, CAINFO, ctypes.c_char_p(os.environb[b"CAINFO"]))
    return easy


handles = [handle_for(url) for url in sys.argv[3:]]
if sys.argv[2] == "easy":
    for easy in handles:
        curl.curl_easy_perform(easy)
else:
    multi = ctypes.c_void_p(curl.curl_multi_init())
    for easy in handles:
        curl.curl_multi_add_handle(multi, easy)
    running = ctypes.c_int(1)
    while running.value:
        curl.curl_multi_perform(multi, ctypes.byref(running))
        curl.curl_multi_poll(multi, None, 0, 1000, None)
    for easy in handles:
        curl.curl_multi_remove_handle(multi, easy)
for easy in handles:
    status = ctypes.c_long()
    curl.curl_easy_getinfo(easy, RESPONSE_CODE, ctypes.byref(status))
    print(status.value)
    curl.curl_easy_cleanup(easy)
