/*
 * driver.c - a program that knows nothing of us: what applications do with libcurl, one scenario a
 * name.
 *
 * Built once for each flavour of libcurl. A request whose path begins with /yes or /v1/yes must
 * arrive with the key, one with /no or /v1/no without: the test reads that from the server. What
 * only the program can see it checks itself, and exits 1 with a line on what is wrong.
 *
 * driver SCENARIO; ORIGIN_TLS, ORIGIN_OTHER and ORIGIN_PLAIN name the server's ports, ORIGIN_CA its
 * CA.
 */
#include "driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../support/gnu_hash.h"
#include "core/newer_curl.h"
#include "preload/loader/elf_find.h"
#include "usual.h"

static struct curl_slist *routes;

static void add_route(const char *from, const char *variable)
{
    routes = usual_route(routes, from, variable);
}

static void find_routes(void)
{
    add_route("app.commissioned.tech:443", "ORIGIN_TLS");
    add_route("app.commissioned.tech:8443", "ORIGIN_OTHER");
    add_route("app.commissioned.tech:80", "ORIGIN_PLAIN");
    add_route("localhost:443", "ORIGIN_TLS");
    add_route("localhost:80", "ORIGIN_PLAIN");
}

void prepare(CURL *easy, const char *url)
{
    usual_set(easy, routes);
    curl_easy_setopt(easy, CURLOPT_URL, url);
}

CURL *handle(const char *url)
{
    CURL *easy = curl_easy_init();
    CHECK(easy != NULL);
    prepare(easy, url);
    return easy;
}

void check_url(CURL *easy)
{
    char *url = NULL;
    CHECK(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != NULL &&
          url[0] != '\0');
}

void perform(CURL *easy)
{
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    check_url(easy);
}

void get(CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    perform(easy);
}

/* Drives a multi handle until its `count` transfers are done; returns the last result. */
CURLcode drive(CURLM *multi, int count)
{
    CURLcode result = CURLE_OK;
    int running, queued;
    while (count > 0) {
        CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &queued)) != NULL; count--) {
            result = m->data.result;
            check_url(m->easy_handle);
        }
        if (count > 0)
            curl_multi_wait(multi, NULL, 0, 100, NULL);
    }
    return result;
}

/* ---- the ways to make a request -------------------------------------------------------------- */

static void easy_get(void)
{
    CURL *easy = handle(APP "/yes");
    get(easy, APP "/yes/1");
    get(easy, APP "/yes/2"); /* the kept connection */
    get(easy, "https://localhost/no");
    get(easy, APP "/yes/3");
    curl_easy_cleanup(easy);
}

static void multi_get(void)
{
    CURLM *multi = curl_multi_init();
    CURL *a = handle(APP "/yes/a"), *b = handle(APP "/yes/b"),
         *c = handle("https://localhost/no/c");
    curl_multi_add_handle(multi, a);
    curl_multi_add_handle(multi, b);
    curl_multi_add_handle(multi, c);
    CHECK(drive(multi, 3) == CURLE_OK);
    curl_multi_remove_handle(multi, a);
    curl_multi_remove_handle(multi, b);
    curl_multi_remove_handle(multi, c);
    get(a, "https://localhost/no/a");
    curl_easy_cleanup(a);
    curl_easy_cleanup(b);
    curl_easy_cleanup(c);
    curl_multi_cleanup(multi);
}

static void spellings(void)
{
    static const char *const urls[] = {
        "HTTPS://APP.Commissioned.TECH/yes/upper",    "https:app.commissioned.tech/yes/slash",
        "https://app.commissioned.tech:443/yes/port", "https://app%2ecommissioned.tech/yes/encoded",
        "https://app.commissioned.tech?/no-path",     "  https://app.commissioned.tech/yes/space"};
    CURL *easy = handle(APP);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        curl_easy_setopt(easy, CURLOPT_URL, urls[i]);
        curl_easy_perform(easy); /* whether libcurl takes the spelling is its own affair */
    }
    curl_easy_cleanup(easy);
}

