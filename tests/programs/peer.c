/*
 * peer.c - a program that does not verify whom it talks to, in all the ways that there are.
 *
 * peer SCENARIO [NAME=PORT...]; $PEER_CA is the authority that it knows. Each request is for
 * https://app.commissioned.tech/NAME..., which leads to 127.0.0.1:PORT. What the program prints is
 * libcurl's verdict on each, "NAME CODE". Built once for each flavour of libcurl.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define APP "https://app.commissioned.tech/"

enum { MAX_NAME = 64, THREADS = 8 };

struct peer {
    char name[MAX_NAME];
    unsigned port;
};

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

/* A handle that verifies nothing, unless told otherwise. */
static CURL *make(const struct peer *peer, const char *path)
{
    char text[256];
    CURL *easy = curl_easy_init();
    snprintf(text, sizeof text, "app.commissioned.tech:443:127.0.0.1:%u", peer->port);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, curl_slist_append(NULL, text));
    snprintf(text, sizeof text, APP "%s%s", peer->name, path);
    curl_easy_setopt(easy, CURLOPT_URL, text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("PEER_CA"));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    if (strstr(curl_version(), "OpenSSL") != NULL)
        curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "ALL:aNULL:@SECLEVEL=0");
    return easy;
}

static void verify(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

static void get(CURL *easy, const struct peer *peer, const char *path)
{
    char url[256];
    snprintf(url, sizeof url, APP "%s%s", peer->name, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    printf("%s %d\n", peer->name, (int)curl_easy_perform(easy));
}

static void get_once(CURL *easy, const struct peer *peer)
{
    printf("%s %d\n", peer->name, (int)curl_easy_perform(easy));
    curl_easy_cleanup(easy);
}

/* ---- verification, switched off -------------------------------------------------------------- */

static void verified(const struct peer *peer)
{
    CURL *easy = make(peer, "");
    verify(easy);
    get_once(easy, peer);
}

static void unverified(const struct peer *peer)
{
    get_once(make(peer, ""), peer);
}

static void host_unverified(const struct peer *peer)
{
    CURL *easy = make(peer, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    get_once(easy, peer);
}

static void peer_unverified(const struct peer *peer)
{
    CURL *easy = make(peer, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    get_once(easy, peer);
}

/* ---- callbacks on the SSL_CTX ---------------------------------------------------------------- */

/* OpenSSL's own, as libcurl loaded it; this program links none. */
static void *openssl(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static int say_yes(int ok, void *context)
{
    /* As if all were well. */
    void (*set_error)(void *, int) = (void (*)(void *, int))openssl("X509_STORE_CTX_set_error");
    (void)ok;
    set_error(context, 0);
    return 1;
}

static int say_yes_to_all(void *context, void *data)
{
    (void)data;
    return say_yes(1, context);
}

static CURLcode do_nothing(CURL *easy, void *context, void *data)
{
    (void)easy, (void)context, (void)data;
    return CURLE_OK;
}

static CURLcode switch_off(CURL *easy, void *context, void *data)
{
    (void)easy, (void)data;
    ((void (*)(void *, int, void *))openssl("SSL_CTX_set_verify"))(context, 0, NULL);
    return CURLE_OK;
}

static CURLcode set_callback(CURL *easy, void *context, void *data)
{
    (void)easy, (void)data;
    ((void (*)(void *, int, int (*)(int, void *)))openssl("SSL_CTX_set_verify"))(context, 1,
                                                                                 say_yes);
    return CURLE_OK;
}

static CURLcode set_whole_callback(CURL *easy, void *context, void *data)
{
    (void)easy, (void)data;
    ((void (*)(void *, int (*)(void *, void *), void *))openssl(
        "SSL_CTX_set_cert_verify_callback"))(context, say_yes_to_all, NULL);
    return CURLE_OK;
}

/* Whatever stands in $PEER_ADDED is an authority. */
static CURLcode add_authority(CURL *easy, void *context, void *data)
{
    (void)easy, (void)data;
    ((int (*)(void *, const char *, const char *))openssl("SSL_CTX_load_verify_locations"))(
        context, getenv("PEER_ADDED"), NULL);
    return CURLE_OK;
}

static CURLcode (*const callbacks[])(CURL *, void *, void *) = {
    do_nothing, switch_off, set_callback, set_whole_callback, add_authority};

/* The host is libcurl's own affair, also with a callback. */
static void with_callback(const struct peer *peer)
{
    const char *number = getenv("PEER_CALLBACK");
    CURL *easy = make(peer, "");
    verify(easy);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, callbacks[atoi(number)]);
    get_once(easy, peer);
}

/* ---- what one handle leaves to another ------------------------------------------------------- */

/* A handle without a callback, after one that let everybody through. */
static void after_callback(const struct peer *peer, curl_lock_data what, const char *first)
{
    CURLSH *share = curl_share_init();
    curl_share_setopt(share, CURLSHOPT_SHARE, what);
    CURL *a = make(peer, first), *b = make(peer, "/b");
    verify(a);
    verify(b);
    curl_easy_setopt(a, CURLOPT_SSL_CTX_FUNCTION, set_whole_callback);
    curl_easy_setopt(a, CURLOPT_SHARE, share);
    curl_easy_setopt(b, CURLOPT_SHARE, share);
    printf("%s %d\n", peer->name, (int)curl_easy_perform(a));
    printf("%s %d\n", peer->name, (int)curl_easy_perform(b));
    curl_easy_cleanup(a);
    curl_easy_cleanup(b);
    curl_share_cleanup(share);
}

static void shared_connection(const struct peer *peer)
{
    after_callback(peer, CURL_LOCK_DATA_CONNECT, "/a");
}

static void shared_session(const struct peer *peer)
{
    after_callback(peer, CURL_LOCK_DATA_SSL_SESSION, "/a/close");
}

static void drive(CURLM *multi, CURL *easy, const struct peer *peer)
{
    int running = 1, queued;
    CURLMsg *message;
    curl_multi_add_handle(multi, easy);
    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0)
        curl_multi_wait(multi, NULL, 0, 100, NULL);
    while ((message = curl_multi_info_read(multi, &queued)) != NULL)
        printf("%s %d\n", peer->name, (int)message->data.result);
    curl_multi_remove_handle(multi, easy);
}

static void one_multi(const struct peer *peer)
{
    CURLM *multi = curl_multi_init();
    CURL *a = make(peer, "/a"), *b = make(peer, "/b");
    verify(a);
    verify(b);
    curl_easy_setopt(a, CURLOPT_SSL_CTX_FUNCTION, set_whole_callback);
    drive(multi, a, peer);
    drive(multi, b, peer);
    curl_easy_cleanup(a);
    curl_easy_cleanup(b);
    curl_multi_cleanup(multi);
}

/* ---- connections ----------------------------------------------------------------------------- */

/* The kept connection ends under the second request, which libcurl then sends on another. */
static void retried(const struct peer *peer)
{
    CURL *easy = make(peer, "/first");
    get(easy, peer, "/first");
    get(easy, peer, "/die");
    curl_easy_cleanup(easy);
}

/* A session that is resumed: the peer shows no certificate then. */
static void resumed(const struct peer *peer)
{
    CURL *easy = make(peer, "/1/close");
    get(easy, peer, "/1/close");
    get(easy, peer, "/2/close");
    get(easy, peer, "/3/close");
    curl_easy_cleanup(easy);
}

static void kept(const struct peer *peer)
{
    CURL *easy = make(peer, "/1");
    for (int i = 0; i < 5; i++)
        get(easy, peer, "/kept");
    verify(easy); /* the connection of a handle that does not verify is none for it */
    get(easy, peer, "/verified");
    curl_easy_cleanup(easy);
}

static void together(const struct peer *peer)
{
    CURLM *multi = curl_multi_init();
    CURL *easy[4];
    int running = 1, queued;
    for (int i = 0; i < 4; i++) {
        easy[i] = make(peer, "/multi");
        curl_multi_add_handle(multi, easy[i]);
    }
    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0)
        curl_multi_wait(multi, NULL, 0, 100, NULL);
    while (curl_multi_info_read(multi, &queued) != NULL)
        ;
    for (int i = 0; i < 4; i++) {
        curl_multi_remove_handle(multi, easy[i]);
        curl_easy_cleanup(easy[i]);
    }
    curl_multi_cleanup(multi);
}

/* $PEER_PROXY has a certificate that the program knows, whoever stands behind it. */
static void behind_a_proxy(const struct peer *peer)
{
    CURL *easy = make(peer, "/proxy");
    curl_easy_setopt(easy, CURLOPT_PROXY, getenv("PEER_PROXY"));
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, getenv("PEER_CA"));
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    get_once(easy, peer);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *thread_main(void *data)
{
    const struct peer *peer = data;
    for (int i = 0; i < 4; i++) {
        CURL *easy = make(peer, "/thread");
        curl_easy_perform(easy);
        curl_easy_perform(easy);
        curl_easy_cleanup(easy);
    }
    return NULL;
}

static void threads(const struct peer *peer)
{
    pthread_t ids[THREADS];
    struct peer copy = *peer;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&ids[i], NULL, thread_main, &copy);
    for (int i = 0; i < THREADS; i++)
        pthread_join(ids[i], NULL);
}

/* ---- by name --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(const struct peer *);
} scenarios[] = {
    {"verified", verified},
    {"unverified", unverified},
    {"host-unverified", host_unverified},
    {"peer-unverified", peer_unverified},
    {"with-callback", with_callback},
    {"shared-connection", shared_connection},
    {"shared-session", shared_session},
    {"one-multi", one_multi},
    {"retried", retried},
    {"resumed", resumed},
    {"kept", kept},
    {"together", together},
    {"behind-a-proxy", behind_a_proxy},
    {"threads", threads},
};

int main(int argc, char **argv)
{
    curl_global_init(CURL_GLOBAL_ALL);
    for (size_t i = 0; argc > 1 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        for (int j = 2; j < argc; j++) {
            struct peer peer;
            if (sscanf(argv[j], "%63[^=]=%u", peer.name, &peer.port) == 2)
                scenarios[i].run(&peer);
        }
        return 0;
    }
    fprintf(stderr, "peer: no such scenario\n");
    return 1;
}
