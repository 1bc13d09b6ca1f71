/*
 * hard.c - hard times in a process's life, one scenario a name; knows nothing of us.
 *
 * /yes, /no: as in driver.c. What may go either way asks for /any.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../support/glibc_only.h"

#define APP  "https://app.commissioned.tech"
#define AWAY "https://localhost"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("hard: line %d: %s (errno %d): %s\n", __LINE__, #condition, errno, sentence);   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static char sentence[CURL_ERROR_SIZE];

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

static CURL *handle(void)
{
    char route[256], other[256];
    CURL *easy = curl_easy_init();
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(other, sizeof other, "localhost:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    CHECK(easy != NULL);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO,
                     curl_slist_append(curl_slist_append(NULL, route), other));
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sentence);
    return easy;
}

static CURLcode ask(CURL *easy, const char *url)
{
    sentence[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, url);
    return curl_easy_perform(easy);
}

/* More than a tick of the coarse clock; and into another second. */
static void wait_for_tick(void)
{
    usleep(20000);
}

static void wait_for_second(void)
{
    usleep(1100000);
}

static void take_descriptors(void)
{
    struct rlimit limit = {64, 64};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (dup(0) >= 0)
        ;
    CHECK(errno == EMFILE);
}

/* Gives back all from `first` on; descriptors below are the client's own. */
static void give_descriptors(int first)
{
    for (int fd = first; fd < 64; fd++)
        close(fd);
}

static int first_free(void)
{
    int fd = dup(0);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

/* ---- nothing left for a moment --------------------------------------------------------------- */

static void full_at_first(void)
{
    CURL *easy = handle();
    int first = first_free();
    take_descriptors();
    CHECK(ask(easy, APP "/any") != CURLE_OK);
    give_descriptors(first);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* The same key in a new file: it cannot be read now. */
static void full_at_rotation(void)
{
    CURL *easy = handle();
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    take_descriptors();
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    CHECK(ask(easy, APP "/yes/full") == CURLE_OK);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/still-full") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* What was taken away does not live on for want of a descriptor. */
static void full_at_removal(void)
{
    CURL *easy = handle();
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    take_descriptors();
    CHECK(unlink(getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    CHECK(ask(easy, APP "/no/after") != CURLE_OK);
    curl_easy_cleanup(easy);
}

/* ---- a disk or a file server that does not answer -------------------------------------------- */

#ifdef SYS_newfstatat
#define STAT_AT SYS_newfstatat
#else
#define STAT_AT SYS_statx
#endif
#ifdef SYS_stat /* these musl calls, and glibc before 2.33 */
#define STAT  SYS_stat
#define LSTAT SYS_lstat
#define OPEN  SYS_open
#else
#define STAT  STAT_AT
#define LSTAT STAT_AT
#define OPEN  SYS_openat
#endif

static const struct failure {
    int error;
    unsigned calls[5];
} disk = {EIO, {STAT_AT, STAT, LSTAT, SYS_statx, SYS_pread64}},
  server = {ESTALE, {SYS_openat, OPEN, OPEN, OPEN, OPEN}},
  system_files = {ENFILE, {SYS_openat, OPEN, OPEN, OPEN, OPEN}},
  kernel_memory = {ENOMEM, {SYS_openat, OPEN, OPEN, OPEN, OPEN}},
  interruption = {EINTR, {SYS_openat, OPEN, OPEN, OPEN, OPEN}};

/* In this thread alone: for it those system calls fail from now on. */
static void let_fail(const struct failure *failure)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, failure->calls[0], 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, failure->calls[1], 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, failure->calls[2], 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, failure->calls[3], 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, failure->calls[4], 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)failure->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

#ifdef SYS_mmap2
#define MAP SYS_mmap2
#else
#define MAP SYS_mmap
#endif

/* The same of every small mapping that is no file's, such as ours; libcurl's memory is the heap's,
 * and a thread's stack is larger. */
static void let_small_mappings_fail(void)
{
    enum { SMALL = 64 * 1024, LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0 };
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MAP, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4]) + LOW),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)-1, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + LOW),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SMALL, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

struct failing_request {
    const struct failure *failure; /* NULL: small mappings */
    CURL *easy;
    const char *url;
    CURLcode result;
};

static void *ask_failing(void *data)
{
    struct failing_request *request = data;
    if (request->failure != NULL)
        let_fail(request->failure);
    else
        let_small_mappings_fail();
    request->result = ask(request->easy, request->url);
    return data;
}

