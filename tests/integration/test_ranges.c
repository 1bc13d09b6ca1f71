/*
 * Every range of a variadic setopt arrives at libcurl whole, and every request has the key. Made
 * for 32-bit (make check-m32), where a curl_off_t fills two words; true everywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/origin.h"
#include "support/served.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static char *folder;
static char key[TEST_KEY_LENGTH + 1];
static struct origin origin;
static struct outcome outcome;

static void set_up(void)
{
    char port[16];
    folder = tmpdir_make();
    test_key_make(key);
    origin_start(&origin, "app.commissioned.tech", folder);
    snprintf(port, sizeof port, "%u", origin.tls_port);
    setenv("ORIGIN_TLS", port, 1);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    setenv("HOME", folder, 1);
    char *file = tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
}

static void tear_down(void)
{
    origin_stop();
    tmpdir_remove(folder);
}

static void run(const char *preloads)
{
    char program[PATH_MAX];
    built(program, "tests/programs/ranges");
    outcome_preloaded(&outcome, preloads, (const char *const[]){program, NULL});
    ck_assert_msg(outcome.status == 0, "exit %d: %s%s", outcome.status, outcome.out, outcome.err);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_str_eq(outcome.err, "");
}

START_TEST(every_range_arrives_whole_without_us)
{
    size_t count;
    run(NULL);
    const struct seen *seen = origin_seen(&count);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(seen[i].authorizations, 0);
}
END_TEST

START_TEST(every_range_arrives_whole_with_us_and_every_request_has_the_key)
{
    char list[SERVED_PRELOADS], expected[TEST_KEY_LENGTH + 16];
    size_t count;
    served_preloads(list, NULL, NULL);
    run(list);
    snprintf(expected, sizeof expected, "Bearer %s", key);
    const struct seen *seen = origin_seen(&count);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(seen[i].authorizations, 1);
        ck_assert_msg(strcmp(seen[i].authorization, expected) == 0, "not the key");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranges");
    TCase *both = tcase_create("ranges");
    tcase_add_checked_fixture(both, set_up, tear_down);
    tcase_set_timeout(both, 120);
    tcase_add_test(both, every_range_arrives_whole_without_us);
    tcase_add_test(both, every_range_arrives_whole_with_us_and_every_request_has_the_key);
    suite_add_tcase(suite, both);
    return suite_run(suite);
}
