/* Who makes a request, and may they? Up to the reply, without a network. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../support/devserver.h"
#include "devserver/admit.h"
#include "support/suite.h"

static char *folder;
static struct ds_shared shared;
static struct ds_reply reply;
static struct ds_admission admission;
static struct ds_key_text key;
static struct ds_key made;
static struct ds_why why;

static void make_key(unsigned scopes, struct ds_rate rate)
{
    const struct ds_key_wish wish = {.name = "test", .scopes = scopes, .rate = rate};
    ck_assert_msg(ds_keys_create(shared.keys, &wish, &made, &key, &why), "%s", why.text);
}

static void setup(void)
{
    folder = ds_test_folder();
    shared.keys = ds_keys_open(folder, &why);
    shared.limits = ds_limits_new();
    shared.uses = ds_uses_new();
    ck_assert_ptr_nonnull(shared.keys);
    make_key(0, (struct ds_rate){0, 0});
}

static void teardown(void)
{
    ds_reply_clear(&reply);
    ds_keys_close(shared.keys);
    ds_limits_free(shared.limits);
    ds_uses_free(shared.uses);
    ds_test_folder_end(folder);
}

/* Asks with this many headers, the first being `value`; the status that was decided, 0 where it was
 * let in. */
static unsigned ask(const char *method, const char *path, const char *value, size_t headers)
{
    const struct ds_asking asking = {
        .method = method,
        .path = path,
        .credential = {headers, value, value == NULL ? 0 : strlen(value)},
    };
    ds_reply_clear(&reply);
    memset(&reply, 0, sizeof reply);
    ds_admit(&shared, &asking, &admission, &reply);
    return admission.route == NULL ? reply.status : 0;
}

static unsigned ask_with_key(const char *method, const char *path)
{
    char value[128];
    snprintf(value, sizeof value, "Bearer %s", key.text);
    return ask(method, path, value, 1);
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < reply.nheaders; i++)
        if (strcmp(reply.headers[i].name, name) == 0)
            return reply.headers[i].value;
    return NULL;
}

static const char *error_text(const char *field)
{
    return json_string_value(json_object_get(json_object_get(reply.json, "error"), field));
}

START_TEST(the_key_is_read_from_the_header)
{
    static const struct {
        const char *value;
        const char *key; /* NULL: not of the form */
    } rows[] = {
        {"Bearer abc", "abc"},
        {"bearer abc", "abc"},
        {"BEARER abc", "abc"},
        {"Bearer   abc", "abc"},
        {"Bearer abc \t", "abc"},
        {"Bearer", NULL},
        {"Bearer ", NULL},
        {"Bearer    ", NULL},
        {"Bearerabc", NULL},
        {"Basic abc", NULL},
        {"", NULL},
        {"abc", NULL},
        {"Bearer abc def", NULL},
        {"Bearer\tabc", NULL},
        {" Bearer abc", NULL},
        {"Token Bearer abc", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = 0;
        const char *found = ds_bearer(rows[i].value, strlen(rows[i].value), &length);
        ck_assert_msg((found != NULL) == (rows[i].key != NULL), "'%s'", rows[i].value);
        if (found != NULL) {
            ck_assert_uint_eq(length, strlen(rows[i].key));
            ck_assert_mem_eq(found, rows[i].key, length);
        }
    }
}
END_TEST

START_TEST(a_valid_key_is_let_in)
{
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 0);
    ck_assert_str_eq(admission.key.prefix, made.prefix);
}
END_TEST

START_TEST(no_header_is_401_with_a_challenge_and_no_error_attribute)
{
    ck_assert_uint_eq(ask("GET", "/v1/models", NULL, 0), 401);
    ck_assert_str_eq(header("WWW-Authenticate"), "Bearer realm=\"commissioned-devserver\"");
    ck_assert_str_eq(error_text("code"), "missing_api_key");
    ck_assert(!admission.key_known);
}
END_TEST