static CURLcode ask_while_failing(const struct failure *failure, CURL *easy, const char *url)
{
    pthread_t thread;
    struct failing_request request = {failure, easy, url, CURLE_OK};
    CHECK(pthread_create(&thread, NULL, ask_failing, &request) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    return request.result;
}

static void fail_at_first(const struct failure *failure)
{
    CURL *easy = handle();
    CHECK(ask_while_failing(failure, easy, APP "/no/failing") == CURLE_AUTH_ERROR);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* The same key in a new file. The connection is kept, so nothing of libcurl's fails. */
static void fail_at_rotation(const struct failure *failure)
{
    CURL *easy = handle();
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    CHECK(ask_while_failing(failure, easy, APP "/yes/failing") == CURLE_OK);
    wait_for_second();
    CHECK(ask_while_failing(failure, easy, APP "/yes/still-failing") == CURLE_OK);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* Nobody can know whether there is a policy, so nothing is refused. */
static void mappings_at_first(void)
{
    CURL *easy = handle();
    CHECK(ask_while_failing(NULL, easy, APP "/no/failing") == CURLE_OK);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
}

static void mappings_at_rotation(void)
{
    fail_at_rotation(NULL);
}

/* Without a mask in the verbose output there is no key. */
static void mappings_at_mask(void)
{
    CURL *first = handle(), *easy = handle();
    CHECK(ask(first, APP "/yes/before") == CURLE_OK);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    CHECK(ask_while_failing(NULL, easy, APP "/no/failing") == CURLE_OK);
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
    curl_easy_cleanup(first);
}

static void disk_at_first(void)
{
    fail_at_first(&disk);
}

static void disk_at_rotation(void)
{
    fail_at_rotation(&disk);
}

static void server_at_rotation(void)
{
    fail_at_rotation(&server);
}

static void system_files_at_rotation(void)
{
    fail_at_rotation(&system_files);
}

static void kernel_memory_at_rotation(void)
{
    fail_at_rotation(&kernel_memory);
}

static void interruption_at_rotation(void)
{
    fail_at_rotation(&interruption);
}

/* ---- the loader's error is the program's ----------------------------------------------------- */

static void fail_to_load(const char *name)
{
    CHECK(dlopen(name, RTLD_NOW) == NULL);
}

/* glibc before 2.34 and musl keep it where nobody reaches it: then it is
 * lost, but no other comes. */
static void expect_loader_error(const char *name)
{
    const char *error = dlerror();
    bool may_be_lost = strverscmp(gnu_get_libc_version(), "2.34") < 0;
    CHECK(error != NULL ? strstr(error, name) != NULL : may_be_lost);
    CHECK(dlerror() == NULL);
}

static void loader_error(void)
{
    CHECK(curl_global_init(CURL_GLOBAL_ALL) == 0);
    fail_to_load("/nowhere/before-a-handle.so");
    CURL *easy = handle();
    expect_loader_error("/nowhere/before-a-handle.so");
    fail_to_load("/nowhere/before-a-request.so");
    CHECK(ask(easy, APP "/yes/first") == CURLE_OK);
    expect_loader_error("/nowhere/before-a-request.so");
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    fail_to_load("/nowhere/before-a-rotation.so");
    CHECK(ask(easy, APP "/yes/rotated") == CURLE_OK);
    expect_loader_error("/nowhere/before-a-rotation.so");
    CHECK(ask(easy, AWAY "/no/away") == CURLE_OK);
    CHECK(dlerror() == NULL);
    curl_easy_cleanup(easy);
}

/* ---- a key that is replaced without end ------------------------------------------------------ */

static volatile bool replacing = true;

static void write_file(const char *name, const char *text, size_t length)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, length) == (ssize_t)length && close(fd) == 0);
}

/* The same content each time: the server has one key. */
static void *replace_often(void *data)
{
    static char text[1024];
    const char *file = getenv("COMMISSIONED_AUTH_CONFIG");
    const char *other = getenv("HARD_NEW");
    int fd = open(file, O_RDONLY);
    CHECK(fd >= 0);
    ssize_t length = read(fd, text, sizeof text);
    close(fd);
    CHECK(length > 0);
    while (replacing) {
        write_file(other, text, (size_t)length);
        CHECK(rename(other, file) == 0);
    }
    return data;
}

static void replaced(void)
{
    pthread_t thread;
    CURL *easy = handle();
    CHECK(ask(easy, APP "/yes/before") == CURLE_OK);
    CHECK(pthread_create(&thread, NULL, replace_often, NULL) == 0);
    for (int i = 0; i < 199; i++) {
        CHECK(ask(easy, APP "/yes/replaced") == CURLE_OK);
        usleep(3000);
    }
    replacing = false;
    pthread_join(thread, NULL);
    curl_easy_cleanup(easy);
}

