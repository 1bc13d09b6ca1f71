/*
 * life.c - what happens to a process around its requests, one scenario a name; knows nothing of us.
 *
 * /yes, /no: as in driver.c. What may go either way asks for /any.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/newer_curl.h"

#define APP  "https://app.commissioned.tech"
#define AWAY "https://localhost"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("life: line %d: %s (errno %d)\n", __LINE__, #condition, errno);                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

extern char **environ;

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

static struct curl_slist *routes_make(void)
{
    char route[256], other[256];
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    return curl_slist_append(curl_slist_append(NULL, route), other);
}

static CURL *handle(struct curl_slist *routes)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    return easy;
}

static CURLcode ask(CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(easy);
    char *effective = NULL;
    CHECK(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective) == CURLE_OK &&
          effective != NULL && effective[0] != '\0');
    return code;
}

/* The whole of a small client. */
static CURLcode get(const char *url)
{
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    CURLcode code = easy != NULL ? ask(easy, url) : CURLE_FAILED_INIT;
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
    return code;
}

/* ---- before and after main ------------------------------------------------------------------- */

static bool is_scenario(const char *name)
{
    const char *wanted = getenv("LIFE_EARLY");
    return wanted != NULL && strcmp(wanted, name) == 0;
}

__attribute__((constructor(101))) static void before_all(void)
{
    if (is_scenario("constructor"))
        CHECK(get(APP "/yes/constructor") == CURLE_OK && get(AWAY "/no/constructor") == CURLE_OK);
}

__attribute__((destructor)) static void after_all(void)
{
    if (is_scenario("destructor") &&
        (get(APP "/yes/destructor") != CURLE_OK || get(AWAY "/no/destructor") != CURLE_OK))
        _exit(1);
}

static void at_exit(void)
{
    if (get(APP "/yes/atexit") != CURLE_OK || get(AWAY "/no/atexit") != CURLE_OK)
        _exit(1);
}

static void one(void)
{
    CHECK(get(APP "/yes/one") == CURLE_OK);
    CHECK(get(AWAY "/no/one") == CURLE_OK);
}

/* Before the TLS library's own handler, after which that one is of no use to anybody. */
static void at_exit_last(void)
{
    one();
    CHECK(atexit(at_exit) == 0);
}

static void nothing(void)
{
}

/* ---- other processes ------------------------------------------------------------------------- */

static char self[4096];

static void reap(pid_t child)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    if (status != 0)
        printf("life: a child ended with status %#x\n", (unsigned)status);
    CHECK(status == 0);
}

static void children(void)
{
    char *const arguments[] = {self, (char *)"one", NULL};
    pid_t child;
    one();
    CHECK(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
    reap(child);
    child = vfork();
    if (child == 0) {
        execve(self, arguments, environ);
        _exit(99);
    }
    reap(child);
    one();
    child = fork();
    if (child == 0) {
        one();
        execve(self, arguments, environ);
        _exit(99);
    }
    reap(child);
    execve(self, arguments, environ);
}

/* Takes what locks there are on handles, as fast as it can. */
static volatile int churning = 1;

enum { HANDLES = 32 };

/* Options alone: what makes handles takes locks of the TLS library's, which do not outlive fork,
 * with us or without (measured). */
static void use_handles(CURL *const *easy)
{
    for (size_t i = 0; i < (size_t)HANDLES * 20; i++)
        curl_easy_setopt(easy[i % HANDLES], CURLOPT_HTTPHEADER, NULL);
}

static void *churn(void *data)
{
    while (churning)
        use_handles(data);
    return data;
}

/* A child that finds a lock held by a thread that it does not have would wait for ever. */
static void forks(void)
{
    static CURL *easy[4][HANDLES];
    pthread_t ids[3];
    for (size_t i = 0; i < (size_t)4 * HANDLES; i++)
        CHECK((easy[i / HANDLES][i % HANDLES] = curl_easy_init()) != NULL);
    for (size_t i = 0; i < 3; i++)
        CHECK(pthread_create(&ids[i], NULL, churn, easy[i]) == 0);
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            use_handles(easy[3]);
            _exit(0);
        }
        reap(child);
    }
    churning = 0;
    for (size_t i = 0; i < 3; i++)
        pthread_join(ids[i], NULL);
    for (size_t i = 0; i < (size_t)4 * HANDLES; i++)
        curl_easy_cleanup(easy[i / HANDLES][i % HANDLES]);
    one();
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* interrupts system calls */
    struct itimerval often = {{0, 500}, {0, 500}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 10; i++)
        one();
    memset(&often, 0, sizeof often);
    setitimer(ITIMER_REAL, &often, NULL);
    CHECK(alarms > 0);
    sigaction(SIGALRM, NULL, &action);
    CHECK(action.sa_handler == on_alarm);
}

