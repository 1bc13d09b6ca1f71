/*
 * What a process goes through around its requests: before and after main, other processes,
 * signals, lost privileges, nothing left. Each row is a scenario of tests/programs/life.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/origin.h"
#include "support/other_libc.h"
#include "support/sanitized.h"
#include "support/served.h"
#include "support/suite.h"

#define LIFE "tests/programs/life"

struct row {
    const char *scenario;
    const char *early; /* LIFE_EARLY */
    bool root;         /* only root can */
    bool seen;         /* others may look into the policy's folder */
    unsigned yes;
    unsigned no;
};

static const struct row rows[] = {
    {"nothing", "constructor", false, false, 1, 1},
    {"one", "constructor", false, false, 2, 2},
    {"nothing", "destructor", false, false, 1, 1},
    {"atexit", NULL, false, false, 2, 2},
    {"children", NULL, false, false, 7, 7},
    {"forks", NULL, false, false, 1, 1},
    {"signals", NULL, false, false, 10, 10},
    {"dropped", NULL, true, false, 3, 2},
    {"rooted", NULL, true, false, 3, 2},
    {"rooted-early", NULL, true, false, 0, 0},
    {"rooted-and-dropped", NULL, true, false, 3, 2},
    {"dropped", NULL, true, true, 3, 2},
    {"removed", NULL, true, true, 1, 0},
    {"filtered", NULL, false, false, 3, 2},
    {"filtered-stat", NULL, false, false, 3, 2},
    {"filtered-new-stat", NULL, false, false, 3, 2},
    {"filtered-early", NULL, false, false, 0, 2},
    {"full-table", NULL, false, false, 2, 0},
    {"unlocked", NULL, false, false, 1, 1},
};

START_TEST(a_process_lives_with_the_library)
{
    const struct row *row = &rows[_i];
    if (row->root && geteuid() != 0) {
        printf("SKIP %s: only root can give up its privileges\n", row->scenario);
        return;
    }
    if (row->early != NULL && strcmp(row->early, "destructor") == 0 &&
        skips_musl(row->early, "musl loads nothing while a program ends"))
        return;
    if (row->early != NULL)
        setenv("LIFE_EARLY", row->early, 1);
    setenv("LIFE_ROOT", served_folder, 1);
    if (row->seen)
        ck_assert_int_eq(chmod(served_folder, 0755), 0);
    if (!served_runs(LIFE, row->scenario))
        return;
    served_expect(row->scenario, row->yes, row->no);
}
END_TEST

START_TEST(a_static_object_of_cplusplus_is_served_before_and_after_main)
{
    if (served_skips("a_static_object_of_cplusplus_is_served_before_and_after_main",
                     (const char *const[]){"tests/programs/life-static", NULL}))
        return;
    served_run("tests/programs/life-static", NULL);
    served_expect("life-static", 2, 2);
}
END_TEST

/* Requests for /any: with the key or without, but the key at its own host alone. */
static void expect_no_harm(const char *what)
{
    size_t count;
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 0; i < count; i++) {
        bool home = strncmp(seen[i].host, "app.commissioned.tech", 21) == 0;
        ck_assert_msg(seen[i].authorizations <= (home ? 1u : 0u), "%s: %s%s carried %u", what,
                      seen[i].host, seen[i].path, seen[i].authorizations);
        ck_assert_msg(strstr(seen[i].path, "/yes") == NULL || seen[i].authorizations == 1,
                      "%s: no key at %s", what, seen[i].path);
    }
    ck_assert_uint_gt(count, 0);
}

START_TEST(too_few_descriptors_do_no_harm)
{
    if (!served_runs(LIFE, "few-descriptors"))
        return;
    expect_no_harm("few-descriptors");
}
END_TEST

START_TEST(too_little_address_space_does_no_harm)
{
    if (!served_runs(LIFE, "little-memory"))
        return;
    expect_no_harm("little-memory");
}
END_TEST

static bool cannot_fail_mappings(const char *test)
{
    return skips_sanitized(
        test, "the sanitizer's run-time calls the failing mmap before it can watch it");
}

/* True while there was a mapping of that number to fail. */
static bool run_with_failure(int number)
{
    char program[PATH_MAX], wrapper[PATH_MAX], list[SERVED_PRELOADS], text[16];
    built(program, LIFE);
    snprintf(text, sizeof text, "%d", number);
    setenv("LIFE_FAIL", text, 1);
    built(wrapper, "tests/programs/life-mmap.so");
    served_preloads(list, NULL, wrapper);
    outcome_preloaded(&served_outcome, list, (const char *const[]){program, "mappings", NULL});
    ck_assert_msg(served_outcome.status == 0 || served_outcome.status == 77,
                  "mapping %d: exit %d: %s%s", number, served_outcome.status, served_outcome.out,
                  served_outcome.err);
    return served_outcome.status == 0;
}

static int fail_each_mapping(void)
{
    int number = 1;
    while (run_with_failure(number) && number < 100)
        number++;
    ck_assert_int_lt(number, 100);
    expect_no_harm("mappings");
    return number - 1;
}

START_TEST(a_mapping_that_fails_does_no_harm)
{
    if (cannot_fail_mappings("a_mapping_that_fails_does_no_harm"))
        return;
    /* The policy, a text and a handle's rare part; a second handle's may find room beside the
     * first.
     */
    ck_assert_int_ge(fail_each_mapping(), 3);
}
END_TEST

/* Its handles gone, a program unloads a libcurl, and what it loads next lies where that was. */
START_TEST(what_is_loaded_in_place_of_a_libcurl_is_no_libcurl)
{
    static const char *const threads[] = {"1", "4"};
    char program[PATH_MAX], libcurl[PATH_MAX], plugin[PATH_MAX];
    built(program, "tests/programs/unload");
    built(libcurl, "tests/programs/aside/libbundled.so");
    built(plugin, "tests/programs/unload-plugin.so");
    served_ask(&served_outcome, (const char *const[]){program, libcurl, plugin, threads[_i], NULL});
    ck_assert_msg(served_outcome.status == 0, "exit %d: %s", served_outcome.status,
                  served_outcome.err);
}
END_TEST

START_TEST(mappings_that_fail_from_some_point_on_do_no_harm)
{
    if (cannot_fail_mappings("mappings_that_fail_from_some_point_on_do_no_harm"))
        return;
    setenv("LIFE_ON", "1", 1);
    for (int number = 1; number < 20; number++)
        run_with_failure(number);
    expect_no_harm("mappings");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process life");
    TCase *tests = tcase_create("life");
    tcase_add_checked_fixture(tests, served_set_up, served_tear_down);
    tcase_set_timeout(tests, 120);
    int nrows = (int)(sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, a_process_lives_with_the_library, 0, nrows);
    tcase_add_test(tests, a_static_object_of_cplusplus_is_served_before_and_after_main);
    tcase_add_test(tests, too_few_descriptors_do_no_harm);
    tcase_add_test(tests, too_little_address_space_does_no_harm);
    tcase_add_test(tests, a_mapping_that_fails_does_no_harm);
    tcase_add_test(tests, mappings_that_fail_from_some_point_on_do_no_harm);
    tcase_add_loop_test(tests, what_is_loaded_in_place_of_a_libcurl_is_no_libcurl, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
