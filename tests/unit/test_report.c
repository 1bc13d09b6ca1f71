/* What is said of a hop: to whom, in one line, and never more than may be shown. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "preload/policy/policy_loader.h"
#include "preload/record/record.h"
#include "preload/request/report.h"
#include "support/fake_curl.h"
#include "support/suite.h"

static char handle;
static char said[4096]; /* what came to standard error */
static struct policy_ref *policy;
static struct record *record;
static struct policy_rule rule = {.name = "r", .file = "/etc/p.conf", .line = 7};
static struct policy_key key = {.name = "k", .prefix = "csk_dev_", .header = "never shown"};
static struct target target;
static const char *url; /* CURLINFO_EFFECTIVE_URL */

static CURLcode getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list arguments;
    (void)easy;
    va_start(arguments, info);
    if (info == CURLINFO_EFFECTIVE_METHOD)
        *va_arg(arguments, const char **) = "GET";
    if (info == CURLINFO_EFFECTIVE_URL)
        *va_arg(arguments, const char **) = url;
    va_end(arguments);
    return CURLE_OK;
}

static struct provider provider;

static void set_up(void)
{
    fake_reset();
    provider = fake_provider;
    provider.real.easy_getinfo = getinfo;
    record = record_make(&handle, &provider);
    policy = calloc(1, sizeof *policy);
    ck_assert_ptr_nonnull(policy);
    policy->debug = true;
    record->policy = policy;
    ck_assert(target_set(&target, "https", "a.test", "8443", "/v1/x", false));
}

static void tear_down(void)
{
    record->policy = NULL;
    record_remove(record);
    record_free(record);
    free(policy);
}

/* Calls it with standard error in a pipe that nobody else reads. */
static void listen_to(void (*report)(const struct decision *), const struct decision *decision)
{
    int ends[2], error = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    report(decision);
    dup2(error, STDERR_FILENO);
    close(error);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    ck_assert_int_ge(length, 0);
    said[length] = '\0';
    close(ends[0]);
}

static void report_target(const struct decision *decision)
{
    struct hop hop = {.target = &target, .method = "GET"};
    report_hop(record, decision, &hop);
}

static void report(struct decision decision)
{
    listen_to(report_target, &decision);
}