static void *thread_main(void *data)
{
    CURL *easy = handle(APP "/yes/thread");
    for (int i = 0; i < 5; i++)
        get(easy, i % 2 == 0 ? APP "/yes/thread" : "https://localhost/no/thread");
    curl_easy_cleanup(easy);
    return data;
}

static void threads(void)
{
    pthread_t ids[8];
    for (int i = 0; i < 8; i++)
        CHECK(pthread_create(&ids[i], NULL, thread_main, NULL) == 0);
    for (int i = 0; i < 8; i++)
        pthread_join(ids[i], NULL);
}

static volatile int churning = 1;

/*
 * All that takes a lock of ours and none of the TLS library's: that one does not outlive fork in a
 * threaded program, with us or without (measured).
 */
static void *churn(void *data)
{
    while (churning) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, routes);
        curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/refused");
        CURL *copy = curl_easy_duphandle(easy);
        curl_easy_perform(easy);
        curl_easy_cleanup(copy);
        curl_easy_cleanup(easy);
        usleep(100);
    }
    return data;
}

static void fork_in_threads(void)
{
    pthread_t ids[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&ids[i], NULL, churn, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            CURL *easy = handle(APP "/yes/child");
            get(easy, APP "/yes/child");
            get(easy, "https://localhost/no/child");
            curl_easy_cleanup(easy);
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    churning = 0;
    for (int i = 0; i < 3; i++)
        pthread_join(ids[i], NULL);
    CURL *easy = handle(APP "/yes/parent");
    get(easy, APP "/yes/parent");
    curl_easy_cleanup(easy);
}

/* ---- where the key must not go --------------------------------------------------------------- */

static void follow(const char *url)
{
    CURL *easy = handle(url);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 1L);
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_cleanup(easy);
}

static void redirects(void)
{
    follow(APP "/to/https://localhost/no/host");
    follow(APP "/to/https://app.commissioned.tech:8443/no/port");
    follow(APP "/to/http://app.commissioned.tech/no/scheme");
    follow(APP "/to/https://app.commissioned.tech/yes/same");
    follow("https://localhost/to/https://app.commissioned.tech/yes/back");
    follow(APP "/to/https://localhost/to/https://app.commissioned.tech/yes/and-back");
}

static void redirects_by_path(void)
{
    follow(APP "/v1/to");
    follow("https://localhost/to/" APP "/v1/yes");
    follow("https://localhost/to/" APP "/no/path");
    follow("https://localhost/to/" APP "/v1evil/no");
    follow("https://localhost/to/" APP "/v1/../no/dots");
    follow("https://localhost/to/" APP "/v1/%2e%2e/no/encoded");
}

static void paths(void)
{
    static const char *const urls[] = {
        APP "/v1/yes",       APP "/v1/yes?q=/../..", APP "/no",
        APP "/v1evil/no",    APP "/V1/no",           APP "/v1/..;/no",
        APP "/v1%2f..%2fno", APP "/x/../v1/yes",     APP "/v1/../no"};
    CURL *easy = handle(APP);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        get(easy, urls[i]);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    get(easy, APP "/v1/../no/as-is");
    curl_easy_cleanup(easy);
}

static void other_places(void)
{
    CURL *easy = handle(APP);
    get(easy, "http://app.commissioned.tech/no/plain");
    get(easy, "https://app.commissioned.tech:8443/no/port");
    get(easy, "https://localhost/no/host");
    get(easy, "app.commissioned.tech/no/guessed");
    curl_easy_setopt(easy, CURLOPT_PORT, 8443L);
    get(easy, APP "/no/port-option");
    curl_easy_setopt(easy, CURLOPT_PORT, 443L);
    get(easy, APP "/yes/port-option");
    curl_easy_cleanup(easy);
}

static void failed_then_elsewhere(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/drop/key");
    CHECK(curl_easy_perform(easy) != CURLE_OK);
    get(easy, "https://localhost/no/after-drop");
    curl_easy_setopt(easy, CURLOPT_URL, APP "/status/401");
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    get(easy, "https://localhost/no/after-401");
    curl_easy_reset(easy);
    prepare(easy, "https://localhost/no/after-reset");
    get(easy, "https://localhost/no/after-reset");
    curl_easy_cleanup(easy);
}

