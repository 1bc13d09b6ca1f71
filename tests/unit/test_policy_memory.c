/*
 * Memory: where it runs out, what stays in it, and that it does not grow. The program is linked so
 * that the policy's own allocations come here first (mk/policy.mk).
 */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "commissioned/policy_image.h"
#include "support/sanitized.h"
#include "support/suite.h"

/* A tool has replaced malloc and minds every byte: what is free cannot be looked at, limits mean
 * nothing. */
static bool under_tool(void)
{
    return SANITIZED || RUNNING_ON_VALGRIND;
}

static char *dir;
static char *path;
/* The keys as they stand in the files, each byte XOR MASK, so that this
 * program does not hold them. */
enum { MASK = 0x5a };
static char masked[2][TEST_KEY_LENGTH];

/* ---- the allocator, counted ------------------------------------------------------------------ */

static bool armed;
static long allocations; /* since armed */
static long live;
static long fail_at; /* the number of the allocation that fails, from 1; 0: none */
static bool dirty;   /* a block was freed with a key in it */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void __real_free(void *block);
void *__real_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void __wrap_free(void *block);
void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t size);
int __wrap_munmap(void *addr, size_t size);

static bool fails(void)
{
    return armed && ++allocations == fail_at;
}

static bool matches(const unsigned char *at, const char *key)
{
    for (size_t i = 0; i < TEST_KEY_LENGTH; i++)
        if ((at[i] ^ MASK) != (unsigned char)key[i])
            return false;
    return true;
}

/* How often a key stands in size bytes. */
static unsigned count_keys(const unsigned char *data, size_t size)
{
    unsigned found = 0;
    for (size_t i = 0; !under_tool() && i + TEST_KEY_LENGTH <= size; i++)
        found += matches(data + i, masked[0]) || matches(data + i, masked[1]);
    return found;
}

static void *count(void *block)
{
    live += armed && block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
    return fails() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return block != NULL ? __real_realloc(block, size) : count(__real_realloc(NULL, size));
}

void *__wrap_reallocarray(void *block, size_t number, size_t size)
{
    if (fails())
        return NULL;
    void *fresh = __real_reallocarray(block, number, size);
    return block != NULL ? fresh : count(fresh);
}

void __wrap_free(void *block)
{
    if (armed && block != NULL) {
        live--;
        dirty |= count_keys(block, malloc_usable_size(block)) > 0;
    }
    __real_free(block);
}

void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
    if (fails())
        return MAP_FAILED;
    live += armed;
    return __real_mmap(addr, size, prot, flags, fd, offset);
}

int __wrap_munmap(void *addr, size_t size)
{
    if (armed) {
        live--;
        dirty |= count_keys(addr, size) > 0;
    }
    return __real_munmap(addr, size);
}

/* ---- fixtures -------------------------------------------------------------------------------- */

/* Written by a child, so that the keys never stand in this process. */
static void write_files(void)
{
    char key[2][TEST_KEY_LENGTH + 1];
    char *folder = tmpdir_path(dir, "conf.d");
    mkdir(folder, 0700);
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < TEST_KEY_LENGTH; j++)
            key[i][j] = (char)(masked[i][j] ^ MASK);
    key[0][TEST_KEY_LENGTH] = key[1][TEST_KEY_LENGTH] = '\0';
    free(tmpdir_printf(dir, "key", 0600, "%s\n", key[1]));
    free(tmpdir_printf(dir, ".env", 0600, "A=\"x\ny\"\nCOMMISSIONED_API_KEY='%s'\n", key[1]));
    free(tmpdir_printf(folder, "a.conf", 0600, "# nothing\n"));
    free(tmpdir_printf(
        dir, "a.conf", 0600,
        "keys = ({ name = \"in\"; api_key = \"%s\"; },\n"
        "{ name = \"file\"; file = \"%s/key\"; next = \"%s/key\"; stale = \"5m\"; },\n"
        "{ name = \"env\"; dotenv = \"%s/.env\"; },\n"
        "{ name = \"none\"; file = \"%s/none\"; });\n"
        "rules = ({ name = \"a\"; key = \"in\"; methods = [\"GET\"]; users = [\"nobody-x\"]; },\n"
        "{ name = \"b\"; key = \"file\"; url = \"https://app.commissioned.tech/v1\"; },\n"
        "{ name = \"c\"; key = \"env\"; groups = (\"root\", 0); },\n"
        "{ name = \"d\"; key = \"none\"; programs = [\"/usr/*\"]; });\n"
        "deny = ({ programs = [\"/x\"]; });\nextra_origins = [\"https://localhost\"];\n"
        "api_key = \"%s\";\n",
        key[0], dir, dir, dir, dir, key[0]));
    free(folder);
}