START_TEST(two_headers_are_401_even_where_the_first_is_valid)
{
    char value[128];
    snprintf(value, sizeof value, "Bearer %s", key.text);
    ck_assert_uint_eq(ask("GET", "/v1/models", value, 2), 401);
    ck_assert_str_eq(error_text("code"), "several_api_keys");
    ck_assert_uint_eq(admission.authorization_headers, 2);
}
END_TEST

START_TEST(another_scheme_is_401_and_invalid)
{
    char value[128];
    snprintf(value, sizeof value, "Basic %s", key.text);
    ck_assert_uint_eq(ask("GET", "/v1/models", value, 1), 401);
    ck_assert_ptr_nonnull(strstr(header("WWW-Authenticate"), "error=\"invalid_token\""));
}
END_TEST

START_TEST(an_unknown_key_is_401_and_not_repeated)
{
    struct ds_key_text other;
    char value[128];
    ck_assert(ds_key_generate(&other));
    snprintf(value, sizeof value, "Bearer %s", other.text);
    ck_assert_uint_eq(ask("GET", "/v1/models", value, 1), 401);
    ck_assert_str_eq(error_text("code"), "invalid_api_key");
    ck_assert_str_eq(error_text("type"), "invalid_request_error");
    ck_assert_ptr_null(strstr(error_text("message"), other.text));
    ck_assert(!admission.key_known);
}
END_TEST

START_TEST(a_revoked_key_is_401_and_said_to_be_revoked)
{
    ck_assert(ds_keys_revoke(shared.keys, made.prefix, &why));
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 401);
    ck_assert_ptr_nonnull(strstr(error_text("message"), "revoked"));
    ck_assert(admission.key_known);
}
END_TEST

START_TEST(a_scope_that_the_key_lacks_is_403)
{
    make_key(DS_SCOPE_CHAT, (struct ds_rate){0, 0});
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 403);
    ck_assert_str_eq(error_text("type"), "permission_error");
    ck_assert_uint_eq(ask_with_key("POST", "/v1/chat/completions"), 0);
}
END_TEST

START_TEST(an_ordinary_key_may_not_manage_keys)
{
    ck_assert_uint_eq(ask_with_key("GET", "/v1/api_keys"), 403);
    ck_assert_uint_eq(ask_with_key("POST", "/v1/api_keys"), 403);
    ck_assert_uint_eq(ask_with_key("DELETE", "/v1/api_keys/csk_dev_AAAAAAAA"), 403);
}
END_TEST

START_TEST(each_path_asks_for_its_own_scope)
{
    static const struct {
        const char *method, *path;
        unsigned scope;
    } rows[] = {
        {"GET", "/v1/models", DS_SCOPE_MODELS},
        {"HEAD", "/v1/models", DS_SCOPE_MODELS},
        {"GET", "/v1/models/commissioned-echo-1", DS_SCOPE_MODELS},
        {"POST", "/v1/chat/completions", DS_SCOPE_CHAT},
        {"POST", "/v1/embeddings", DS_SCOPE_EMBEDDINGS},
        {"GET", "/v1/api_keys", DS_SCOPE_KEYS},
        {"POST", "/v1/api_keys", DS_SCOPE_KEYS},
        {"DELETE", "/v1/api_keys/csk_dev_AAAAAAAA", DS_SCOPE_KEYS},
    };
    const unsigned all = DS_SCOPE_DEFAULT | DS_SCOPE_KEYS;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_key(rows[i].scope, (struct ds_rate){0, 0});
        ck_assert_msg(ask_with_key(rows[i].method, rows[i].path) == 0, "%s", rows[i].path);
        make_key(all & ~rows[i].scope, (struct ds_rate){0, 0});
        ck_assert_msg(ask_with_key(rows[i].method, rows[i].path) == 403, "%s", rows[i].path);
    }
}
END_TEST

START_TEST(who_has_no_key_does_not_learn_what_is_there)
{
    ck_assert_uint_eq(ask("GET", "/v1/nothing", NULL, 0), 401);
    ck_assert_uint_eq(ask("DELETE", "/v1/models", NULL, 0), 401);
    ck_assert_ptr_null(header("Allow"));
}
END_TEST

