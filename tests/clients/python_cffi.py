"""cffi in ABI mode: dlopen and dlsym. python_cffi.py LIBRARY URL"""
import sys

from cffi import FFI

URL, WRITEFUNCTION, RESPONSE_CODE = 10002, 20011, 0x200002

ffi = FFI()
ffi.cdef("""
    void *curl_easy_init(void);
    int curl_easy_setopt(void *, int, ...);
    int curl_easy_perform(void *);
    int curl_easy_getinfo(void *, int, ...);
    void curl_easy_cleanup(void *);
""")
curl = ffi.dlopen(sys.argv[1])


@ffi.callback("size_t(char *, size_t, size_t, void *)")
def ignore(_data, size, count, _user):
    return size * count


easy = curl.curl_easy_init()
curl.curl_easy_setopt(easy, URL, ffi.new("char[]", sys.argv[2].encode()))
curl.curl_easy_setopt(easy, WRITEFUNCTION, ignore)
curl.curl_easy_perform(easy)
status = ffi.new("long *")
curl.curl_easy_getinfo(easy, RESPONSE_CODE, status)
print(status[0])
curl.curl_easy_cleanup(easy)
