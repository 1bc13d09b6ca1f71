/*
 * ranges.c - one option of each range that a variadic setopt takes, at its boundaries, read back
 * where libcurl shows it: in the request's header, or in what it calls.
 *
 * Knows nothing of us. Prints what is wrong and exits 1. ORIGIN_TLS is the server's port, ORIGIN_CA
 * its CA.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/newer_curl.h"

#define URL "https://app.commissioned.tech/yes/"

static struct curl_slist *route;
static char request[4096]; /* the last request's header, by the debug callback */
static const char *row;

static void check(int condition, const char *what)
{
    if (condition)
        return;
    printf("ranges: %s: %s\n%s", row, what, request);
    exit(1);
}

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data;
    if (user != NULL)
        *(size_t *)user += size * count;
    return size * count;
}

static size_t refuse(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)size, (void)count, (void)user;
    return CURL_READFUNC_ABORT;
}

static int keep(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)easy;
    if (type == CURLINFO_HEADER_OUT)
        snprintf(user, sizeof request, "%.*s", (int)size, data);
    return 0;
}

static CURL *handle(void)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, route);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, refuse);
    curl_easy_setopt(easy, CURLOPT_URL, URL);
    request[0] = '\0';
    return easy;
}

/* Performs and looks for the line in the request. The server need not like it. */
static void shows(CURL *easy, const char *name, const char *line)
{
    char expected[256];
    row = name;
    char *effective = NULL;
    curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective);
    check(effective != NULL && effective[0] != '\0', "no effective URL");
    snprintf(expected, sizeof expected, "\r\n%s\r\n", line);
    check(strstr(request, expected) != NULL, line);
    curl_easy_cleanup(easy);
}

static void longs(void)
{
    CURL *easy = handle();
    curl_easy_setopt(easy, CURLOPT_RESUME_FROM, (long)INT_MAX);
    shows(easy, "long", "Range: bytes=2147483647-");

    easy = handle();
    curl_easy_setopt(easy, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
    curl_easy_setopt(easy, CURLOPT_TIMEVALUE, (long)INT_MIN);
    shows(easy, "long, negative", "If-Modified-Since: Fri, 13 Dec 1901 20:45:52 GMT");

    easy = handle();
    curl_easy_setopt(easy, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
    curl_easy_setopt(easy, CURLOPT_TIMEVALUE, (long)INT_MAX);
    shows(easy, "long, largest", "If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT");

    easy = handle();
    row = "long, out of range";
    check(curl_easy_setopt(easy, CURLOPT_RESUME_FROM, -2L) == CURLE_BAD_FUNCTION_ARGUMENT,
          "-2 was taken");
    check(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, LONG_MAX) == CURLE_OK, "LONG_MAX refused");
    curl_easy_cleanup(easy);
}

static void resume(curl_off_t from, const char *line)
{
    CURL *easy = handle();
    curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, from);
    shows(easy, "curl_off_t, RESUME_FROM_LARGE", line);
}

static void upload(curl_off_t size, const char *line)
{
    CURL *easy = handle();
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, size);
    shows(easy, "curl_off_t, INFILESIZE_LARGE", line);
}

static void offsets(void)
{
    resume(INT64_C(1), "Range: bytes=1-");
    resume(INT64_C(0x7fffffff), "Range: bytes=2147483647-");
    resume(INT64_C(0x80000000), "Range: bytes=2147483648-");
    resume(INT64_C(0xffffffff), "Range: bytes=4294967295-");
    resume(INT64_C(0x100000000), "Range: bytes=4294967296-");
    resume(INT64_C(0x123456789a), "Range: bytes=78187493530-");
    resume(INT64_MAX, "Range: bytes=9223372036854775807-");
    upload(INT64_C(5000000000), "Content-Length: 5000000000");
    upload(INT64_MAX, "Content-Length: 9223372036854775807");
    upload(INT64_C(-1), "Transfer-Encoding: chunked");

    CURL *easy = handle();
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, INT64_C(0x200000001));
    shows(easy, "curl_off_t, POSTFIELDSIZE_LARGE", "Content-Length: 8589934593");

    /* What follows a wide argument is not shifted, and a wide negative one is seen as such. */
    easy = handle();
    row = "curl_off_t, out of range";
    check(curl_easy_setopt(easy, CURLOPT_MAX_SEND_SPEED_LARGE, INT64_C(-4294967296)) ==
              CURLE_BAD_FUNCTION_ARGUMENT,
          "-2^32 was taken");
    check(curl_easy_setopt(easy, CURLOPT_MAX_SEND_SPEED_LARGE, INT64_MAX) == CURLE_OK,
          "2^63-1 was refused");
    curl_easy_cleanup(easy);
}

