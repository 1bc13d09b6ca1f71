/*
 * http2.c - a program that talks HTTP/2, one scenario a name; knows nothing of us.
 *
 * /yes, /no: as in driver.c.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define APP "https://app.commissioned.tech"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("http2: line %d: %s\n", __LINE__, #condition);                                  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { STREAMS = 100 };

static struct curl_slist *routes;

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

static void prepare(CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_URL, url);
}

static CURL *handle(const char *url)
{
    CURL *easy = curl_easy_init();
    CHECK(easy != NULL);
    prepare(easy, url);
    return easy;
}

static void spoke_http2(CURL *easy)
{
    long version = 0;
    CHECK(curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version) == CURLE_OK);
    CHECK(version == CURL_HTTP_VERSION_2_0);
}

static CURL *pushed_handle;

/* It is never empty after a transfer. */
static CURLcode check_url(CURL *easy, CURLcode result)
{
    char *url = NULL;
    CHECK(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != NULL &&
          url[0] != '\0');
    return result;
}

static CURLcode perform(CURL *easy)
{
    return check_url(easy, curl_easy_perform(easy));
}

static void drive(CURLM *multi)
{
    int running = 1, queued;
    while (running > 0) {
        CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
        if (running > 0)
            curl_multi_wait(multi, NULL, 0, 100, NULL);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &queued)) != NULL;)
        CHECK(check_url(m->easy_handle, m->data.result) == CURLE_OK ||
              m->easy_handle == pushed_handle);
}

static void streams(void)
{
    static CURL *all[STREAMS];
    long connects = 0;
    /* 7.74.0 makes a second one now and then, without the library too (measured). */
    bool is_loose = curl_version_info(CURLVERSION_NOW)->version_num < 0x075000;
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
    for (int i = 0; i < STREAMS; i++) {
        char url[128];
        snprintf(url, sizeof url, APP "/yes/%d", i);
        all[i] = handle(url);
        curl_multi_add_handle(multi, all[i]);
    }
    CURL *away = handle("https://localhost/no/beside");
    curl_multi_add_handle(multi, away);
    drive(multi);
    for (int i = 0; i < STREAMS; i++) {
        long made = 0;
        curl_easy_getinfo(all[i], CURLINFO_NUM_CONNECTS, &made);
        connects += made;
        spoke_http2(all[i]);
        curl_multi_remove_handle(multi, all[i]);
        curl_easy_cleanup(all[i]);
    }
    CHECK(connects == 1 || is_loose);
    curl_multi_remove_handle(multi, away);
    curl_easy_cleanup(away);
    curl_multi_cleanup(multi);
}

static int show(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)easy, (void)user;
    if (type == CURLINFO_TEXT || type == CURLINFO_HEADER_OUT || type == CURLINFO_HEADER_IN)
        printf("[%d]%.*s", (int)type, (int)size, data);
    return 0;
}

static void verbose(void)
{
    CURL *easy = handle(APP "/yes/default");
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_STDERR, stdout);
    CHECK(perform(easy) == CURLE_OK);
    spoke_http2(easy);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, show);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/callback");
    CHECK(perform(easy) == CURLE_OK);
    spoke_http2(easy);
    curl_easy_cleanup(easy);
}

static int on_push(CURL *parent, CURL *pushed, size_t count, struct curl_pushheaders *headers,
                   void *user)
{
    (void)parent, (void)count;
    CHECK(user == &pushed_handle);
    CHECK(curl_pushheader_byname(headers, ":path") != NULL);
    pushed_handle = pushed;
    return CURL_PUSH_OK;
}

/* `pushed` is where the pushed handle then goes. */
static void push_from(CURL *easy, const char *pushed)
{
    CURLM *multi = curl_multi_init();
    struct curl_slist *list = curl_slist_append(NULL, "X-Mine: 1");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_PUSHFUNCTION, on_push);
    curl_multi_setopt(multi, CURLMOPT_PUSHDATA, &pushed_handle);
    curl_multi_add_handle(multi, easy);
    drive(multi);
    CHECK(pushed_handle != NULL);
    curl_multi_remove_handle(multi, easy);
    curl_multi_remove_handle(multi, pushed_handle);
    curl_easy_cleanup(easy);
    /* Its own transfer ends in a timeout with libcurl 8.19; as of 8.22 it is a new handle. */
    prepare(pushed_handle, "https://localhost/no/pushed");
    CHECK(perform(pushed_handle) == CURLE_OK);
    curl_easy_setopt(pushed_handle, CURLOPT_URL, pushed);
    CHECK(perform(pushed_handle) == CURLE_OK);
    curl_easy_cleanup(pushed_handle);
    curl_multi_cleanup(multi);
    curl_slist_free_all(list);
}

static void push(void)
{
    push_from(handle(APP "/yes/parent"), APP "/yes/pushed");
}

/* A copy of such a parent does not verify either; a new handle does. */
static void push_unverified(void)
{
    bool is_new = curl_version_info(CURLVERSION_NOW)->version_num >= 0x081600;
    CURL *parent = handle(APP "/no/parent");
    curl_easy_setopt(parent, CURLOPT_SSL_VERIFYPEER, 0L);
    push_from(parent, is_new ? APP "/yes/pushed" : APP "/no/pushed");
}

static void websocket(void)
{
    CURL *easy = handle("wss://app.commissioned.tech/yes/websocket");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    perform(easy);
    curl_easy_setopt(easy, CURLOPT_URL, "wss://localhost/no/websocket");
    perform(easy);
    curl_easy_cleanup(easy);
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {{"streams", streams},
                 {"verbose", verbose},
                 {"push", push},
                 {"push-unverified", push_unverified},
                 {"websocket", websocket}};

int main(int argc, char **argv)
{
    char route[256], other[256];
    setvbuf(stdout, NULL, _IONBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    routes = curl_slist_append(curl_slist_append(NULL, route), other);
    for (size_t i = 0; argc == 2 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        scenarios[i].run();
        curl_slist_free_all(routes);
        return 0;
    }
    printf("http2: no such scenario\n");
    return 2;
}