/* ---- privileges ------------------------------------------------------------------------------ */

/* On the connection that stands: the CA cannot be read any more either. */
static void kept(void (*change)(void))
{
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    CHECK(ask(easy, AWAY "/no/before") == CURLE_OK);
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    change();
    usleep(20000); /* more than a tick of the coarse clock */
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    CHECK(ask(easy, AWAY "/no/after") == CURLE_OK);
    usleep(20000);
    CHECK(ask(easy, APP "/yes/after-again") == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
}

static void become_nobody(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    CHECK(nobody != NULL && setgroups(0, NULL) == 0 && setgid(nobody->pw_gid) == 0 &&
          setuid(nobody->pw_uid) == 0);
}

static void dropped(void)
{
    kept(become_nobody);
}

static void change_root(void)
{
    CHECK(chroot(getenv("LIFE_ROOT")) == 0 && chdir("/") == 0);
}

static void change_root_and_drop(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    CHECK(nobody != NULL);
    uid_t uid = nobody->pw_uid;
    gid_t gid = nobody->pw_gid;
    change_root();
    CHECK(setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(uid) == 0);
}

static void rooted(void)
{
    kept(change_root);
}

static void rooted_and_dropped(void)
{
    kept(change_root_and_drop);
}

/* Nothing was read before, and in the new root the library and its module are not to be seen: that
 * is no removal. */
static void rooted_early(void)
{
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    const char *ca = strrchr(getenv("ORIGIN_CA"), '/');
    change_root();
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    CHECK(ask(easy, APP "/no/after") == CURLE_AUTH_ERROR);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
}

/* Gone for good, after the privileges were: a key that was taken away must not live on. */
static void remove_then_drop(void)
{
    CHECK(unlink(getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    become_nobody();
}

static void revoked(void (*change)(void))
{
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    change();
    usleep(20000);
    CHECK(ask(easy, APP "/no/after") == CURLE_AUTH_ERROR);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
}

static void removed(void)
{
    revoked(remove_then_drop);
}

static void deny(long first, long second)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)first, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)second, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void deny_open(void)
{
#ifdef SYS_open
    deny(SYS_openat, SYS_open);
#else
    deny(SYS_openat, SYS_openat);
#endif
}

static void deny_new_stat(void)
{
#ifdef SYS_newfstatat
    deny(SYS_newfstatat, SYS_statx);
#else
    deny(SYS_statx, SYS_statx);
#endif
    deny_open();
}

static void deny_stat(void)
{
#ifdef SYS_stat /* which musl calls, and glibc before 2.33 */
    deny(SYS_stat, SYS_lstat);
#endif
    deny_new_stat();
}

static void filtered(void)
{
    kept(deny_open);
}

static void filtered_stat(void)
{
    kept(deny_stat);
}

/* A C library that makes none of these does not miss them. */
static void filtered_new_stat(void)
{
    kept(deny_new_stat);
}

/* The policy can never be read: the request that should have a key is not sent without one. */
static void filtered_early(void)
{
    char sentence[CURL_ERROR_SIZE] = "";
    struct curl_slist *routes = routes_make();
    FILE *file = fopen(getenv("ORIGIN_CA"), "r");
    static char text[1 << 16];
    CHECK(file != NULL);
    struct curl_blob blob = {text, fread(text, 1, sizeof text, file), CURL_BLOB_COPY};
    fclose(file);
    deny_open();
    CURL *easy = handle(routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sentence);
    CHECK(ask(easy, AWAY "/no/filtered") == CURLE_OK);
    CURLcode code = ask(easy, APP "/no/filtered");
    printf("%d %s\n", (int)code, sentence);
    CHECK(code == CURLE_AUTH_ERROR && sentence[0] != '\0');
    CHECK(ask(easy, AWAY "/no/filtered") == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
}

/* ---- nothing left ---------------------------------------------------------------------------- */

/* A request with the key, one that was refused, or none: whatever there was room for. */
static void any(void)
{
    get(APP "/any");
    get(AWAY "/no/any");
}

/* Leaves so many free descriptors. */
static void few_descriptors(void)
{
    for (rlim_t left = 0; left < 12; left++) {
        pid_t child = fork();
        if (child == 0) {
            struct rlimit limit = {3 + left, 3 + left};
            CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
            any();
            _exit(0);
        }
        reap(child);
    }
    one();
}

static void full_table(void)
{
    struct rlimit limit = {64, 64};
    int fd;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    while ((fd = dup(0)) >= 0)
        ;
    CHECK(errno == EMFILE);
    usleep(20000);
    CURLcode code = ask(easy, APP "/yes/after");
    CHECK(code == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
}

static void unlocked(void)
{
    struct rlimit limit = {0, 0};
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    one();
}

static rlim_t pages_in_use(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    return pages;
}

/* Address space for so many more kilobytes. */
static void little_memory(void)
{
    for (rlim_t left = 0; left < 4096; left += left < 512 ? 64 : 512) {
        pid_t child = fork();
        if (child == 0) {
            rlim_t bytes = (rlim_t)getpagesize() * pages_in_use() + left * 1024;
            struct rlimit limit = {bytes, bytes};
            CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
            any();
            _exit(0);
        }
        reap(child);
    }
    one();
}

/* The same under a wrapper that lets the n-th mapping fail: a handful of
 * handles, all interfaces. */
static void mappings(void)
{
    struct curl_slist *routes = routes_make();
    CURL *easy = handle(routes);
    CHECK(easy != NULL);
    struct curl_slist *mine = curl_slist_append(NULL, "X-Mine: 1");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, mine);
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, "/any/target");
    ask(easy, APP "/any");
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, NULL);
    ask(easy, APP "/any");
    CHECK(ask(easy, AWAY "/no/away") == CURLE_OK);
    CURL *copy = curl_easy_duphandle(easy);
    if (copy != NULL)
        CHECK(ask(copy, AWAY "/no/copy") == CURLE_OK);
    CURLM *multi = curl_multi_init();
    CHECK(multi != NULL);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/any");
    /* A request that must not go out is stopped there where libcurl has no hop. */
    bool added = curl_multi_add_handle(multi, easy) == CURLM_OK;
    CHECK(added || curl_version_info(CURLVERSION_NOW)->version_num < 0x075000);
    int running = 1;
    while (added && running > 0 && curl_multi_perform(multi, &running) == CURLM_OK)
        curl_multi_wait(multi, NULL, 0, 50, NULL);
    curl_multi_remove_handle(multi, easy);
    curl_multi_cleanup(multi);
    CHECK(ask(easy, AWAY "/no/after") == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_easy_cleanup(copy);
    curl_slist_free_all(routes);
    curl_slist_free_all(mine);
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"one", one},
    {"nothing", nothing},
    {"atexit", at_exit_last},
    {"children", children},
    {"forks", forks},
    {"signals", signals},
    {"dropped", dropped},
    {"rooted", rooted},
    {"rooted-early", rooted_early},
    {"rooted-and-dropped", rooted_and_dropped},
    {"removed", removed},
    {"filtered", filtered},
    {"filtered-stat", filtered_stat},
    {"filtered-new-stat", filtered_new_stat},
    {"filtered-early", filtered_early},
    {"few-descriptors", few_descriptors},
    {"full-table", full_table},
    {"unlocked", unlocked},
    {"little-memory", little_memory},
    {"mappings", mappings},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    CHECK(realpath("/proc/self/exe", self) != NULL);
    for (size_t i = 0; argc == 2 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        scenarios[i].run();
        return 0;
    }
    printf("life: no such scenario\n");
    return 2;
}