static void pointers(void)
{
    CURL *easy = handle();
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ranges/1");
    shows(easy, "pointer, string", "User-Agent: ranges/1");

    easy = handle();
    struct curl_slist *list = curl_slist_append(NULL, "X-Own: one");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    shows(easy, "pointer, list that we keep", "X-Own: one");
    curl_slist_free_all(list);

    easy = handle();
    size_t got = 0;
    row = "pointer, data";
    curl_easy_setopt(easy, CURLOPT_URL, URL "body");
    curl_easy_setopt(easy, CURLOPT_HEADER, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &got);
    check(curl_easy_perform(easy) == CURLE_OK && got > 0, "nothing came to WRITEDATA");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, NULL);
    check(curl_easy_perform(easy) == CURLE_OK, "NULL");
    check(strstr(request, "User-Agent") == NULL, "NULL did not take the string off");
    curl_easy_cleanup(easy);
}

static int prereq(void *user, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    ++*(int *)user;
    return CURL_PREREQFUNC_OK;
}

static int timer(CURLM *multi, long wait, void *user)
{
    (void)multi, (void)wait;
    ++*(int *)user;
    return 0;
}

static void functions(void)
{
    int calls = 0;
    CURL *easy = handle();
    row = "function that we keep";
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, prereq);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &calls);
    bool has = curl_version_info(CURLVERSION_NOW)->version_num >= 0x075000;
    check(curl_easy_perform(easy) == CURLE_OK && calls == has, "not called once with its data");
    curl_easy_cleanup(easy);

    CURLM *multi = curl_multi_init();
    easy = handle();
    row = "the multi's function, pointer, long and curl_off_t";
    calls = 0;
    check(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 3L) == CURLM_OK, "long");
    check(curl_multi_setopt(multi, CURLMOPT_CONTENT_LENGTH_PENALTY_SIZE, INT64_MAX) == CURLM_OK,
          "curl_off_t");
    check(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer) == CURLM_OK, "function");
    check(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &calls) == CURLM_OK, "pointer");
    check(curl_multi_add_handle(multi, easy) == CURLM_OK && calls > 0, "timer was not called");
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
}

static char *contents(const char *name, size_t *size)
{
    static char text[65536];
    FILE *file = fopen(name, "r");
    check(file != NULL, "no CA file");
    *size = fread(text, 1, sizeof text, file);
    fclose(file);
    return text;
}

static void blobs(void)
{
    static char nonsense[] = "no certificate";
    struct curl_blob blob = {.flags = CURL_BLOB_COPY};
    CURL *easy = handle();
    row = "blob";
    blob.data = contents(getenv("ORIGIN_CA"), &blob.len);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    if (curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_UNKNOWN_OPTION) {
        curl_easy_cleanup(easy);
        return; /* this TLS library takes none */
    }
    check(curl_easy_perform(easy) == CURLE_OK, "not trusted");
    blob.data = nonsense;
    blob.len = sizeof nonsense - 1;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    check(curl_easy_perform(easy) != CURLE_OK, "trusted though the blob is none");
    curl_easy_cleanup(easy);
}

int main(void)
{
    char text[128];
    curl_global_init(CURL_GLOBAL_ALL);
    snprintf(text, sizeof text, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    route = curl_slist_append(NULL, text);
    longs();
    offsets();
    pointers();
    functions();
    blobs();
    curl_slist_free_all(route);
    curl_global_cleanup();
    return 0;
}