static void setup(void)
{
    dir = tmpdir_make();
    path = tmpdir_path(dir, "a.conf");
    char key[TEST_KEY_LENGTH + 1];
    for (int i = 0; i < 2; i++) {
        test_key_make(key);
        for (size_t j = 0; j < TEST_KEY_LENGTH; j++)
            masked[i][j] = (char)(key[j] ^ MASK);
    }
    explicit_bzero(key, sizeof key);
    pid_t child = fork();
    if (child == 0) {
        write_files();
        _exit(0);
    }
    int status;
    ck_assert(waitpid(child, &status, 0) == child && status == 0);
}

static void teardown(void)
{
    free(path);
    tmpdir_remove(dir);
}

static struct policy_image *build(void)
{
    struct policy_request request = {
        .abi = POLICY_IMAGE_ABI, .system_file = path, .program = "/usr/bin/curl"};
    return commissioned_policy_build(&request);
}

/* ---- it runs out ----------------------------------------------------------------------------- */

static struct policy_image *first;

static struct policy_image *build_again(void)
{
    struct policy_request request = {.abi = POLICY_IMAGE_ABI, .again = first};
    return commissioned_policy_build(&request);
}

static struct policy_image *build_for_this_process(void)
{
    struct policy_request request = {.abi = POLICY_IMAGE_ABI, .system_file = path, .self = true};
    return commissioned_policy_build(&request);
}

/* Each allocation fails in its turn. */
static void fail_each(struct policy_image *(*make)(void), long least)
{
    struct policy_image *image = NULL;
    long failed = 0;
    for (long i = 1; image == NULL; i++) {
        allocations = live = 0;
        dirty = false;
        fail_at = i;
        armed = true;
        image = make();
        armed = false;
        ck_assert_msg(live == (image != NULL), "allocation %ld failed: %ld blocks lost", i, live);
        ck_assert_msg(!dirty, "allocation %ld failed: a key was freed unwiped", i);
        ck_assert_msg((image == NULL) == (allocations >= i), "allocation %ld", i);
        failed++;
    }
    ck_assert_int_gt(failed, least);
    ck_assert_ptr_null(image->error);
    policy_image_free(image);
}

START_TEST(wherever_memory_runs_out_there_is_no_image_and_nothing_is_lost_or_left_unwiped)
{
    struct policy_image *image = build();
    ck_assert_ptr_nonnull(image);
    ck_assert_msg(image->error == NULL, "%s", image->error);
    policy_image_free(image);
    fail_each(build, 20);
}
END_TEST

START_TEST(so_it_is_where_an_image_is_judged_anew)
{
    if (geteuid() != 0) {
        printf("SKIP so_it_is_where_an_image_is_judged_anew: only root can become another user\n");
        return;
    }
    first = build();
    ck_assert_ptr_nonnull(first);
    fail_each(build_again, 5);
    policy_image_free(first);
}
END_TEST

START_TEST(so_it_is_where_the_process_itself_asks)
{
    policy_image_free(build_for_this_process()); /* what is known of it stays */
    fail_each(build_for_this_process, 20);
}
END_TEST

/* With less and less address space: libconfig and flex would crash or exit, were they let near the
 * end. */
START_TEST(a_process_short_of_memory_is_never_ended)
{
    if (under_tool()) {
        printf("SKIP a_process_short_of_memory_is_never_ended: a tool needs its address space\n");
        return;
    }
    unsigned without = 0, with = 0;
    for (rlim_t spare = 0; spare < 640 * 1024; spare += 8 * 1024) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            unsigned long pages = 0;
            FILE *statm = fopen("/proc/self/statm", "re");
            if (statm == NULL || fscanf(statm, "%lu", &pages) != 1)
                _exit(3);
            fclose(statm);
            malloc_trim(0);
            rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + spare;
            setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
            struct policy_image *image = build();
            _exit(image == NULL ? 0 : image->error == NULL ? 1 : 4);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status), "%lu bytes to spare: signal %d", (unsigned long)spare,
                      WTERMSIG(status));
        ck_assert_msg(WEXITSTATUS(status) <= 1, "%lu bytes to spare: exit %d", (unsigned long)spare,
                      WEXITSTATUS(status));
        without += WEXITSTATUS(status) == 0;
        with += WEXITSTATUS(status) == 1;
    }
    ck_assert_uint_gt(without, 0);
    ck_assert_uint_gt(with, 0);
}
END_TEST

