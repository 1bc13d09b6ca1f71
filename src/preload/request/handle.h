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
#include "preload/record/record.h"

CURL *handle_easy_init(struct origin_of_call origin, const void *caller);
CURLM *handle_multi_init(struct origin_of_call origin, const void *caller);

/* Where the record's first place is taken. */
struct record *handle_record_slow(void *handle, const struct provider *provider);

/*
 * The record of a handle that libcurl has just made. Where one of the same address went away unseen
 * its record is started anew, and what its transfer held is given back.
 */
static inline struct record *handle_record(void *handle, const struct provider *provider)
{
    struct record *record = record_make_first(handle, provider);
    return __builtin_expect(record != NULL, 1) ? record : handle_record_slow(handle, provider);
}

/* The functions that stand for curl_easy_init and curl_multi_init of one libcurl. */
void *handle_easy_entry(unsigned provider);
void *handle_multi_entry(unsigned provider);

#endif
