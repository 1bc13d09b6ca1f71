/*
 * late_client.c - a program that finds libcurl while it runs, in one way a scenario.
 *
 * Built without a libcurl of its own (late-client), with LATE_LINKED with one, and with LATE_ASKING
 * as a plugin that looks one up. It prints the TLS backend of each transfer (curl_sslbackend: 1
 * OpenSSL, 2 GnuTLS). LATE_LIBCURL and LATE_SECOND name libraries, LATE_PLUGIN and LATE_OTHER
 * plugins that link one.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "../support/glibc_only.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define APP  "https://app.commissioned.tech"
#define AWAY "https://localhost"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            const char *why = dlerror();                                                           \
            printf("late_client: line %d: %s: %s\n", __LINE__, #condition, why ? why : "");        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

struct functions {
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    void (*cleanup)(CURL *);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_all)(struct curl_slist *);
};

static const char *const names[] = {"curl_easy_init",     "curl_easy_setopt",  "curl_easy_perform",
                                    "curl_easy_getinfo",  "curl_easy_cleanup", "curl_slist_append",
                                    "curl_slist_free_all"};

union table {
    struct functions functions;
    void *entry[sizeof(struct functions) / sizeof(void *)];
};

static struct functions f;
static int backend;

static void *open_from(const char *variable, int flags)
{
    void *handle = dlopen(getenv(variable), flags);
    CHECK(handle != NULL);
    return handle;
}

static struct functions find(void *handle, const char *version)
{
    union table table;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        table.entry[i] =
            version != NULL ? dlvsym(handle, names[i], version) : dlsym(handle, names[i]);
        CHECK(table.entry[i] != NULL);
    }
    return table.functions;
}

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    struct curl_tlssessioninfo *info = NULL;
    (void)data;
    if (f.getinfo(user, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK && info != NULL)
        backend = (int)info->backend;
    return size * count;
}

static void get_with(CURL *easy, const char *url)
{
    char route[256], other[256];
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    struct curl_slist *routes = f.append(f.append(NULL, route), other);
    f.setopt(easy, CURLOPT_CONNECT_TO, routes);
    f.setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    f.setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    f.setopt(easy, CURLOPT_WRITEDATA, easy);
    f.setopt(easy, CURLOPT_PROXY, "");
    f.setopt(easy, CURLOPT_NOSIGNAL, 1L);
    f.setopt(easy, CURLOPT_URL, url);
    CHECK(f.perform(easy) == CURLE_OK);
    f.setopt(easy, CURLOPT_CONNECT_TO, NULL);
    f.free_all(routes);
    printf("%d\n", backend);
}

static void get(const char *url)
{
    CURL *easy = f.init();
    CHECK(easy != NULL);
    get_with(easy, url);
    f.cleanup(easy);
}

/* ---- a libcurl found by name ----------------------------------------------------------------- */

static void by_handle(int flags)
{
    void *handle = open_from("LATE_LIBCURL", flags);
    f = find(handle, NULL);
    get(APP "/yes/handle");
    get(AWAY "/no/handle");
    get(APP "/yes/handle");
}

static void handle_local(void)
{
    by_handle(RTLD_LAZY | RTLD_LOCAL);
}

static void handle_global(void)
{
    by_handle(RTLD_NOW | RTLD_GLOBAL);
}

