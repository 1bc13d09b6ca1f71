/* What is said of a key that cannot be had here is true of its source. */
#include <string.h>

#include <check.h>

#include "cli/key_standing.h"
#include "support/suite.h"

static struct policy_config_key key;
static struct policy_config config;
static char text[256];

static void set_up(void)
{
    key = (struct policy_config_key){
        .name = "web", .next = POLICY_NONE, .used = true, .absent = true, .error = "it is absent"};
    memset(&config, 0, sizeof config);
    config.keys = &key;
    config.nkeys = 1;
}

START_TEST(a_credential_is_said_to_be_its_units)
{
    key.source = POLICY_SOURCE_CREDENTIAL;
    key.location = "api-key";
    ck_assert_int_eq(key_standing(&config, 0), STANDING_ELSEWHERE);
    key_standing_text(&key, STANDING_ELSEWHERE, text, sizeof text);
    ck_assert_str_eq(
        text, "the key web is a credential of systemd, api-key, and known in its unit alone");
}
END_TEST

START_TEST(a_variable_is_said_to_be_each_programs)
{
    key.source = POLICY_SOURCE_ENVIRONMENT;
    key.location = "COMMISSIONED_API_KEY";
    ck_assert_int_eq(key_standing(&config, 0), STANDING_ELSEWHERE);
    key_standing_text(&key, STANDING_ELSEWHERE, text, sizeof text);
    ck_assert_str_eq(text, "the key web is in the variable COMMISSIONED_API_KEY, and known to "
                           "programs that have it: not here");
}
END_TEST

/* In a unit, whose folder of credentials was looked into. */
START_TEST(a_credential_that_its_unit_lacks_is_an_error)
{
    key.source = POLICY_SOURCE_CREDENTIAL;
    key.location = "api-key";
    key.path = "/run/credentials/web.service/api-key";
    ck_assert_int_eq(key_standing(&config, 0), STANDING_ERROR);
}
END_TEST

/* No other source is elsewhere, whatever could be read of it. */
START_TEST(a_file_that_is_not_there_is_an_error)
{
    static const enum policy_source sources[] = {POLICY_SOURCE_FILE, POLICY_SOURCE_DOTENV,
                                                 POLICY_SOURCE_INLINE};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        key.source = sources[i];
        key.path = NULL;
        ck_assert_int_eq(key_standing(&config, 0), STANDING_ERROR);
    }
}
END_TEST

START_TEST(a_next_key_that_is_not_stored_yet_is_no_matter)
{
    key.source = POLICY_SOURCE_FILE;
    key.path = "/etc/commissioned-auth/keys.d/web.next";
    key.is_next = true;
    ck_assert_int_eq(key_standing(&config, 0), STANDING_QUIET);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key standing");
    TCase *tests = tcase_create("key standing");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_credential_is_said_to_be_its_units);
    tcase_add_test(tests, a_variable_is_said_to_be_each_programs);
    tcase_add_test(tests, a_credential_that_its_unit_lacks_is_an_error);
    tcase_add_test(tests, a_file_that_is_not_there_is_an_error);
    tcase_add_test(tests, a_next_key_that_is_not_stored_yet_is_no_matter);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
