# Nim's dynlib pragma: dlopen and dlsym of everything before the program's first line. nim_dynlib URL
import os
const library = "libcurl.so.4"
type Easy = pointer
proc curl_easy_init(): Easy {.cdecl, importc, dynlib: library.}
proc curl_easy_setopt(easy: Easy, option: cint): cint {.cdecl, varargs, importc, dynlib: library.}
proc curl_easy_perform(easy: Easy): cint {.cdecl, importc, dynlib: library.}
proc curl_easy_getinfo(easy: Easy, info: cint): cint {.cdecl, varargs, importc, dynlib: library.}
proc curl_easy_cleanup(easy: Easy) {.cdecl, importc, dynlib: library.}

let easy = curl_easy_init()
discard curl_easy_setopt(easy, 10002, paramStr(1).cstring)
discard curl_easy_setopt(easy, 44, 1.clong)
discard curl_easy_perform(easy)
var status: clong
discard curl_easy_getinfo(easy, 0x200002, addr status)
echo status
curl_easy_cleanup(easy)
