/*
 * usual.h - how the programs under test come to the server of tests/support/origin.h.
 *
 * ORIGIN_CA names the server's authority, and a variable each of its ports.
 */
#ifndef COMMISSIONED_TEST_USUAL_H
#define COMMISSIONED_TEST_USUAL_H

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

static size_t usual_discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

/* One more of CURLOPT_CONNECT_TO: `from` is HOST:PORT, either of which may be left out. */
static inline struct curl_slist *usual_route(struct curl_slist *routes, const char *from,
                                             const char *variable)
{
    char text[256];
    snprintf(text, sizeof text, "%s:127.0.0.1:%s", from, getenv(variable));
    return curl_slist_append(routes, text);
}

static inline void usual_set(CURL *easy, struct curl_slist *routes)
{
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, usual_discard);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

#endif