static void url_changed_before_perform(void)
{
    CURLM *multi = curl_multi_init();
    CURL *away = handle(APP "/no"), *home = handle("https://localhost/no");
    curl_multi_add_handle(multi, away);
    curl_multi_add_handle(multi, home);
    curl_easy_setopt(away, CURLOPT_URL, "https://localhost/no/changed");
    curl_easy_setopt(home, CURLOPT_URL, APP "/yes/changed");
    drive(multi, 2);
    curl_multi_remove_handle(multi, away);
    curl_multi_remove_handle(multi, home);
    curl_easy_cleanup(away);
    curl_easy_cleanup(home);
    curl_multi_cleanup(multi);
}

/* Another's 401 is what the handle shows while its transfer waits. */
static void never_driven(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle("https://localhost/status/401");
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/never");
    curl_multi_add_handle(multi, easy);
    curl_multi_remove_handle(multi, easy);
    curl_multi_add_handle(multi, easy);
    curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
    multi = curl_multi_init();
    easy = handle("https://localhost/status/401");
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/never");
    curl_multi_add_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
}

/* It has read the CURLU, and may have sent its request when it is driven once. */
static int to_elsewhere(void *url, curl_socket_t socket, curlsocktype purpose)
{
    (void)socket, (void)purpose;
    curl_url_set(url, CURLUPART_URL, "https://localhost/no/curlu-late", 0);
    return CURL_SOCKOPT_OK;
}

static void curlu(void)
{
    CURLU *url = curl_url();
    CURL *easy = handle(APP "/yes");
    curl_url_set(url, CURLUPART_URL, "https://localhost/no/curlu", 0);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    perform(easy); /* the CURLU wins over the URL */
    curl_url_set(url, CURLUPART_URL, APP "/yes/curlu", 0);
    perform(easy); /* changed after setopt */
    curl_url_set(url, CURLUPART_URL, "https://localhost/no/curlu-again", 0);
    perform(easy);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/unused"); /* still the CURLU */
    perform(easy);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_url_set(url, CURLUPART_URL, APP "/to/https://localhost/no/curlu-redirect", 0);
    perform(easy);

    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    CURLM *multi = curl_multi_init();
    curl_url_set(url, CURLUPART_URL, APP "/no/curlu-multi", 0);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, url);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, to_elsewhere);
    curl_multi_add_handle(multi, easy);
    drive(multi, 1);
    curl_multi_remove_handle(multi, easy);
    curl_multi_cleanup(multi);
    get(easy, APP "/yes/not-used"); /* the CURLU is still there, and its own */
    curl_easy_cleanup(easy);
    curl_url_cleanup(url);
}

static void duplicates(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle(APP "/yes/original");
    struct curl_slist *list = curl_slist_append(NULL, "X-Mine: 1");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_multi_add_handle(multi, easy);
    int running = 1;
    while (running > 0) { /* done, but the message is not read: the key is still installed */
        curl_multi_perform(multi, &running);
        curl_multi_wait(multi, NULL, 0, 50, NULL);
    }
    CURL *copy = curl_easy_duphandle(easy);
    get(copy, "https://localhost/no/copy");
    get(copy, APP "/yes/copy");
    CURL *second = curl_easy_duphandle(copy);
    curl_easy_cleanup(copy);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    get(second, "https://localhost/no/second");
    curl_easy_cleanup(second);
    curl_multi_cleanup(multi);
    curl_slist_free_all(list);
}

static void multi_cleanup_first(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle(APP "/yes/first");
    curl_multi_add_handle(multi, easy);
    drive(multi, 1);
    CURL *other = handle(APP "/yes/running");
    curl_multi_add_handle(multi, other);
    int running = 1;
    while (running > 0) {
        curl_multi_perform(multi, &running);
        curl_multi_wait(multi, NULL, 0, 50, NULL);
    }
    curl_multi_cleanup(multi); /* neither was removed */
    get(other, "https://localhost/no/other");
    get(easy, "https://localhost/no/easy");
    get(easy, APP "/yes/again");
    curl_easy_cleanup(easy);
    curl_easy_cleanup(other);
}

