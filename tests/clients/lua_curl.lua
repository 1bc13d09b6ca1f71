-- Lua-cURL as Debian has it, which knows the easy interface alone: lua_curl.lua URL
local curl = require "curl"
local easy = curl.easy_init()
easy:setopt(curl.OPT_URL, arg[1])
easy:perform()
