// koffi, a foreign function interface of Node (dlopen and dlsym): node_koffi.js LIBRARY URL
const koffi = require("koffi");

const URL = 10002, NOBODY = 44, RESPONSE_CODE = 0x200002;
const curl = koffi.load(process.argv[2]);
const init = curl.func("void *curl_easy_init()");
const setopt = curl.func("int curl_easy_setopt(void *, int, ...)");
const perform = curl.func("int curl_easy_perform(void *)");
const getinfo = curl.func("int curl_easy_getinfo(void *, int, ...)");
const cleanup = curl.func("void curl_easy_cleanup(void *)");

const easy = init();
setopt(easy, URL, "str", process.argv[3]);
setopt(easy, NOBODY, "long", 1);
perform(easy);
const status = [0];
getinfo(easy, RESPONSE_CODE, "_Out_ long *", status);
console.log(status[0]);
cleanup(easy);
