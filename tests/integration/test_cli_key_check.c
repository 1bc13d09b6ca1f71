/* `key check` against the development server, over TLS: what each answer means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "../support/devserver.h"
#include "support/suite.h"

static char command[PATH_MAX], folder[PATH_MAX], store[PATH_MAX], address[64];
static struct ds_child server;
static struct outcome outcome;
static json_t *answer;

static void setup(void)
{
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("SSL_CERT_FILE");
    scratch_make(folder);
    in_folder(store, folder, "keys.d");
    built(command, "commissioned-auth");
    ds_child_start(&server, ds_test_folder(), NULL);
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)server.port);
    setenv("CURL_CA_BUNDLE", server.ca, 1);
}

static void teardown(void)
{
    json_decref(answer);
    ds_child_stop(&server);
    ds_test_folder_end(server.folder);
    scratch_remove(folder);
}

static struct ds_key_text stored(const char *const *arguments)
{
    struct ds_key_text key;
    ds_child_key(&server, &key, arguments);
    outcome_of(&outcome, key.text, NULL, NULL,
               (const char *const[]){command, "key", "add", "prod", "--dir", store, NULL});
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    return key;
}

static int check(const struct ds_key_text *key)
{
    OUTCOME(&outcome, command, "key", "check", "prod", "--json", "--dir", store, "--connect",
            address);
    ck_assert_ptr_null(strstr(outcome.out, key->text));
    ck_assert_ptr_null(strstr(outcome.err, key->text));
    json_decref(answer);
    answer = json_loads(outcome.out, 0, NULL);
    ck_assert_msg(answer != NULL, "%s%s", outcome.out, outcome.err);
    return outcome.status;
}

static long long status(void)
{
    return json_integer_value(json_object_get(answer, "status"));
}

static bool means(const char *words)
{
    return strstr(json_string_value(json_object_get(answer, "meaning")), words) != NULL;
}

START_TEST(a_good_key_is_200)
{
    struct ds_key_text key = stored((const char *const[]){NULL});
    ck_assert_int_eq(check(&key), 0);
    ck_assert_int_eq(status(), 200);
    ck_assert(means("the key works"));
}
END_TEST

START_TEST(a_revoked_key_is_401_and_the_remedy_is_a_new_one)
{
    struct ds_key_text key = stored((const char *const[]){NULL});
    ck_assert_int_eq(ds_child_revoke(&server, &key), 0);
    ck_assert_int_eq(check(&key), 1);
    ck_assert_int_eq(status(), 401);
    ck_assert(means("key rotate"));
}
END_TEST

START_TEST(a_key_without_the_scope_is_403)
{
    struct ds_key_text key = stored((const char *const[]){"--scope", "chat", NULL});
    ck_assert_int_eq(check(&key), 1);
    ck_assert_int_eq(status(), 403);
    ck_assert(means("does not allow"));
}
END_TEST

START_TEST(a_key_over_its_limit_is_429_with_the_time_to_wait)
{
    struct ds_key_text key = stored((const char *const[]){"--rate", "1/h", NULL});
    ck_assert_int_eq(check(&key), 0);
    ck_assert_int_eq(check(&key), 1);
    ck_assert_int_eq(status(), 429);
    ck_assert_int_gt(json_integer_value(json_object_get(answer, "retry_after")), 0);
}
END_TEST

START_TEST(a_server_that_cannot_be_verified_gets_no_key)
{
    struct ds_key_text key = stored((const char *const[]){NULL});
    setenv("CURL_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt", 1);
    ck_assert_int_eq(check(&key), 2);
    ck_assert(json_is_null(json_object_get(answer, "status")));
}
END_TEST

START_TEST(the_authorities_can_be_named)
{
    struct ds_key_text key = stored((const char *const[]){NULL});
    unsetenv("CURL_CA_BUNDLE");
    OUTCOME(&outcome, command, "key", "check", "prod", "--dir", store, "--connect", address,
            "--cacert", server.ca);
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
    ck_assert_ptr_null(strstr(outcome.out, key.text));
    ck_assert_ptr_nonnull(strstr(outcome.out, "200, the key works"));
}
END_TEST

START_TEST(a_variable_that_is_set_to_nothing_is_not_set)
{
    struct ds_key_text key = stored((const char *const[]){NULL});
    setenv("CURL_CA_BUNDLE", "", 1);
    setenv("SSL_CERT_FILE", server.ca, 1);
    ck_assert_msg(check(&key) == 0, "%s", outcome.err);
    setenv("SSL_CERT_FILE", "", 1);
    ck_assert_int_eq(check(&key), 2); /* by the system's authorities, which do not know it */
    ck_assert_msg(means("certificate"), "%s", outcome.out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key check");
    TCase *answers = tcase_create("answers");
    tcase_add_checked_fixture(answers, setup, teardown);
    tcase_set_timeout(answers, 120);
    tcase_add_test(answers, a_good_key_is_200);
    tcase_add_test(answers, a_revoked_key_is_401_and_the_remedy_is_a_new_one);
    tcase_add_test(answers, a_key_without_the_scope_is_403);
    tcase_add_test(answers, a_key_over_its_limit_is_429_with_the_time_to_wait);
    tcase_add_test(answers, a_server_that_cannot_be_verified_gets_no_key);
    tcase_add_test(answers, the_authorities_can_be_named);
    tcase_add_test(answers, a_variable_that_is_set_to_nothing_is_not_set);
    suite_add_tcase(suite, answers);

    return suite_run(suite);
}
