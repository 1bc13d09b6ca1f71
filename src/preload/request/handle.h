/*
 * handle.h - handles are made here, and noted with the libcurl that made them.
 *
 * A module that was re-pointed (late_binding.h) calls an entry of its own, which knows its libcurl
 * without asking for the caller.
 *
 * Threads: any.
 * Errors:  NULL as libcurl gives it, or where there is no libcurl.
 */
#ifndef COMMISSIONED_HANDLE_H
#define COMMISSIONED_HANDLE_H

#include <curl/curl.h>

#include "preload/libcurl/provider.h"

CURL *handle_easy_init(struct origin_of_call origin, const void *caller);
CURLM *handle_multi_init(struct origin_of_call origin, const void *caller);

/* The functions that stand for curl_easy_init and curl_multi_init of one libcurl. */
void *handle_easy_entry(unsigned provider);
void *handle_multi_entry(unsigned provider);

#endif
