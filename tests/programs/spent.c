/*
 * spent.c - a program that frees what libcurl reads no more, as soon as it may.
 *
 *   list   its header list, once no transfer goes on, before it asks for the result
 *   curlu  its CURLU, likewise; then another transfer begins in the same multi handle
 *
 * Memory that is freed is spoilt and never given out again, so that whoever still reads it falls.
 * The requests are for https://app.commissioned.tech/list and /curlu; ORIGIN_TLS names the server's
 * port, ORIGIN_CA its CA.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "usual.h"

#define APP "https://app.commissioned.tech"

/* ---- memory ---------------------------------------------------------------------------------- */

enum { HEAD = 16 }; /* bytes in front of each piece, for its size */

static void *take(size_t size)
{
    char *piece = calloc(1, HEAD + size);
    if (piece == NULL)
        exit(1);
    memcpy(piece, &size, sizeof size);
    return piece + HEAD;
}

static size_t size_of(const void *piece)
{
    size_t size;
    memcpy(&size, (const char *)piece - HEAD, sizeof size);
    return size;
}

static void spoil(void *piece)
{
    if (piece != NULL)
        memset(piece, 0xdd, size_of(piece));
}

static void *take_anew(void *piece, size_t size)
{
    void *fresh = take(size);
    size_t old = piece != NULL ? size_of(piece) : 0;
    if (piece != NULL)
        memcpy(fresh, piece, old < size ? old : size);
    spoil(piece);
    return fresh;
}

static char *take_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(take(size), text, size);
}

static void *take_many(size_t count, size_t size)
{
    return take(count * size);
}

/* ---- transfers ------------------------------------------------------------------------------- */

static struct curl_slist *routes;

static CURL *make(const char *url)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    usual_set(easy, routes);
    return easy;
}

static void drive(CURLM *multi)
{
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0)
        curl_multi_poll(multi, NULL, 0, 100, NULL);
}

static void finish(CURLM *multi, CURL *easy)
{
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
}

static void free_list(CURLM *multi)
{
    struct curl_slist *list = curl_slist_append(curl_slist_append(NULL, "X-A: b"), "X-B: c");
    CURL *easy = make(APP "/list");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_multi_add_handle(multi, easy);
    drive(multi);
    curl_slist_free_all(list);
    curl_easy_setopt(easy, CURLOPT_COOKIE, "a=b");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    finish(multi, easy);
}

static void free_curlu(CURLM *multi)
{
    CURLU *url = curl_url();
    CURL *easy = make("https://unused.example/");
    curl_url_set(url, CURLUPART_URL, APP "/curlu", 0);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_multi_add_handle(multi, easy);
    drive(multi);
    curl_url_cleanup(url);
    CURL *other = make(APP "/other");
    curl_multi_add_handle(multi, other);
    drive(multi);
    finish(multi, other);
    finish(multi, easy);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, spoil, take_anew, take_copy, take_many);
    routes = usual_route(NULL, ":", "ORIGIN_TLS");
    CURLM *multi = curl_multi_init();
    if (strcmp(what, "list") == 0)
        free_list(multi);
    else if (strcmp(what, "curlu") == 0)
        free_curlu(multi);
    curl_multi_cleanup(multi);
    curl_slist_free_all(routes);
    curl_global_cleanup();
    return 0;
}