/* ---- what stays ------------------------------------------------------------------------------ */

/* How often a key stands in what this process can write to, and in its images. */
static unsigned count_in_process(void)
{
    char line[512];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        char mode[5];
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3 || mode[0] != 'r' ||
            strstr(line, "[v") != NULL)
            continue;
        found += count_keys((const unsigned char *)start, end - start);
    }
    fclose(maps);
    return found;
}

START_TEST(a_key_stands_in_the_image_and_nowhere_else_and_then_nowhere)
{
    if (under_tool()) {
        printf("SKIP a_key_stands_in_the_image_and_nowhere_else: a tool keeps freed memory\n");
        return;
    }
    ck_assert_uint_eq(count_in_process(), 0);
    struct policy_image *image = build();
    unsigned in_keys = 0;
    for (uint32_t i = 0; i < image->nkeys; i++)
        in_keys += image->keys[i].header != NULL;
    ck_assert_uint_gt(in_keys, 2);
    ck_assert_uint_eq(count_in_process(), in_keys);
    policy_image_free(image);
    ck_assert_uint_eq(count_in_process(), 0);
}
END_TEST

START_TEST(an_image_cannot_be_written_to)
{
    struct policy_image *image = build();
    char line[512];
    char mode[5] = "";
    FILE *maps = fopen("/proc/self/maps", "re");
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        char found[5];
        if (sscanf(line, "%lx-%lx %4s", &start, &end, found) == 3 &&
            start <= (unsigned long)image && (unsigned long)image < end)
            strcpy(mode, found);
    }
    fclose(maps);
    ck_assert_str_eq(mode, "r--p");
    policy_image_free(image);
}
END_TEST

START_TEST(an_image_is_kept_out_of_core_dumps)
{
    struct policy_image *image = build();
    char line[512];
    bool inside = false, kept_out = false;
    FILE *maps = fopen("/proc/self/smaps", "re");
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = start <= (unsigned long)image && (unsigned long)image < end;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            kept_out |= strstr(line, " dd") != NULL;
    }
    fclose(maps);
    ck_assert(kept_out);
    policy_image_free(image);
}
END_TEST

/* ---- it does not grow ------------------------------------------------------------------------ */

static long resident_pages(void)
{
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    ck_assert(statm != NULL && fscanf(statm, "%ld %ld", &pages, &resident) == 2);
    fclose(statm);
    return resident;
}

static unsigned open_descriptors(void)
{
    unsigned count_found = 0;
    DIR *fds = opendir("/proc/self/fd");
    while (readdir(fds) != NULL)
        count_found++;
    closedir(fds);
    return count_found;
}

START_TEST(a_thousand_builds_take_no_more_memory_and_descriptors_than_a_few)
{
    for (int i = 0; i < 10; i++)
        policy_image_free(build());
    unsigned descriptors = open_descriptors();
    resident_pages(); /* what measuring takes is not counted */
    long before = resident_pages();
    live = fail_at = 0;
    armed = true;
    for (int i = 0; i < 1000; i++)
        policy_image_free(build());
    armed = false;
    ck_assert_int_eq(live, 0);
    ck_assert_uint_eq(open_descriptors(), descriptors);
    if (!under_tool()) /* a tool keeps freed blocks for a while */
        ck_assert_int_le((resident_pages() - before) * sysconf(_SC_PAGESIZE), 64 * 1024);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy memory");
    TCase *tests = tcase_create("memory");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests,
                   wherever_memory_runs_out_there_is_no_image_and_nothing_is_lost_or_left_unwiped);
    tcase_add_test(tests, so_it_is_where_an_image_is_judged_anew);
    tcase_add_test(tests, so_it_is_where_the_process_itself_asks);
    tcase_add_test(tests, a_process_short_of_memory_is_never_ended);
    tcase_add_test(tests, a_key_stands_in_the_image_and_nowhere_else_and_then_nowhere);
    tcase_add_test(tests, an_image_cannot_be_written_to);
    tcase_add_test(tests, an_image_is_kept_out_of_core_dumps);
    tcase_add_test(tests, a_thousand_builds_take_no_more_memory_and_descriptors_than_a_few);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
