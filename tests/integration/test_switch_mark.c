/* Whose mark it is: what was not confirmed never stays on for good, and what is for good stays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"
#include "support/switch_root.h"

#define LIBRARY   SWITCH_LIBRARY
#define ELSEWHERE "/opt/lib/libcommissioned-auth.so\n"

static char root[PATH_MAX], list[PATH_MAX], mark[PATH_MAX], command[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    switch_root_make(root);
    in_folder(list, root, "etc/ld.so.preload");
    in_folder(mark, root, "etc/ld.so.preload.pending");
    built(command, "commissioned-auth");
}

static void teardown(void)
{
    scratch_remove(root);
}

static void switch_off(void)
{
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(!exists(mark));
}

/* As after an upgrade that put the library at another path while the first one waited. */
START_TEST(enable_yes_over_one_that_is_not_confirmed_is_for_good)
{
    OUTCOME(&outcome, command, "enable", "--no-trial", "--wait", "600", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(exists(mark));
    write_file(list, ELSEWHERE, 0644);
    OUTCOME(&outcome, command, "enable", "--no-trial", "--yes", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_str_eq(text_of(list), LIBRARY "\n");
    ck_assert_msg(!exists(mark), "the first one's watcher takes it back");
    switch_off();
}
END_TEST

START_TEST(what_was_named_and_is_not_known_to_be_on_the_disk_is_taken_back)
{
    char library[PATH_MAX];
    built(library, "tests/fixtures/list_unsynced.so");
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    outcome_preloaded(&outcome, library,
                      (const char *const[]){command, "enable", "--no-trial", "--wait", "600",
                                            "--root", root, NULL});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_str_eq(text_of(list), LIBRARY "\n");
    ck_assert_msg(exists(mark), "it is on for good");
    switch_off();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-mark");
    TCase *marks = tcase_create("marks");
    tcase_add_checked_fixture(marks, setup, teardown);
    tcase_set_timeout(marks, 60);
    tcase_add_test(marks, enable_yes_over_one_that_is_not_confirmed_is_for_good);
    tcase_add_test(marks, what_was_named_and_is_not_known_to_be_on_the_disk_is_taken_back);
    suite_add_tcase(suite, marks);
    return suite_run(suite);
}
