/*
 * A process in hard times: what it lacks for a moment, what is taken from it, and what it must not
 * lose to us. Each row is a scenario of tests/programs/hard.c.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/journal_trap.h"
#include "support/old_libcurl.h"
#include "support/origin.h"
#include "support/other_libc.h"
#include "support/sanitized.h"
#include "support/served.h"
#include "support/suite.h"

#define HARD "tests/programs/hard"

static const struct {
    const char *scenario;
    unsigned yes;
    unsigned no;
} rows[] = {
    {"full-at-first", 1, 0},
    {"full-at-rotation", 3, 0},
    {"full-at-removal", 1, 0},
    {"replaced", 200, 0},
    {"locks-all", 1, 0},
    {"namespaces", 1, 1},
    {"disk-at-first", 1, 0},
    {"disk-at-rotation", 4, 0},
    {"server-at-rotation", 4, 0},
    {"system-files-at-rotation", 4, 0},
    {"kernel-memory-at-rotation", 4, 0},
    {"interruption-at-rotation", 4, 0},
    {"mappings-at-rotation", 4, 0},
    {"loader-error", 2, 1},
};

static void new_configuration(void)
{
    char *file = tmpdir_printf(served_folder, "new.conf", 0600, "api_key = \"%s\";\n", served_key);
    setenv("HARD_NEW", file, 1);
    free(file);
}

START_TEST(a_moment_of_want_is_no_verdict)
{
    if (strcmp(rows[_i].scenario, "namespaces") == 0 &&
        skips_musl(rows[_i].scenario, "musl has one link namespace"))
        return;
    new_configuration();
    served_run(HARD, rows[_i].scenario);
    served_expect(rows[_i].scenario, rows[_i].yes, rows[_i].no);
}
END_TEST

/* ---- no memory of our own -------------------------------------------------------------------- */

static bool trapped;

static void set_up_trap(void)
{
    trapped = geteuid() == 0 && journal_trap_start();
    served_set_up();
}

static void report_denied(void)
{
    char *file = tmpdir_printf(served_folder, "denied.conf", 0600,
                               "api_key = \"%s\";\nreport = \"denied\";\n", served_key);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
}

static const struct {
    const char *scenario;
    unsigned yes, no;
} wants[] = {{"mappings-at-first", 1, 1}, {"mappings-at-mask", 2, 1}};

START_TEST(a_request_that_gets_no_key_for_want_of_memory_goes_and_it_is_said_why)
{
    const char(*lines)[TRAP_SIZE];
    if (skips_old_libcurl("a_request_that_gets_no_key_for_want_of_memory") ||
        skips_musl(wants[_i].scenario, "musl's malloc makes small mappings, and libcurl has none"))
        return;
    report_denied();
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    served_run(HARD, wants[_i].scenario);
    served_expect(wants[_i].scenario, wants[_i].yes, wants[_i].no);
    const char *said = strstr(served_outcome.err, ": no key: ");
    ck_assert_msg(said != NULL && strstr(said, "[no-memory]") != NULL, "%s", served_outcome.err);
    if (!trapped) {
        printf("SKIP the journal of %s: only root has one of his own\n", wants[_i].scenario);
        return;
    }
    ck_assert_uint_eq(journal_trap_lines(&lines), 1);
    ck_assert_str_eq(journal_trap_field(lines[0], "COMMISSIONED_REASON"), "no-memory");
    ck_assert_ptr_nonnull(strstr(lines[0], "memory ran out"));
    ck_assert_ptr_null(strstr(lines[0], served_key));
}
END_TEST

/* ---- the stack ------------------------------------------------------------------------------- */

/* The bytes of its stack that the thread's requests took. */
static long stack_taken(bool with_library)
{
    char program[PATH_MAX];
    new_configuration();
    built(program, HARD);
    if (with_library)
        served_run(HARD, "stack");
    else
        OUTCOME(&served_outcome, program, "stack");
    ck_assert_msg(served_outcome.status == 0, "exit %d: %s", served_outcome.status,
                  served_outcome.out);
    return strtol(served_outcome.out, NULL, 10);
}

static bool has_larger_frames(const char *test)
{
    return skips_sanitized(test, "a sanitizer makes frames larger");
}

START_TEST(the_stack_need_be_no_larger_than_4_kib_more)
{
    if (has_larger_frames("the_stack_need_be_no_larger_than_4_kib_more"))
        return;
    long without = stack_taken(false);
    long with = stack_taken(true);
    ck_assert_int_gt(without, 0);
    ck_assert_msg(with - without <= 4096, "%ld bytes without the library, %ld with it", without,
                  with);
}
END_TEST

/* What the program printed for that call. */
static long depth_of(const char *text, const char *call)
{
    char mark[64];
    snprintf(mark, sizeof mark, "\n%s ", call);
    const char *line = strncmp(text, mark + 1, strlen(mark + 1)) == 0 ? text : strstr(text, mark);
    ck_assert_msg(line != NULL, "%s: %s", call, text);
    return strtol(strchr(line, ' '), NULL, 10);
}

/* The text that the program prints; the caller frees it. */
static char *depths(const char *program, const char *scenario, bool with_library)
{
    char path[PATH_MAX], *config = strdup(getenv("COMMISSIONED_AUTH_CONFIG"));
    char *copy = tmpdir_printf(served_folder, "copy.conf", 0600, "api_key = \"%s\";\n", served_key);
    new_configuration();
    setenv("COMMISSIONED_AUTH_CONFIG", copy, 1);
    setenv("LD_BIND_NOW", "1", 1); /* what the loader saves to bind late is more than all else */
    built(path, program);
    if (with_library)
        served_run(program, scenario);
    else
        OUTCOME(&served_outcome, path, scenario);
    setenv("COMMISSIONED_AUTH_CONFIG", config, 1);
    unsetenv("LD_BIND_NOW");
    free(copy);
    free(config);
    ck_assert_msg(served_outcome.status == 0, "exit %d: %s", served_outcome.status,
                  served_outcome.out);
    return strdup(served_outcome.out);
}

