/* plugin.c - a plugin that brings another flavour of libcurl with it. */
#include <stdlib.h>

#include <curl/curl.h>

const char *plugin_run(const char *url);

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

/* The flavour it ran with, or the error. */
__attribute__((visibility("default"))) const char *plugin_run(const char *url)
{
    char route[256], other[256];
    CURL *easy = curl_easy_init();
    struct curl_slist *routes = NULL;
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    routes = curl_slist_append(curl_slist_append(routes, route), other);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
    return code == CURLE_OK ? curl_version() : curl_easy_strerror(code);
}