/* ---- a short stack --------------------------------------------------------------------------- */

enum { STACK = 1024 * 1024, PATTERN = 0xa5 };

static void *ask_once(void *data)
{
    CURL *easy = handle();
    CHECK(ask(easy, APP "/any") == CURLE_OK);
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    CHECK(ask(easy, APP "/any") == CURLE_OK);
    curl_easy_cleanup(easy);
    return data;
}

/* Prints how many bytes of its stack a thread's first requests take, and one at a rotation. */
static void stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    unsigned char *memory = aligned_alloc(4096, STACK);
    size_t untouched = 0;
    CHECK(memory != NULL);
    memset(memory, PATTERN, STACK);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, memory, STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, ask_once, NULL) == 0);
    pthread_join(thread, NULL);
    while (untouched < STACK && memory[untouched] == PATTERN)
        untouched++;
    printf("%zu\n", STACK - untouched);
}

static unsigned char *painted; /* the thread's stack */

static void paint(unsigned char *top)
{
    memset(painted, PATTERN, (size_t)(top - painted) - 512);
}

static void say_depth(const char *what, const unsigned char *top)
{
    const unsigned char *deepest = painted;
    while (deepest < top && *deepest == PATTERN)
        deepest++;
    printf("%s %zu\n", what, (size_t)(top - deepest));
}

/* How far below this frame one call goes. */
#define DEPTH(what, call)                                                                          \
    do {                                                                                           \
        unsigned char top;                                                                         \
        paint(&top);                                                                               \
        call;                                                                                      \
        say_depth(what, &top);                                                                     \
    } while (0)

static void *call_each(void *data)
{
    CURL *easy = NULL, *copy = NULL;
    CURLM *multi = NULL;
    int running;
    DEPTH("easy-init", easy = curl_easy_init());
    DEPTH("setopt", curl_easy_setopt(easy, CURLOPT_URL, "nosuch://host/"));
    DEPTH("first-perform", curl_easy_perform(easy));
    DEPTH("perform", curl_easy_perform(easy));
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    DEPTH("rotated-perform", curl_easy_perform(easy));
    CHECK(unlink(getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    DEPTH("refused-perform", curl_easy_perform(easy));
    DEPTH("duphandle", copy = curl_easy_duphandle(easy));
    DEPTH("reset", curl_easy_reset(copy));
    DEPTH("multi-init", multi = curl_multi_init());
    DEPTH("add-handle", curl_multi_add_handle(multi, easy));
    DEPTH("multi-perform", curl_multi_perform(multi, &running));
    DEPTH("remove-handle", curl_multi_remove_handle(multi, easy));
    DEPTH("multi-cleanup", curl_multi_cleanup(multi));
    DEPTH("cleanup", curl_easy_cleanup(copy));
    curl_easy_cleanup(easy);
    return data;
}

/* The same of a program that drives its transfers itself: the policy is read
 * where libcurl does little. */
static void *drive_each(void *data)
{
    CURL *easy = NULL;
    CURLM *multi = NULL;
    int running = 1;
    DEPTH("multi-init", multi = curl_multi_init());
    DEPTH("easy-init", easy = curl_easy_init());
    DEPTH("setopt", curl_easy_setopt(easy, CURLOPT_URL, "nosuch://host/"));
    DEPTH("first-add-handle", curl_multi_add_handle(multi, easy));
    DEPTH("multi-perform", curl_multi_perform(multi, &running));
    DEPTH("remove-handle", curl_multi_remove_handle(multi, easy));
    CHECK(rename(getenv("HARD_NEW"), getenv("COMMISSIONED_AUTH_CONFIG")) == 0);
    wait_for_tick();
    DEPTH("rotated-add-handle", curl_multi_add_handle(multi, easy));
    DEPTH("easy-cleanup", curl_easy_cleanup(easy));
    DEPTH("multi-cleanup", curl_multi_cleanup(multi));
    return data;
}

/* Prints for each kind of call how many bytes of the stack it takes, libcurl's own included. */
static void print_depths(void *(*calls)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(curl_global_init(CURL_GLOBAL_ALL) == 0);
    painted = aligned_alloc(4096, STACK);
    CHECK(painted != NULL);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, painted, STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, calls, NULL) == 0);
    pthread_join(thread, NULL);
}

static void depths(void)
{
    print_depths(call_each);
}

static void depths_driven(void)
{
    print_depths(drive_each);
}

/* ---- no files any more, on pain of death ----------------------------------------------------- */