static const struct {
    const char *scenario;
    const char *calls[16];
} chains[] = {
    {"depths",
     {"easy-init", "setopt", "first-perform", "perform", "rotated-perform", "refused-perform",
      "duphandle", "reset", "multi-init", "add-handle", "multi-perform", "remove-handle",
      "multi-cleanup", "cleanup"}},
    {"depths-driven",
     {"multi-init", "easy-init", "setopt", "first-add-handle", "multi-perform", "remove-handle",
      "rotated-add-handle", "easy-cleanup", "multi-cleanup"}},
};

/* A libcurl before 7.80 has the decision taken as its handle is added, and so a new policy read: in
 * no more stack than it takes itself in the next call, which drives the handle. */
static const char *measure_of(const char *call)
{
    return old_libcurl() && strstr(call, "-add-handle") != NULL ? "multi-perform" : call;
}

static void expect_short_stacks(const char *program, const char *scenario,
                                const char *const calls[])
{
    char *without = depths(program, scenario, false);
    char *with = depths(program, scenario, true);
    for (size_t i = 0; calls[i] != NULL; i++) {
        long own = depth_of(without, measure_of(calls[i])), all = depth_of(with, calls[i]);
        ck_assert_msg(all - own <= 4096, "%s: %ld bytes without the library, %ld with it", calls[i],
                      own, all);
    }
    free(without);
    free(with);
}

START_TEST(no_call_takes_more_than_4_kib_of_stack_beyond_libcurls_own)
{
    static const char *const programs[] = {HARD, HARD "-gnutls"};
    char path[PATH_MAX];
    built(path, programs[_i]);
    if (access(path, X_OK) != 0) {
        printf("SKIP %s: there is no such libcurl\n", programs[_i]);
        return;
    }
    if (has_larger_frames("no_call_takes_more_than_4_kib_of_stack_beyond_libcurls_own"))
        return;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
        expect_short_stacks(programs[_i], chains[i].scenario, chains[i].calls);
}
END_TEST

static char library[PATH_MAX], module[PATH_MAX];

static void copy(const char *name, char to[PATH_MAX], const char *variable)
{
    char from[PATH_MAX];
    struct outcome outcome;
    built(from, name);
    snprintf(to, PATH_MAX, "%s/%s", served_folder, name);
    OUTCOME(&outcome, "cp", from, to);
    ck_assert_int_eq(outcome.status, 0);
    setenv(variable, to, 1);
}

/* Under an installation of its own, in the test's folder. */
static void run_installed(const char *scenario)
{
    char program[PATH_MAX], list[SERVED_PRELOADS];
    copy("libcommissioned-auth.so", library, "HARD_LIBRARY");
    copy("commissioned-auth-policy.so", module, "HARD_MODULE");
    built(program, HARD);
    served_preloads_other(list, library);
    outcome_preloaded(&served_outcome, list, (const char *const[]){program, scenario, NULL});
    ck_assert_msg(served_outcome.status == 0, "%s: exit %d: %s%s", scenario, served_outcome.status,
                  served_outcome.out, served_outcome.err);
}

START_TEST(a_process_that_had_not_asked_goes_on_without_an_installation_that_is_gone)
{
    run_installed("removed");
    served_expect("removed", 0, 2);
}
END_TEST

START_TEST(a_module_that_comes_back_is_found)
{
    run_installed("half-removed");
    served_expect("half-removed", 1, 0);
}
END_TEST

/* Without a policy, though one may come later. */
static void without_policy(void)
{
    char *folder = tmpdir_path(served_folder, ".config");
    char *ours = tmpdir_path(served_folder, ".config/commissioned-auth");
    char *file = tmpdir_path(ours, "commissioned-auth.conf");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(mkdir(ours, 0700), 0);
    setenv("HARD_LATER", file, 1);
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    new_configuration();
    free(folder);
    free(ours);
    free(file);
}

START_TEST(a_program_without_policy_may_forbid_itself_to_look_at_files)
{
    without_policy();
    served_run(HARD, "forbidden");
    served_expect("forbidden", 0, 3);
}
END_TEST

START_TEST(a_policy_that_comes_later_is_found)
{
    without_policy();
    served_run(HARD, "configured");
    served_expect("configured", 1, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hard times");
    TCase *tests = tcase_create("hard");
    tcase_add_checked_fixture(tests, served_set_up, served_tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_moment_of_want_is_no_verdict, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests,
                   a_process_that_had_not_asked_goes_on_without_an_installation_that_is_gone);
    tcase_add_test(tests, a_program_without_policy_may_forbid_itself_to_look_at_files);
    tcase_add_test(tests, a_policy_that_comes_later_is_found);
    tcase_add_test(tests, the_stack_need_be_no_larger_than_4_kib_more);
    tcase_add_loop_test(tests, no_call_takes_more_than_4_kib_of_stack_beyond_libcurls_own, 0, 2);
    tcase_add_test(tests, a_module_that_comes_back_is_found);
    TCase *memory = tcase_create("memory");
    tcase_add_checked_fixture(memory, set_up_trap, served_tear_down);
    tcase_set_timeout(memory, 120);
    tcase_add_loop_test(memory,
                        a_request_that_gets_no_key_for_want_of_memory_goes_and_it_is_said_why, 0,
                        (int)(sizeof wants / sizeof wants[0]));
    suite_add_tcase(suite, memory);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