START_TEST(a_rule_is_asked_which_decisions_it_wants_to_see)
{
    static const struct {
        enum policy_report report;
        enum verdict verdict;
        bool asked;
    } rows[] = {
        {POLICY_REPORT_NONE, VERDICT_KEY, false},   {POLICY_REPORT_NONE, VERDICT_FAIL, false},
        {POLICY_REPORT_DENIED, VERDICT_KEY, false}, {POLICY_REPORT_DENIED, VERDICT_PASS, true},
        {POLICY_REPORT_DENIED, VERDICT_FAIL, true}, {POLICY_REPORT_ALL, VERDICT_KEY, true},
        {POLICY_REPORT_ALL, VERDICT_PASS, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_rule asked = {.report = rows[i].report};
        struct decision decision = {.verdict = rows[i].verdict, .rule = &asked};
        ck_assert_int_eq(report_is_asked(&decision), rows[i].asked);
    }
    ck_assert(!report_is_asked(&(struct decision){.verdict = VERDICT_FAIL}));
}
END_TEST

START_TEST(a_key_is_told_by_its_name_and_first_characters)
{
    report((struct decision){VERDICT_KEY, REASON_KEY, .rule = &rule, .key = &key});
    ck_assert_str_eq(said, "commissioned-auth: GET https://a.test:8443/v1/x: key: k (csk_dev_...): "
                           "the rule gives its key [key]; rule r (/etc/p.conf:7)\n");
}
END_TEST

START_TEST(a_request_that_no_rule_names_is_told_with_its_reason)
{
    report((struct decision){VERDICT_PASS, REASON_HOST, .rule = NULL});
    ck_assert_ptr_nonnull(strstr(said, ": no key: "));
    ck_assert_ptr_nonnull(strstr(said, " [host]\n"));
    ck_assert_ptr_null(strstr(said, "rule r"));
}
END_TEST

START_TEST(without_debug_nothing_is_said)
{
    policy->debug = false;
    report((struct decision){VERDICT_PASS, REASON_HOST, .rule = NULL});
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(what_cannot_be_printed_and_the_query_are_not_shown)
{
    ck_assert(target_set(&target, "https", "a.test", NULL, "/v1/x\x1b[2J", false));
    report((struct decision){VERDICT_PASS, REASON_PATH, .rule = NULL});
    ck_assert_ptr_nonnull(strstr(said, "https://a.test/v1/x?[2J: "));
}
END_TEST

START_TEST(a_line_that_is_too_long_ends_all_the_same)
{
    static char path[2000] = "/v1/";
    static char name[1500], sentence[250];
    memset(path + 4, 'a', sizeof path - 5);
    memset(name, 'n', sizeof name - 1);
    memset(sentence, 's', sizeof sentence - 1);
    struct policy_rule named = {.name = name, .file = "/f", .line = 1};
    struct policy_key lost = {.name = "k", .error = sentence};
    ck_assert(target_set(&target, "https", "a.test", NULL, path, false));
    policy->failure_told = true; /* so that nothing goes to the journal */
    report((struct decision){VERDICT_FAIL, REASON_KEY_MISSING, .rule = &named, .key = &lost});
    ck_assert_uint_lt(strlen(said), 1024);
    ck_assert_int_eq(said[strlen(said) - 1], '\n');
}
END_TEST

static void report_no_policy(const struct decision *decision)
{
    (void)decision;
    report_unknown(record);
}

START_TEST(where_no_policy_could_be_looked_for_no_host_is_named_that_was_not_seen)
{
    static const struct {
        const char *url, *host; /* NULL: nothing is said */
    } rows[] = {
        {"https://app.commissioned.tech/v1", "app.commissioned.tech"},
        {"HTTPS://App.Commissioned.Tech?x", "app.commissioned.tech"},
        {"https://a.test/v1", NULL},
        {"https://a.test/app.commissioned.tech/v1", "?"},
        {"https://app.commissioned.tech.a.test/", "?"},
        {"https://app.commissioned.tech@a.test/", "?"},
        {"a.test/?to=https://app.commissioned.tech/", "?"},
    };
    char begin[80];
    policy_volume = POLICY_LOUD;
    policy_is_unknown = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        url = rows[i].url;
        listen_to(report_no_policy, NULL);
        snprintf(begin, sizeof begin, "commissioned-auth: GET %s: no key: ", rows[i].host);
        ck_assert_msg(rows[i].host == NULL ? *said == '\0'
                                           : strncmp(said, begin, strlen(begin)) == 0,
                      "%s: %s", url, said);
    }
}
END_TEST

/* It wins over a URL that the handle may still show, or shows nothing at all. */
START_TEST(a_curlu_without_a_policy_to_look_for_is_told_of)
{
    policy_volume = POLICY_LOUD;
    policy_is_unknown = true;
    url = "https://a.test/";
    record_rare(record)->url = (CURLU *)&handle;
    ck_assert(record_has_curlu(record));
    listen_to(report_no_policy, NULL);
    ck_assert_msg(strncmp(said, "commissioned-auth: GET ?: no key: ", 34) == 0, "%s", said);
    ck_assert_ptr_nonnull(strstr(said, "[no-memory]"));
    record->rare->url = NULL;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_rule_is_asked_which_decisions_it_wants_to_see);
    tcase_add_test(tests, a_key_is_told_by_its_name_and_first_characters);
    tcase_add_test(tests, a_request_that_no_rule_names_is_told_with_its_reason);
    tcase_add_test(tests, without_debug_nothing_is_said);
    tcase_add_test(tests, what_cannot_be_printed_and_the_query_are_not_shown);
    tcase_add_test(tests, a_line_that_is_too_long_ends_all_the_same);
    tcase_add_test(tests, where_no_policy_could_be_looked_for_no_host_is_named_that_was_not_seen);
    tcase_add_test(tests, a_curlu_without_a_policy_to_look_for_is_told_of);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
