/*
 * What a program may free, and what it must not find unfreed: libcurl reads its lists no more, and
 * its own memory is counted.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/old_libcurl.h"
#include "support/other_libc.h"
#include "support/preloaded.h"
#include "support/sanitized.h"
#include "support/suite.h"

#define APP            "https://app.commissioned.tech"

#define SSL_VERIFYPEER "64=" /* CURLOPT_ numbers, as the program takes them */

static void set_up(void)
{
    preloaded_start();
    preloaded_policy("api_key = \"@A\";\nca_file = \"@D/ca.pem\";\n");
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
    if (skips_old_libcurl("so_may_a_curlu"))
        return;
    run("curlu");
    ck_assert_str_eq(preloaded_seen(), "GET /curlu A\nGET /other A\n");
}
END_TEST

/* ---- leaks ----------------------------------------------------------------------------------- */

struct leak_hunt {
    char sanitizer[PATH_MAX];
    bool with_library;
};

static bool find_sanitizer(char path[PATH_MAX])
{
    glob_t found;
    bool any = glob("/usr/lib/gcc/*/[0-9]*/liblsan.so", 0, NULL, &found) == 0;
    if (any)
        snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
    globfree(&found);
    return any;
}

/* A request of a program that does not verify its peer; the sanitizer ends it with 23. */
static int hunt_leaks(const char *path, const struct leak_hunt *hunt)
{
    char library[PATH_MAX], list[2 * PATH_MAX + 1];
    built(library, "libcommissioned-auth.so");
    snprintf(list, sizeof list, "%s:%s", hunt->sanitizer, hunt->with_library ? library : "");
    outcome_preloaded(&preloaded_outcome, list,
                      (const char *const[]){path, SSL_VERIFYPEER "0", APP "/x", NULL});
    return preloaded_outcome.status;
}

START_TEST(a_verified_certificate_is_no_leak)
{
    char path[PATH_MAX];
    struct leak_hunt hunt = {.with_library = false};
    bool is_built = preloaded_options((unsigned)_i, path);
    if (skips_musl("a_verified_certificate_is_no_leak", "there is no leak sanitizer for it") ||
        skips_old_libcurl("a_verified_certificate_is_no_leak"))
        return;
    if (skips_sanitized("a_verified_certificate_is_no_leak", "it has a sanitizer of its own"))
        return;
    if (!is_built || !find_sanitizer(hunt.sanitizer) || hunt_leaks(path, &hunt) != 0) {
        printf("SKIP a_verified_certificate_is_no_leak: the leak sanitizer does not work here with "
               "%s\n",
               path);
        return;
    }
    hunt.with_library = true;
    ck_assert_msg(hunt_leaks(path, &hunt) == 0, "%.2000s", preloaded_outcome.err);
    ck_assert_str_eq(preloaded_seen(), "GET /x -\nGET /x A\n");
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
    tcase_add_loop_test(tests, a_verified_certificate_is_no_leak, 0, PRELOADED_FLAVOURS);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