/* ---- what makes a key unsafe or unwanted ----------------------------------------------------- */

static void one(CURLoption option, long value, const char *path)
{
    char url[256];
    CURL *easy = handle(APP);
    snprintf(url, sizeof url, APP "%s", path);
    curl_easy_setopt(easy, option, value);
    get(easy, url);
    curl_easy_cleanup(easy);
}

static CURLcode allow_all(CURL *easy, void *context, void *user)
{
    (void)easy, (void)context, (void)user;
    return CURLE_OK;
}

static void verification(void)
{
    one(CURLOPT_SSL_VERIFYPEER, 0, "/no/peer");
    one(CURLOPT_SSL_VERIFYHOST, 0, "/no/host");
    one(CURLOPT_SSL_VERIFYHOST, 1, "/yes/host-1");
    one(CURLOPT_SSL_VERIFYHOST, 2, "/yes/host-2");
    one(CURLOPT_HEADEROPT, CURLHEADER_UNIFIED, "/no/unified");
    one(CURLOPT_HEADEROPT, CURLHEADER_SEPARATE, "/yes/separate");
    CURL *easy = handle(APP);
    const char *other = "https://localhost/no/after-ssl-ctx";
    if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, allow_all) == CURLE_OK) {
        get(easy, APP "/no/ssl-ctx");
        /* The connection that was made under it is used again. */
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, NULL);
        get(easy, APP "/no/ssl-ctx-connection");
        /* Another handle's peer is verified by us, and the machine does not know this authority. */
        other = APP "/no/after-ssl-ctx";
    } else {
        get(easy, "https://localhost/no/ssl-ctx"); /* GnuTLS has no such callback */
        get(easy, "https://localhost/no/ssl-ctx-connection");
    }
    curl_easy_cleanup(easy);
    easy = handle(APP);
    get(easy, other);
    curl_easy_cleanup(easy);
}

static int verify_now(void *easy, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    return CURL_PREREQFUNC_OK;
}

/* Verification is switched on when the handshake is over. */
static void late_verification(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_CAINFO, "/nonexistent");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, verify_now);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, easy);
    get(easy, APP "/no/late-verification");
    curl_easy_cleanup(easy);
}

/* libcurl's own function, past whoever stands in front of it. */
static void *behind(const char *name)
{
    const struct link_map *map = elf_loaded();
    Dl_info info;
    CHECK(dladdr((void *)curl_version, &info) != 0);
    while (map->l_addr != (uintptr_t)info.dli_fbase)
        map = map->l_next;
    return elf_find_in(map->l_addr, map->l_ld, name, gnu_hash(name));
}

/* A copy made so has the settings of its original, and must not act for it. The policy forbids all
 * of the original's requests. */
static void unseen_copy(void)
{
    CURL *(*duplicate)(CURL *) = (CURL * (*)(CURL *)) behind("curl_easy_duphandle");
    CURL *easy = handle(APP "/never");
    CHECK(curl_easy_perform(easy) == CURLE_AUTH_ERROR);
    CURL *copy = duplicate(easy);
    CURLM *multi = curl_multi_init();
    CHECK(copy != NULL);
    curl_multi_add_handle(multi, easy); /* an old libcurl's transfer is refused here */
    get(copy, "https://localhost/no/copy");
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    get(copy, "https://localhost/no/copy");
    curl_easy_cleanup(copy);
    curl_multi_cleanup(multi);
}

static void wrong_certificate(void)
{
    CURL *easy = handle(APP "/no/wrong");
    CHECK(curl_easy_perform(easy) == CURLE_PEER_FAILED_VERIFICATION);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_cleanup(easy);
}

static void text(CURLoption option, const char *value, const char *path)
{
    char url[256];
    CURL *easy = handle(APP);
    snprintf(url, sizeof url, APP "%s", path);
    curl_easy_setopt(easy, option, value);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_perform(easy);
    curl_easy_cleanup(easy);
}

