-- LuaJIT's FFI (dlopen and dlsym): luajit_ffi.lua LIBRARY URL
local ffi = require "ffi"
ffi.cdef [[
	void *curl_easy_init(void);
	int curl_easy_setopt(void *, int, ...);
	int curl_easy_perform(void *);
	int curl_easy_getinfo(void *, int, ...);
	void curl_easy_cleanup(void *);
]]
local URL, NOBODY, RESPONSE_CODE = 10002, 44, 0x200002
local curl = ffi.load(arg[1])
local easy = curl.curl_easy_init()
curl.curl_easy_setopt(easy, URL, ffi.cast("const char *", arg[2]))
curl.curl_easy_setopt(easy, NOBODY, ffi.cast("long", 1))
curl.curl_easy_perform(easy)
local status = ffi.new("long[1]")
curl.curl_easy_getinfo(easy, RESPONSE_CODE, status)
print(tonumber(status[0]))
curl.curl_easy_cleanup(easy)
