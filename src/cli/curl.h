/*
 * cli/curl.h - libcurl, loaded when a verb needs it, so that `run` does not pay for it.
 *
 * Also the reason why `doctor` can ask the libcurl that is installed, whatever we were built with.
 * Threads: none.
 * Source:  the manual pages of the functions named.
 */
#ifndef COMMISSIONED_CLI_CURL_H
#define COMMISSIONED_CLI_CURL_H

#include <stdbool.h>

#include <curl/curl.h>

#include "core/newer_curl.h"

struct curl_calls {
    void *library;
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    void (*easy_cleanup)(CURL *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    const char *(*easy_strerror)(CURLcode);
    curl_version_info_data *(*version_info)(CURLversion);
    CURLU *(*url)(void);
    CURLUcode (*url_set)(CURLU *, CURLUPart, const char *, unsigned int);
    CURLUcode (*url_get)(const CURLU *, CURLUPart, char **, unsigned int);
    void (*url_cleanup)(CURLU *);
    void (*free)(void *);
};

/* Loads libcurl under one of its usual names, or `name` where that is given. False where none is
 * there. */
bool curl_load(struct curl_calls *calls, const char *name);

#endif