static void with_header(const char *header, const char *path)
{
    char url[256];
    CURL *easy = handle(APP);
    struct curl_slist *list = curl_slist_append(NULL, header);
    snprintf(url, sizeof url, APP "%s", path);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    get(easy, url);
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
}

/* What libcurl sends unasked: before 7.81, by 8.5, and by 8.21. Around those nobody tried, and it
 * is taken to: CURL_SENDS_LONE_PASSWORD. */
static void password_alone(void)
{
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    bool is_sent =
        version < 0x075100 || version >= 0x081301 || (version >= 0x075802 && version < 0x080e01);
    text(CURLOPT_PASSWORD, "alone", is_sent ? "/own/password-alone" : "/yes/password-alone");
}

static void own_credentials(void)
{
    text(CURLOPT_USERPWD, "user:password", "/own/userpwd");
    /* What libcurl sends unasked: not by 8.21. */
    bool is_new = curl_version_info(CURLVERSION_NOW)->version_num >= 0x081500;
    text(CURLOPT_USERPWD, ":", is_new ? "/yes/empty-basic" : "/own/empty-basic");
    with_header("Authorization: Bearer mine", "/own/header");
    with_header("authorization: Bearer mine", "/own/header-lower");
    with_header("Authorization:", "/no/header-removed");
    with_header("X-Authorization: no", "/yes/other-header");
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, "mine");
    get(easy, APP "/own/bearer");
    curl_easy_reset(easy);
    prepare(easy, APP);
    get(easy, APP "/yes/after-reset");
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_ANY);
    curl_easy_setopt(easy, CURLOPT_USERPWD, ":"); /* as git does: never sent unasked */
    get(easy, APP "/yes/empty-any");
    curl_easy_setopt(easy, CURLOPT_USERPWD, "user:password");
    get(easy, APP "/no/user-any"); /* kept for the server's 401 */
    curl_easy_setopt(easy, CURLOPT_USERPWD, NULL);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
    get(easy, APP "/yes/netrc");
    get(easy, "https://user:password@app.commissioned.tech/no/url");
    curl_easy_cleanup(easy);
}

static void curlu_with_user(void)
{
    CURLU *url = curl_url();
    CURL *easy = handle(APP);
    curl_url_set(url, CURLUPART_URL, "https://user:password@app.commissioned.tech/own/curlu", 0);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_url_cleanup(url);
}

static void request_line(void)
{
    with_header("Host: other.example", "/no/host");
    with_header("Host: app.commissioned.tech", "/yes/host");
    with_header("Host: app.commissioned.tech:443", "/yes/host-port");
    text(CURLOPT_CUSTOMREQUEST, "TRACE", "/no/trace");
    text(CURLOPT_CUSTOMREQUEST, "DELETE", "/yes/delete");
    text(CURLOPT_REQUEST_TARGET, "https://other.example/no/target", "/ignored");
    text(CURLOPT_REQUEST_TARGET, "/yes/target", "/ignored");
    CURL *easy = handle(APP "/no/connect-only");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_cleanup(easy);
}

static void request_target_by_path(void)
{
    text(CURLOPT_REQUEST_TARGET, "/no/target", "/v1/ignored");
    text(CURLOPT_REQUEST_TARGET, "/v1/../no/target", "/v1/ignored");
    text(CURLOPT_REQUEST_TARGET, "/v1/yes/target", "/v1/ignored");
}

/* ---- what the application must find as it was ------------------------------------------------ */

static void headers_intact(void)
{
    CURL *easy = handle(APP);
    struct curl_slist *list = curl_slist_append(NULL, "X-First: 1");
    list = curl_slist_append(list, "X-Second: 2");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    get(easy, APP "/yes/list");
    list = curl_slist_append(list, "X-Late: 3");
    get(easy, APP "/yes/late");
    get(easy, "https://localhost/no/list");
    CHECK(strcmp(list->data, "X-First: 1") == 0 &&
          strcmp(list->next->next->data, "X-Late: 3") == 0 && list->next->next->next == NULL);
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
}

