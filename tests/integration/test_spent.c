/*
 * What a program may free: libcurl reads it no more.
 */

#include <check.h>

#include "support/command.h"
#include "support/preloaded.h"
#include "support/suite.h"

static void set_up(void)
{
    preloaded_start();
    preloaded_policy("api_key = \"@A\";\n");
}

static void run(const char *what)
{
    char path[PATH_MAX];
    built(path, "tests/programs/spent");
    preloaded_run_program(path, (const char *const[]){what, NULL});
}

START_TEST(headers_may_be_freed_once_no_transfer_goes_on)
{
    run("list");
    ck_assert_str_eq(preloaded_seen(), "GET /list A\n");
}
END_TEST

START_TEST(so_may_a_curlu)
{
    run("curlu");
    ck_assert_str_eq(preloaded_seen(), "GET /curlu A\nGET /other A\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spent");
    TCase *tests = tcase_create("spent");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, preloaded_stop);
    tcase_add_test(tests, headers_may_be_freed_once_no_transfer_goes_on);
    tcase_add_test(tests, so_may_a_curlu);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