static void handle_deepbind(void)
{
    by_handle(RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

static void versioned(void)
{
    void *handle = open_from("LATE_LIBCURL", RTLD_LAZY | RTLD_LOCAL);
    f = find(handle, getenv("LATE_VERSION"));
    get(APP "/yes/versioned");
    get(AWAY "/no/versioned");
    CHECK(dlvsym(handle, "curl_easy_init", "CURL_NONE_4") == NULL && dlerror() != NULL);
}

static void by_default(void)
{
    open_from("LATE_LIBCURL", RTLD_LAZY | RTLD_GLOBAL);
    f = find(RTLD_DEFAULT, NULL);
    get(APP "/yes/default");
    get(AWAY "/no/default");
}

/* Loaded, used and unloaded again, now one library, now the other. */
static void load_again(void)
{
    static const char *const variables[] = {"LATE_LIBCURL", "LATE_SECOND"};
    for (int i = 0; i < 50; i++) {
        void *handle = open_from(variables[i % 3 == 0], RTLD_NOW | RTLD_LOCAL);
        f = find(handle, NULL);
        get(i % 2 == 0 ? APP "/yes/again" : AWAY "/no/again");
        dlclose(handle);
    }
}

static void load_again_by_default(void)
{
    static const char *const variables[] = {"LATE_LIBCURL", "LATE_SECOND"};
    for (int i = 0; i < 50; i++) {
        void *handle = open_from(variables[i % 3 == 0], RTLD_NOW | RTLD_GLOBAL);
        f = find(RTLD_DEFAULT, NULL);
        get(i % 2 == 0 ? APP "/yes/again" : AWAY "/no/again");
        dlclose(handle);
    }
}

static void two_at_once(void)
{
    struct functions first = find(open_from("LATE_LIBCURL", RTLD_NOW | RTLD_LOCAL), NULL);
    struct functions second = find(open_from("LATE_SECOND", RTLD_NOW | RTLD_LOCAL), NULL);
    CHECK(first.init != second.init && first.getinfo != second.getinfo);
    for (int i = 0; i < 4; i++) {
        f = i % 2 == 0 ? first : second;
        get(APP "/yes/two");
        get(AWAY "/no/two");
    }
}

/* In a namespace of its own nobody stands between. */
static void other_namespace(void)
{
    struct functions first = find(open_from("LATE_LIBCURL", RTLD_NOW | RTLD_LOCAL), NULL);
    void *handle = dlmopen(LM_ID_NEWLM, getenv("LATE_LIBCURL"), RTLD_NOW);
    CHECK(handle != NULL);
    struct functions there = find(handle, NULL);
    Dl_info info, own;
    CHECK(dladdr((void *)there.init, &info) && dladdr((void *)there.getinfo, &own));
    CHECK(info.dli_fbase == own.dli_fbase); /* libcurl's own function */
    f = first;
    get(APP "/yes/first");
    CHECK(dladdr((void *)there.setopt, &info) && info.dli_fbase == own.dli_fbase);
}

/* ---- a libcurl that a plugin brings ---------------------------------------------------------- */

static int flags_wanted(void)
{
    const char *text = getenv("LATE_FLAGS");
    int flags = strstr(text, "now") != NULL ? RTLD_NOW : RTLD_LAZY;
    flags |= strstr(text, "global") != NULL ? RTLD_GLOBAL : RTLD_LOCAL;
    return strstr(text, "deepbind") != NULL ? flags | RTLD_DEEPBIND : flags;
}

/* Not the first name that is asked for: the first has a way of its own through dlsym. */
static int run_in(void *handle, const char *url)
{
    CHECK(dlsym(RTLD_DEFAULT, "qsort") != NULL);
    int (*run)(const char *) = (int (*)(const char *))dlsym(handle, "plugin_run");
    CHECK(run != NULL);
    int result = run(url);
    printf("%d\n", result);
    CHECK(result > 0);
    return result;
}

static void run_tail(void *handle, const char *url)
{
    CURL *(*make)(void) = (CURL * (*)(void)) dlsym(handle, "plugin_make");
    int (*plugin_get)(CURL *, const char *) =
        (int (*)(CURL *, const char *))dlsym(handle, "plugin_get");
    void (*cleanup)(CURL *) = (void (*)(CURL *))dlsym(handle, "curl_easy_cleanup");
    CHECK(make != NULL && plugin_get != NULL && cleanup != NULL);
    CURL *easy = make();
    CHECK(easy != NULL);
    int result = plugin_get(easy, url);
    printf("%d\n", result);
    CHECK(result > 0);
    cleanup(easy);
}

static void plugin(void)
{
    void *handle = open_from("LATE_PLUGIN", flags_wanted());
    run_in(handle, APP "/yes/plugin");
    run_in(handle, AWAY "/no/plugin");
    run_tail(handle, APP "/yes/tail");
    run_tail(handle, AWAY "/no/tail");
}

static void plugins(void)
{
    void *handle = open_from("LATE_PLUGIN", flags_wanted());
    run_in(handle, APP "/yes/plugin");
    void *other = open_from("LATE_OTHER", flags_wanted());
    for (int i = 0; i < 3; i++) {
        run_tail(handle, APP "/yes/tail");
        run_tail(other, APP "/yes/tail");
        run_in(handle, AWAY "/no/plugin");
        run_in(other, AWAY "/no/plugin");
    }
}

/* Nothing is asked of the loader between the second plugin's coming and
 * the first one's tail call. */
static void pointer_kept(void)
{
    void *handle = open_from("LATE_PLUGIN", flags_wanted());
    CURL *(*make)(void) = (CURL * (*)(void)) dlsym(handle, "plugin_make");
    int (*plugin_get)(CURL *, const char *) =
        (int (*)(CURL *, const char *))dlsym(handle, "plugin_get");
    open_from("LATE_OTHER", flags_wanted());
    CURL *easy = make();
    CHECK(easy != NULL);
    printf("%d\n", plugin_get(easy, APP "/yes/kept"));
    printf("%d\n", plugin_get(easy, AWAY "/no/kept"));
}

static void plugin_again(void)
{
    for (int i = 0; i < 50; i++) {
        void *handle = open_from(i % 3 == 0 ? "LATE_PLUGIN" : "LATE_OTHER", flags_wanted());
        run_in(handle, i % 2 == 0 ? APP "/yes/again" : AWAY "/no/again");
        run_tail(handle, i % 2 == 0 ? APP "/yes/tail" : AWAY "/no/tail");
        dlclose(handle);
    }
}

/* As PHP does: it asks its extensions for get_module first, and FFI is
 * one that looks libcurl up. */
static void php(void)
{
    for (int i = 0; i < 3; i++) {
        void *handle = open_from("LATE_PLUGIN", flags_wanted());
        CHECK(dlsym(handle, "get_module") != NULL);
        run_in(handle, APP "/yes/php");
        run_in(handle, AWAY "/no/php");
        dlclose(handle);
    }
}

/* What RTLD_DEFAULT found stays loaded, whoever closes it: a pointer to it is good for ever. */
static void made_by_default(void)
{
    static const char *const variables[] = {"LATE_LIBCURL", "LATE_SECOND"};
    for (int i = 0; i < 6; i++) {
        void *handle = open_from(variables[i % 2], RTLD_NOW | RTLD_GLOBAL);
        CURL *(*init)(void) = (CURL * (*)(void)) dlsym(RTLD_DEFAULT, "curl_easy_init");
        void (*cleanup)(CURL *) = (void (*)(CURL *))dlsym(RTLD_DEFAULT, "curl_easy_cleanup");
        dlclose(handle);
        CHECK(init != NULL && cleanup != NULL);
        CURL *easy = init();
        CHECK(easy != NULL);
        cleanup(easy);
    }
}

static int stop;

/* Objects come and go behind the plugin in the loader's list. */
static void *load_and_unload(void *data)
{
    (void)data;
    while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
        dlclose(open_from("LATE_SECOND", RTLD_NOW | RTLD_LOCAL));
    return NULL;
}

static void beside_a_loader(void)
{
    pthread_t loader;
    CHECK(pthread_create(&loader, NULL, load_and_unload, NULL) == 0);
    plugin_again();
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK(pthread_join(loader, NULL) == 0);
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"handle-local", handle_local},
    {"handle-global", handle_global},
    {"handle-deepbind", handle_deepbind},
    {"versioned", versioned},
    {"default", by_default},
    {"load-again", load_again},
    {"load-again-by-default", load_again_by_default},
    {"two-at-once", two_at_once},
    {"other-namespace", other_namespace},
    {"plugin", plugin},
    {"plugins", plugins},
    {"pointer-kept", pointer_kept},
    {"plugin-again", plugin_again},
    {"beside-a-loader", beside_a_loader},
    {"php", php},
    {"made-by-default", made_by_default},
};

#ifdef LATE_ASKING
int get_module(void);
int plugin_run(const char *url);

__attribute__((visibility("default"))) int get_module(void)
{
    return 1;
}

__attribute__((visibility("default"))) int plugin_run(const char *url)
{
    if (getenv("LATE_LIBCURL") == NULL) /* this plugin's own dependency */
        f = find(RTLD_DEFAULT, NULL);
    else
        f = find(open_from("LATE_LIBCURL", RTLD_NOW | RTLD_LOCAL), getenv("LATE_VERSION"));
    get(url);
    return backend;
}
#endif

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
#ifdef LATE_LINKED
    f = (struct functions){curl_easy_init,     curl_easy_setopt,  curl_easy_perform,
                           curl_easy_getinfo,  curl_easy_cleanup, curl_slist_append,
                           curl_slist_free_all};
    get(APP "/yes/linked");
#endif
    for (size_t i = 0; argc == 2 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        scenarios[i].run();
        return 0;
    }
    printf("late_client: no such scenario\n");
    return 2;
}
