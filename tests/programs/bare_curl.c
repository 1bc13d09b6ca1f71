/*
 * A libcurl that makes no system call, for tests that count those of others: enough of it to carry
 * one request, which goes nowhere and is answered 200.
 */
/* The first argument of these is const in some versions of curl.h and not in others. */
#define curl_url_dup declared_curl_url_dup
#define curl_url_get declared_curl_url_get
#include <curl/curl.h>
#undef curl_url_dup
#undef curl_url_get

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/newer_curl.h"

/* Options that an application sets by way of the preprocessor of curl.h. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static struct {
    const char *url;
    struct curl_slist *headers;
    curl_prereq_callback prereq;
    void *prereq_data;
    long received; /* bytes of headers */
} handle;

int bare_curl_had_key; /* the request carried an Authorization header */

CURL *curl_easy_init(void)
{
    return &handle;
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list arguments;
    (void)easy;
    va_start(arguments, option);
    if (option == CURLOPT_URL)
        handle.url = va_arg(arguments, const char *);
    else if (option == CURLOPT_HTTPHEADER)
        handle.headers = va_arg(arguments, struct curl_slist *);
    else if (option == CURLOPT_PREREQFUNCTION)
        handle.prereq = va_arg(arguments, curl_prereq_callback);
    else if (option == CURLOPT_PREREQDATA)
        handle.prereq_data = va_arg(arguments, void *);
    va_end(arguments);
    return CURLE_OK;
}

CURLcode curl_easy_perform(CURL *easy)
{
    (void)easy;
    static char address[] = "127.0.0.1";
    if (handle.prereq != NULL &&
        handle.prereq(handle.prereq_data, address, address, 443, 50000) != CURL_PREREQFUNC_OK)
        return CURLE_ABORTED_BY_CALLBACK;
    for (const struct curl_slist *line = handle.headers; line != NULL; line = line->next)
        bare_curl_had_key |= strncmp(line->data, "Authorization: Bearer ", 22) == 0;
    handle.received += 100;
    return CURLE_OK;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list arguments;
    (void)easy;
    va_start(arguments, info);
    void *to = va_arg(arguments, void *);
    va_end(arguments);
    switch (info) {
    case CURLINFO_EFFECTIVE_URL:
        *(const char **)to = handle.url;
        return CURLE_OK;
    case CURLINFO_EFFECTIVE_METHOD:
        *(const char **)to = "GET";
        return CURLE_OK;
    case CURLINFO_SCHEME:
        *(const char **)to = "https";
        return CURLE_OK;
    case CURLINFO_PRIMARY_IP:
        *(const char **)to = "127.0.0.1";
        return CURLE_OK;
    case CURLINFO_RESPONSE_CODE:
        *(long *)to = 200;
        return CURLE_OK;
    case CURLINFO_HEADER_SIZE:
        *(long *)to = handle.received;
        return CURLE_OK;
    case CURLINFO_NUM_CONNECTS:
    case CURLINFO_REDIRECT_COUNT:
        *(long *)to = 0;
        return CURLE_OK;
    default:
        return CURLE_UNKNOWN_OPTION;
    }
}

void curl_easy_cleanup(CURL *easy)
{
    (void)easy;
}

void curl_easy_reset(CURL *easy)
{
    (void)easy;
}

CURL *curl_easy_duphandle(CURL *easy)
{
    (void)easy;
    return NULL;
}

curl_version_info_data *curl_version_info(CURLversion age)
{
    static curl_version_info_data data;
    data.age = age;
    data.version = "7.88.1";
    data.version_num = 0x075801;
    return &data;
}

/* ---- what is looked for and not called ------------------------------------------------------- */

CURLM *curl_multi_init(void)
{
    return NULL;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    (void)multi, (void)easy;
    return CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    (void)multi, (void)easy;
    return CURLM_BAD_HANDLE;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
    (void)multi, (void)left;
    return NULL;
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
    (void)multi;
    return CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    (void)multi, (void)option;
    return CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
    (void)multi, (void)running;
    return CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int events, int *running)
{
    (void)multi, (void)socket, (void)events, (void)running;
    return CURLM_BAD_HANDLE;
}

#undef curl_multi_socket
CURLMcode curl_multi_socket(CURLM *multi, curl_socket_t socket, int *running)
{
    (void)multi, (void)socket, (void)running;
    return CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_socket_all(CURLM *multi, int *running)
{
    (void)multi, (void)running;
    return CURLM_BAD_HANDLE;
}

CURLU *curl_url(void)
{
    return NULL;
}

void curl_url_cleanup(CURLU *url)
{
    (void)url;
}

CURLU *curl_url_dup(const CURLU *url)
{
    (void)url;
    return NULL;
}

CURLUcode curl_url_get(const CURLU *url, CURLUPart what, char **part, unsigned int flags)
{
    (void)url, (void)what, (void)part, (void)flags;
    return CURLUE_BAD_HANDLE;
}

CURLUcode curl_url_set(CURLU *url, CURLUPart what, const char *part, unsigned int flags)
{
    (void)url, (void)what, (void)part, (void)flags;
    return CURLUE_BAD_HANDLE;
}

void curl_free(void *text)
{
    free(text);
}
