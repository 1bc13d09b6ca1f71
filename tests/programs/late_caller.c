/*
 * late_caller.c - a plugin that links a libcurl, in the ways that hide who calls: a table of
 * function pointers, and a tail call, whose return address is the caller's.
 */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

CURL *plugin_make(void);
CURLM *plugin_make_multi(void);
int plugin_get(CURL *easy, const char *url);
int plugin_run(const char *url);

#undef curl_easy_setopt

static const struct {
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    void (*cleanup)(CURL *);
} table = {curl_easy_setopt, curl_easy_perform, curl_easy_getinfo, curl_easy_cleanup};

/* As pointers in a table that can change, so that the compiler calls through it. */
static const void *volatile keep = &table;

static int backend;

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    struct curl_tlssessioninfo *info = NULL;
    (void)data;
    if (table.getinfo(user, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK && info != NULL)
        backend = (int)info->backend;
    return size * count;
}

__attribute__((visibility("default"))) CURL *plugin_make(void)
{
    return curl_easy_init();
}

__attribute__((visibility("default"))) CURLM *plugin_make_multi(void)
{
    return curl_multi_init();
}

/* The TLS backend that the transfer ran with (curl_sslbackend), or minus the error. */
__attribute__((visibility("default"))) int plugin_get(CURL *easy, const char *url)
{
    char route[256], other[256];
    struct curl_slist *routes = NULL;
    (void)keep;
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    routes = curl_slist_append(curl_slist_append(routes, route), other);
    table.setopt(easy, CURLOPT_CONNECT_TO, routes);
    table.setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    table.setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    table.setopt(easy, CURLOPT_WRITEDATA, easy);
    table.setopt(easy, CURLOPT_PROXY, "");
    table.setopt(easy, CURLOPT_NOSIGNAL, 1L);
    table.setopt(easy, CURLOPT_TIMEOUT, 20L);
    table.setopt(easy, CURLOPT_URL, url);
    backend = 0;
    CURLcode code = table.perform(easy);
    table.setopt(easy, CURLOPT_CONNECT_TO, NULL);
    curl_slist_free_all(routes);
    return code == CURLE_OK ? backend : -(int)code;
}

__attribute__((visibility("default"))) int plugin_run(const char *url)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return -1000;
    int result = plugin_get(easy, url);
    table.cleanup(easy);
    return result;
}