static int prereq_calls;

static int own_prereq(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)local, (void)local_port;
    prereq_calls++;
    CHECK(strcmp(remote, "127.0.0.1") == 0 && remote_port > 0);
    return *(int *)user;
}

static void prereq(void)
{
    int answer = CURL_PREREQFUNC_OK;
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, own_prereq);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &answer);
    get(easy, APP "/yes/prereq");
    CHECK(prereq_calls == 1);
    answer = CURL_PREREQFUNC_ABORT;
    CHECK(curl_easy_perform(easy) == CURLE_ABORTED_BY_CALLBACK && prereq_calls == 2);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, NULL);
    get(easy, APP "/yes/without");
    CHECK(prereq_calls == 2);
    curl_easy_cleanup(easy);
}

/* Sets options from inside a transfer. */
static size_t meddle(char *data, size_t size, size_t count, void *user)
{
    CURL *easy = user;
    (void)data;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L);
    return size * count;
}

static void options_in_callbacks(void)
{
    CURL *easy = handle(APP);
    struct curl_slist *list = curl_slist_append(NULL, "X-Mine: 1");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, meddle);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, easy);
    get(easy, APP "/to/https://localhost/no/meddled");
    get(easy, APP "/to/https://app.commissioned.tech/yes/meddled");
    get(easy, "https://localhost/no/after");
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
}

static void error_number(void)
{
    CURL *easy = handle(APP);
    struct curl_slist *list = curl_slist_append(NULL, "X-Mine: 1");
    errno = 4711;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    CHECK(errno == 4711);
    CURL *copy = curl_easy_duphandle(easy);
    CHECK(copy != NULL);
    curl_easy_cleanup(copy);
    get(easy, APP "/yes/errno");
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
}

/* ---- verbose output -------------------------------------------------------------------------- */

static int show(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)easy;
    CHECK(user == (void *)&prereq_calls);
    printf("[%d]", (int)type);
    if (type != CURLINFO_DATA_IN && type != CURLINFO_SSL_DATA_IN && type != CURLINFO_SSL_DATA_OUT)
        fwrite(data, 1, size, stdout);
    return 0;
}

static void verbose(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_STDERR, stdout);
    get(easy, APP "/yes/default");
    get(easy, "https://localhost/no/default");
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, show);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &prereq_calls);
    get(easy, APP "/yes/callback");
    get(easy, "https://localhost/no/callback");
    get(easy, APP "/yes/callback-again");
    curl_easy_cleanup(easy);
}

/* Of an own header behind a redirect, and of a new connection in a transfer that had the key: as it
 * is made, and as it ends once there is a debug function. */
static void verbose_redirects(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_STDERR, stdout);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    get(easy, APP "/v1/to/https://localhost/no/new-connection");
    get(easy, APP "/v1/to/https://own:password@app.commissioned.tech/own/login");
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, show);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &prereq_calls);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    get(easy, "https://localhost/no/last-on-it");
    curl_easy_cleanup(easy);
}

/* ---- a policy that cannot be used ------------------------------------------------------------ */

static void unusable(void)
{
    char sentence[CURL_ERROR_SIZE] = "";
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sentence);
    get(easy, "https://localhost/no/elsewhere");
    with_header("Authorization: Bearer mine", "/own/header");
    curl_easy_setopt(easy, CURLOPT_URL, APP "/no/never-sent");
    CHECK(curl_easy_perform(easy) == CURLE_AUTH_ERROR);
    printf("%s\n", sentence);
    sentence[0] = '\0';
    CURLM *multi = curl_multi_init();
    CURLMcode added = curl_multi_add_handle(multi, easy);
    /* A libcurl that is too old refuses it already here. */
    if (added == CURLM_OK)
        CHECK(drive(multi, 1) == CURLE_AUTH_ERROR);
    printf("%s\n", sentence);
    curl_multi_remove_handle(multi, easy);
    curl_multi_cleanup(multi);
    curl_easy_setopt(easy, CURLOPT_URL, "https://localhost:1/");
    CHECK(curl_easy_perform(easy) != CURLE_OK && strstr(sentence, "connect") != NULL);
    get(easy, "https://localhost/no/elsewhere-again");
    curl_easy_cleanup(easy);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void maps(void)
{
    char line[512];
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        if (strstr(line, "commissioned-auth-policy") != NULL || strstr(line, "libconfig") != NULL)
            printf("%s", strrchr(line, '/'));
    fclose(file);
}

