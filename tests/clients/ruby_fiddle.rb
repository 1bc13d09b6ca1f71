# Fiddle, Ruby's own foreign functions (dlopen and dlsym): ruby_fiddle.rb LIBRARY URL
require "fiddle"

URL, NOBODY, RESPONSE_CODE = 10002, 44, 0x200002
library = Fiddle.dlopen(ARGV[0])
pointer, int, long = Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT, Fiddle::TYPE_LONG
function = ->(name, arguments, result) { Fiddle::Function.new(library[name], arguments, result) }

easy = function["curl_easy_init", [], pointer].call
function["curl_easy_setopt", [pointer, int, pointer], int].call(easy, URL, ARGV[1])
function["curl_easy_setopt", [pointer, int, long], int].call(easy, NOBODY, 1)
function["curl_easy_perform", [pointer], int].call(easy)
status = Fiddle::Pointer.malloc(Fiddle::SIZEOF_LONG, Fiddle::RUBY_FREE)
function["curl_easy_getinfo", [pointer, int, pointer], int].call(easy, RESPONSE_CODE, status)
puts status[0, Fiddle::SIZEOF_LONG].unpack1("l!")
function["curl_easy_cleanup", [pointer], Fiddle::TYPE_VOID].call(easy)
