% S-Lang's curl module: slsh slang_curl.sl URL
require ("curl");
variable easy = curl_new (__argv[1]);
curl_setopt (easy, CURLOPT_NOBODY, 1);
curl_perform (easy);
vmessage ("%d", int (curl_get_info (easy, CURLINFO_RESPONSE_CODE)));
