{ Free Pascal's libcurl unit. pascal_libcurl URL... }
program pascal_libcurl;
uses ctypes, libcurl;
var
  easy: PCURL;
  status: clong;
  i: Integer;
begin
  for i := 1 to ParamCount do
  begin
    easy := curl_easy_init;
    curl_easy_setopt(easy, CURLOPT_URL, [argv[i]]);
    curl_easy_setopt(easy, CURLOPT_NOBODY, [clong(1)]);
    curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, [@status]);
    WriteLn(status);
    curl_easy_cleanup(easy);
  end;
end.