static void quiet(void)
{
    CURL *easy = handle("https://localhost/no/quiet");
    get(easy, "https://localhost/no/quiet");
    curl_easy_cleanup(easy);
    maps();
}

static void loaded(void)
{
    CURL *easy = handle(APP "/yes/loaded");
    maps();
    printf("--\n");
    get(easy, APP "/yes/loaded");
    curl_easy_cleanup(easy);
    maps();
}

/* A second flavour in the same process, loaded as plugins are. */
static void plugin(void)
{
    CURL *easy = handle(APP "/yes/main");
    get(easy, APP "/yes/main");
    void *library = dlopen(getenv("DRIVER_PLUGIN"), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        printf("%s\n", dlerror());
    CHECK(library != NULL);
    const char *(*run)(const char *) = (const char *(*)(const char *))dlsym(library, "plugin_run");
    CHECK(run != NULL);
    printf("%s\n%s\n", curl_version(), run(APP "/yes/plugin"));
    get(easy, APP "/yes/main-again");
    run("https://localhost/no/plugin");
    get(easy, "https://localhost/no/main");
    curl_easy_cleanup(easy);
    dlclose(library);
    easy = handle(APP "/yes/main-after");
    get(easy, APP "/yes/main-after");
    curl_easy_cleanup(easy);
}

static void rotate(void)
{
    CURL *easy = handle(APP "/status/200");
    get(easy, APP "/status/201");
    unsetenv("LD_PRELOAD"); /* the shell may be for another C library */
    CHECK(system(getenv("DRIVER_COMMAND")) == 0);
    usleep(20000); /* more than a tick of the coarse clock */
    get(easy, APP "/yes/rotated");
    curl_easy_cleanup(easy);
}

static const struct scenario scenarios[] = {
    {"easy", easy_get},
    {"multi", multi_get},
    {"spellings", spellings},
    {"threads", threads},
    {"fork", fork_in_threads},
    {"redirects", redirects},
    {"redirects-by-path", redirects_by_path},
    {"paths", paths},
    {"other-places", other_places},
    {"failed-then-elsewhere", failed_then_elsewhere},
    {"url-changed", url_changed_before_perform},
    {"curlu", curlu},
    {"never-driven", never_driven},
    {"duplicates", duplicates},
    {"multi-cleanup", multi_cleanup_first},
    {"verification", verification},
    {"late-verification", late_verification},
    {"unseen-copy", unseen_copy},
    {"wrong-certificate", wrong_certificate},
    {"own-credentials", own_credentials},
    {"password-alone", password_alone},
    {"curlu-with-user", curlu_with_user},
    {"request-line", request_line},
    {"request-target-by-path", request_target_by_path},
    {"headers-intact", headers_intact},
    {"prereq", prereq},
    {"options-in-callbacks", options_in_callbacks},
    {"errno", error_number},
    {"verbose", verbose},
    {"verbose-redirects", verbose_redirects},
    {"unusable", unusable},
    {"quiet", quiet},
    {"loaded", loaded},
    {"plugin", plugin},
    {"rotate", rotate},
    {NULL, NULL},
};

static bool run_scenario(const struct scenario *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0)
        list++;
    if (list->name != NULL)
        list->run();
    return list->name != NULL;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    find_routes();
    if (argc != 2 || !(run_scenario(scenarios, argv[1]) || run_scenario(midway, argv[1]))) {
        printf("driver: no such scenario\n");
        return 2;
    }
    curl_slist_free_all(routes);
    curl_global_cleanup();
    return 0;
}