static void forbid_files(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 2, 0),
#ifdef SYS_newfstatat
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_newfstatat, 1, 0),
#else
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 1, 0),
#endif
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void forbidden(void)
{
    CURL *easy = handle();
    CHECK(ask(easy, AWAY "/no/before") == CURLE_OK);
    forbid_files();
    wait_for_tick();
    CHECK(ask(easy, AWAY "/no/tick") == CURLE_OK);
    wait_for_second();
    CHECK(ask(easy, AWAY "/no/second") == CURLE_OK);
    _exit(0);
}

/* A policy that comes later is found, where it matters. */
static void configured(void)
{
    CURL *easy = handle();
    CHECK(ask(easy, AWAY "/no/before") == CURLE_OK);
    CHECK(rename(getenv("HARD_NEW"), getenv("HARD_LATER")) == 0);
    wait_for_second();
    CHECK(ask(easy, AWAY "/no/after") == CURLE_OK);
    CHECK(ask(easy, APP "/yes/after") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* ---- what it may lock is its own ------------------------------------------------------------- */

enum { LOCKED = 64 * 1024 };

static void limit_locking(void)
{
    struct rlimit limit = {LOCKED, LOCKED};
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    CHECK(syscall(SYS_capget, &head, sets) == 0);
    sets[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~(unsigned)CAP_TO_MASK(CAP_IPC_LOCK);
    CHECK(syscall(SYS_capset, &head, sets) == 0);
}

static void locks_all(void)
{
    CURL *easy = handle();
    limit_locking();
    CHECK(ask(easy, APP "/yes/locks") == CURLE_OK);
    void *memory = mmap(NULL, LOCKED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && mlock(memory, LOCKED) == 0);
    curl_easy_cleanup(easy);
}

/* ---- link namespaces ------------------------------------------------------------------------- */

static void namespaces(void)
{
    int count = 0;
    while (dlmopen(LM_ID_NEWLM, "libm.so.6", RTLD_NOW | RTLD_LOCAL) != NULL)
        count++;
    CHECK(count > 0 && count < 16);
    CURL *easy = handle();
    CHECK(ask(easy, APP "/yes/namespaces") == CURLE_OK);
    CHECK(ask(easy, AWAY "/no/namespaces") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* ---- the installation goes ------------------------------------------------------------------- */

static void remove_file(const char *variable)
{
    const char *file = getenv(variable);
    CHECK(file != NULL && unlink(file) == 0);
}

static void removed(void)
{
    CURL *easy = handle();
    remove_file("HARD_MODULE");
    remove_file("HARD_LIBRARY");
    CHECK(ask(easy, APP "/no/removed") == CURLE_OK);
    CHECK(ask(easy, AWAY "/no/removed") == CURLE_OK);
    curl_easy_cleanup(easy);
}

/* Half of it is gone, and comes back. */
static void half_removed(void)
{
    char aside[4096];
    const char *module = getenv("HARD_MODULE");
    CURL *easy = handle();
    snprintf(aside, sizeof aside, "%s.aside", module);
    CHECK(rename(module, aside) == 0);
    CHECK(ask(easy, APP "/no/half") == CURLE_AUTH_ERROR);
    CHECK(strstr(sentence, "install commissioned-auth again") != NULL);
    CHECK(rename(aside, module) == 0);
    wait_for_second();
    CHECK(ask(easy, APP "/yes/whole") == CURLE_OK);
    curl_easy_cleanup(easy);
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"full-at-first", full_at_first},
    {"full-at-rotation", full_at_rotation},
    {"full-at-removal", full_at_removal},
    {"disk-at-first", disk_at_first},
    {"disk-at-rotation", disk_at_rotation},
    {"server-at-rotation", server_at_rotation},
    {"system-files-at-rotation", system_files_at_rotation},
    {"kernel-memory-at-rotation", kernel_memory_at_rotation},
    {"interruption-at-rotation", interruption_at_rotation},
    {"mappings-at-first", mappings_at_first},
    {"mappings-at-rotation", mappings_at_rotation},
    {"mappings-at-mask", mappings_at_mask},
    {"loader-error", loader_error},
    {"replaced", replaced},
    {"stack", stack},
    {"depths", depths},
    {"depths-driven", depths_driven},
    {"forbidden", forbidden},
    {"configured", configured},
    {"locks-all", locks_all},
    {"namespaces", namespaces},
    {"removed", removed},
    {"half-removed", half_removed},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; argc == 2 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        scenarios[i].run();
        return 0;
    }
    printf("hard: no such scenario\n");
    return 2;
}