START_TEST(who_has_a_key_learns_that_a_path_is_unknown)
{
    static const char *const unknown[] = {"/v1/nothing", "/v1/models/", "/v1/models/a/b",
                                          "/v1//models", "/v1/Models"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        ck_assert_msg(ask_with_key("GET", unknown[i]) == 404, "%s", unknown[i]);
    ck_assert_str_eq(error_text("code"), "unknown_url");
}
END_TEST

START_TEST(another_method_is_405_and_names_those_that_are_allowed)
{
    ck_assert_uint_eq(ask_with_key("DELETE", "/v1/models"), 405);
    ck_assert_str_eq(header("Allow"), "GET, HEAD");
    ck_assert_uint_eq(ask_with_key("PUT", "/v1/api_keys"), 405);
    ck_assert_str_eq(header("Allow"), "GET, HEAD, POST");
}
END_TEST

START_TEST(outside_v1_no_key_is_asked_for)
{
    ck_assert_uint_eq(ask("GET", "/", NULL, 0), 404);
    ck_assert_uint_eq(ask("GET", "/v1", NULL, 0), 404);
    ck_assert_uint_eq(ask("GET", "/redirect", NULL, 0), 0);
}
END_TEST

START_TEST(a_key_over_its_rate_is_429_and_told_when_to_come_back)
{
    make_key(0, (struct ds_rate){2, 86400});
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 0);
    ck_assert_str_eq(header("x-ratelimit-limit-requests"), "2");
    ck_assert_str_eq(header("x-ratelimit-remaining-requests"), "1");
    ck_assert_ptr_null(header("Retry-After"));
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 0);
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 429);
    ck_assert_str_eq(header("x-ratelimit-remaining-requests"), "0");
    ck_assert_int_gt(atoi(header("Retry-After")), 0);
    ck_assert_int_le(atoi(header("Retry-After")), 43200);
    ck_assert_ptr_nonnull(header("x-ratelimit-reset-requests"));
    ck_assert_str_eq(error_text("type"), "rate_limit_error");
}
END_TEST

START_TEST(a_key_without_a_rate_gets_no_rate_headers)
{
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 0);
    ck_assert_ptr_null(header("x-ratelimit-limit-requests"));
}
END_TEST

START_TEST(a_use_is_written_down_by_the_flush)
{
    struct ds_key found;
    ck_assert_uint_eq(ask_with_key("GET", "/v1/models"), 0);
    ck_assert(ds_uses_flush(shared.uses, shared.keys, &why));
    ck_assert_int_eq(ds_keys_find(shared.keys, key.text, DS_KEY_LENGTH, &found, &why),
                     DS_FIND_VALID);
    ck_assert_int_gt(found.last_used, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver authentication");
    TCase *all = tcase_create("authentication");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, the_key_is_read_from_the_header);
    tcase_add_test(all, a_valid_key_is_let_in);
    tcase_add_test(all, no_header_is_401_with_a_challenge_and_no_error_attribute);
    tcase_add_test(all, two_headers_are_401_even_where_the_first_is_valid);
    tcase_add_test(all, another_scheme_is_401_and_invalid);
    tcase_add_test(all, an_unknown_key_is_401_and_not_repeated);
    tcase_add_test(all, a_revoked_key_is_401_and_said_to_be_revoked);
    tcase_add_test(all, a_scope_that_the_key_lacks_is_403);
    tcase_add_test(all, an_ordinary_key_may_not_manage_keys);
    tcase_add_test(all, each_path_asks_for_its_own_scope);
    tcase_add_test(all, who_has_no_key_does_not_learn_what_is_there);
    tcase_add_test(all, who_has_a_key_learns_that_a_path_is_unknown);
    tcase_add_test(all, another_method_is_405_and_names_those_that_are_allowed);
    tcase_add_test(all, outside_v1_no_key_is_asked_for);
    tcase_add_test(all, a_key_over_its_rate_is_429_and_told_when_to_come_back);
    tcase_add_test(all, a_key_without_a_rate_gets_no_rate_headers);
    tcase_add_test(all, a_use_is_written_down_by_the_flush);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
