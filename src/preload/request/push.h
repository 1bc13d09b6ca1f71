/*
 * push.h - a handle that libcurl makes for HTTP/2 server push is a copy of the one with the key.
 *
 * libcurl copies the handle by curl_easy_duphandle, in some builds where nobody sees it, and gives
 * the copy to the application's callback: there it is scrubbed.
 * Source:  CURLMOPT_PUSHFUNCTION(3).
 *
 * Threads: the thread that uses the multi handle.
 * Errors:  a push that cannot be scrubbed is denied.
 */
#ifndef COMMISSIONED_PUSH_H
#define COMMISSIONED_PUSH_H

#include <curl/curl.h>

#include "preload/record/record.h"

/* CURLMOPT_PUSHFUNCTION or CURLMOPT_PUSHDATA of the multi handle whose record is given. */
CURLMcode push_set(struct record *multi, CURLMoption option, uintptr_t argument);

#endif
