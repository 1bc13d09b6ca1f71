/*
 * What is written of a decision: lines in the journal as the rule's `report` says, and one line on
 * stderr where COMMISSIONED_AUTH_DEBUG asks for it.
 *
 * The journal is the test's own (journal_trap.h), so these tests need root.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "support/journal_trap.h"
#include "support/old_libcurl.h"
#include "support/preloaded.h"
#include "support/served.h"
#include "support/suite.h"

#define APP  "https://app.commissioned.tech"
#define MINE "Authorization: Bearer mine"
enum { PREFIX_LENGTH = TEST_KEY_LENGTH / 4, LINES_PER_MINUTE = 60 };

static const char (*lines)[TRAP_SIZE];
static size_t nlines;
static bool trapped;

static void set_up(void)
{
    trapped = geteuid() == 0 && journal_trap_start();
    preloaded_start();
}

/* True, and said, where the journal is not ours. */
static bool skips(const char *name)
{
    if (!trapped)
        printf("SKIP %s: the journal's socket can only be replaced by root, in a mount namespace\n",
               name);
    return !trapped;
}

static void policy_with(const char *rule_settings)
{
    char policy[1024];
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"k\"; api_key = \"@A\"; } );\n"
             "rules = (\n  { name = \"r\"; key = \"k\"; %s } );\n",
             rule_settings);
    preloaded_policy(policy);
}

static const char *field(size_t line, const char *name)
{
    const char *value = line < nlines ? journal_trap_field(lines[line], name) : NULL;
    return value != NULL ? value : "(none)";
}

/* The message of the first line; "%s" stands for the program's path. */
static void message_is(const char *format)
{
    char client[PATH_MAX], expected[3 * PATH_MAX];
    const char *gap = strstr(format, "%s");
    preloaded_client(client);
    snprintf(expected, sizeof expected, "%.*s%s%s", (int)(gap - format), format, client, gap + 2);
    ck_assert_str_eq(field(0, "MESSAGE"), expected);
}

/* No line has a key, a header, a body or a query, however the request was made. */
static void take_lines(void)
{
    static const char *const secrets[] = {"Bearer", "Authorization:", "secret-", "X-Mine"};
    nlines = journal_trap_lines(&lines);
    for (size_t i = 0; i < nlines; i++) {
        for (int k = 0; k < PRELOADED_KEYS; k++)
            ck_assert_msg(strstr(lines[i], preloaded_keys[k]) == NULL, "a key: %s", lines[i]);
        for (size_t s = 0; s < sizeof secrets / sizeof secrets[0]; s++)
            ck_assert_msg(strstr(lines[i], secrets[s]) == NULL, "%s: %s", secrets[s], lines[i]);
    }
}

/* ---- report ---------------------------------------------------------------------------------- */

START_TEST(a_keyed_request_is_told_with_all_fields_and_its_status)
{
    char client[PATH_MAX], expected[3 * TRAP_SIZE];
    if (skips("a_keyed_request_is_told_with_all_fields_and_its_status"))
        return;
    policy_with("report = \"all\";");
    RUN("header", "X-Mine: secret-header", "post", "secret-body", "get",
        APP "/status/201?secret-query=1#secret-fragment");
    take_lines();
    preloaded_client(client);
    snprintf(expected, sizeof expected,
             "MESSAGE=key [key]: app.commissioned.tech, rule r, program %s: the rule gives its "
             "key\nMESSAGE_ID=b0bd0b32dd154e18b5259cd8ad923c19\nPRIORITY=6\nSYSLOG_FACILITY=10\n"
             "SYSLOG_IDENTIFIER=commissioned-auth\nCOMMISSIONED_VERDICT=key\n"
             "COMMISSIONED_REASON=key\nCOMMISSIONED_RULE=r\nCOMMISSIONED_KEY=k\n"
             "COMMISSIONED_KEY_PREFIX=%.*s\nCOMMISSIONED_PROGRAM=%s\nCOMMISSIONED_PID=%d\n"
             "COMMISSIONED_UID=0\nCOMMISSIONED_HOST=app.commissioned.tech\n"
             "COMMISSIONED_METHOD=POST\nCOMMISSIONED_PATH=/status/201\n"
             "COMMISSIONED_STATUS=201\n",
             client, PREFIX_LENGTH, preloaded_keys[0], client, (int)preloaded_outcome.pid);
    ck_assert_uint_eq(nlines, 1);
    ck_assert_str_eq(lines[0], expected);
}
END_TEST

START_TEST(a_redirect_has_a_line_for_each_hop_with_its_own_status)
{
    if (skips("a_redirect_has_a_line_for_each_hop_with_its_own_status") ||
        skips_old_libcurl("a_redirect_has_a_line_for_each_hop_with_its_own_status"))
        return;
    policy_with("report = \"all\";");
    RUN("follow", "get", APP "/to/" APP "/status/404");
    take_lines();
    ck_assert_uint_eq(nlines, 2);
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "302");
    ck_assert_str_eq(field(0, "COMMISSIONED_PATH"), "/to/" APP "/status/404");
    ck_assert_str_eq(field(1, "COMMISSIONED_STATUS"), "404");
    ck_assert_str_eq(field(1, "COMMISSIONED_PATH"), "/status/404");
}
END_TEST

START_TEST(a_redirect_to_a_stranger_says_nothing_of_the_stranger)
{
    if (skips("a_redirect_to_a_stranger_says_nothing_of_the_stranger") ||
        skips_old_libcurl("a_redirect_to_a_stranger_says_nothing_of_the_stranger"))
        return;
    policy_with("report = \"all\";");
    RUN("follow", "get", APP "/to/https://localhost/status/401");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "302");
}
END_TEST

START_TEST(a_request_without_an_answer_is_told_without_a_status)
{
    if (skips("a_request_without_an_answer_is_told_without_a_status"))
        return;
    policy_with("report = \"all\";");
    RUN("get", APP "/drop");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "(none)");
    ck_assert_str_eq(field(0, "COMMISSIONED_PATH"), "/drop");
}
END_TEST

START_TEST(the_status_of_a_redirect_is_not_that_of_what_follows)
{
    if (skips("the_status_of_a_redirect_is_not_that_of_what_follows") ||
        skips_old_libcurl("the_status_of_a_redirect_is_not_that_of_what_follows"))
        return;
    policy_with("report = \"all\";");
    RUN("follow", "get", "https://localhost/to/" APP "/drop");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "(none)");
    ck_assert_str_eq(field(0, "COMMISSIONED_PATH"), "/drop");
}
END_TEST

START_TEST(a_transfer_in_a_multi_handle_is_told_once)
{
    if (skips("a_transfer_in_a_multi_handle_is_told_once"))
        return;
    policy_with("report = \"all\";");
    RUN("begin", APP "/status/204", "end");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "204");
}
END_TEST

static const struct {
    const char *setting;
    const char *reasons; /* of the lines: key, own-header or both, in the order of the requests */
} reports[] = {
    {"report = \"none\";", ""},
    {"report = \"denied\";", "own-header "},
    {"", "own-header "}, /* the default */
    {"report = \"all\";", "key own-header "},
};

START_TEST(the_rule_says_which_decisions_are_told)
{
    char seen[256] = "";
    if (skips("the_rule_says_which_decisions_are_told"))
        return;
    policy_with(reports[_i].setting);
    RUN("get", "https://localhost/1", "get", APP "/1", "header", MINE, "get", APP "/2");
    take_lines();
    for (size_t i = 0; i < nlines; i++) {
        strcat(seen, field(i, "COMMISSIONED_REASON"));
        strcat(seen, " ");
    }
    ck_assert_str_eq(seen, reports[_i].reasons);
}
END_TEST

START_TEST(a_denied_request_says_why_and_is_a_warning)
{
    if (skips("a_denied_request_says_why_and_is_a_warning"))
        return;
    policy_with("report = \"denied\";");
    RUN("header", MINE, "get", APP "/v1/x?secret-query=1");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    message_is("pass [own-header]: app.commissioned.tech, rule r, program %s: the program set an "
               "Authorization header of its own");
    ck_assert_str_eq(field(0, "MESSAGE_ID"), "443ece520ca24d34ae15e50502623bd2");
    ck_assert_str_eq(field(0, "PRIORITY"), "4");
    ck_assert_str_eq(field(0, "COMMISSIONED_PATH"), "/v1/x");
    ck_assert_str_eq(field(0, "COMMISSIONED_STATUS"), "(none)");
}
END_TEST

START_TEST(a_missing_key_is_told_once_even_without_a_report)
{
    if (skips("a_missing_key_is_told_once_even_without_a_report"))
        return;
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; report = \"none\"; } );\n");
    RUN("get", APP "/1", "get", APP "/2", "get", APP "/3");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    char *expected = preloaded_expand(
        "fail [key-missing]: app.commissioned.tech, rule r, program %s: @D/key: no such file: "
        "commissioned-auth key add --dir @D key");
    message_is(expected);
    ck_assert_str_eq(field(0, "MESSAGE_ID"), "8ca8e3db027f4a17af64869f5213e308");
    ck_assert_str_eq(field(0, "COMMISSIONED_REASON"), "key-missing");
    free(expected);
}
END_TEST

START_TEST(a_stale_key_is_told_once)
{
    if (skips("a_stale_key_is_told_once"))
        return;
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; stale = \"1h\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; } );\n");
    preloaded_store("key", "@A\n");
    RUN("get", APP "/1", "run", "rm @D/key", "sleep", "20", "get", APP "/2", "sleep", "1100", "get",
        APP "/3", "sleep", "1100", "get", APP "/4");
    take_lines();
    ck_assert_uint_eq(nlines, 1);
    char *expected =
        preloaded_expand("@D/key: no such file: commissioned-auth key add --dir @D key");
    ck_assert_str_eq(field(0, "MESSAGE"), expected);
    ck_assert_str_eq(field(0, "MESSAGE_ID"), "01e57332e6624e988a0c0c15caa10b20");
    ck_assert_str_eq(field(0, "COMMISSIONED_STATE"), "the last good key stays in use");
    free(expected);
}
END_TEST

/* ---- what an answer means -------------------------------------------------------------------- */

static const struct {
    const char *path;
    const char *id;
    const char *words;
} answers[] = {
    {"/status/401", "b8e17d1535d64e7f9a405d8be43d0708",
     "401: the key k (%s...) from %s is revoked or unknown"},
    {"/status/403", "979fdf365a144592a429701dea6acb4f", "403: the key k (%s...) may not do this"},
    {"/status/429/17", "b9c2426278354e3da757859235a943f4",
     "429: the key k (%s...) is over its rate limit: retry after 17 s"},
    {"/status/429", "b9c2426278354e3da757859235a943f4",
     "429: the key k (%s...) is over its rate limit"},
};

START_TEST(a_refusal_is_explained_once)
{
    char url[128], prefix[PREFIX_LENGTH + 1], expected[2 * PATH_MAX];
    if (skips("a_refusal_is_explained_once"))
        return;
    policy_with("report = \"none\";");
    snprintf(url, sizeof url, APP "%s", answers[_i].path);
    RUN("get", APP "/1", "get", url, "get", url, "run", "touch @D/auth.conf", "sleep", "20", "get",
        url);
    take_lines();
    char *file = preloaded_expand("@D/auth.conf");
    snprintf(prefix, sizeof prefix, "%.*s", PREFIX_LENGTH, preloaded_keys[0]);
    snprintf(expected, sizeof expected, answers[_i].words, prefix, file);
    ck_assert_uint_eq(nlines, 1);
    ck_assert_msg(strncmp(field(0, "MESSAGE"), expected, strlen(expected)) == 0, "%s\n%s",
                  field(0, "MESSAGE"), expected);
    ck_assert_str_eq(field(0, "PRIORITY"), "4");
    ck_assert_str_eq(field(0, "MESSAGE_ID"), answers[_i].id);
    free(file);
}
END_TEST

START_TEST(a_refusal_of_a_new_key_is_explained_anew)
{
    if (skips("a_refusal_of_a_new_key_is_explained_anew"))
        return;
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; report = \"none\"; } );\n");
    preloaded_store("key", "@A\n");
    RUN("get", APP "/status/401", "run",
        "printf @B >@D/new && chmod 600 @D/new && mv @D/new @D/key", "sleep", "20", "get",
        APP "/status/401", "get", APP "/status/401");
    take_lines();
    ck_assert_uint_eq(nlines, 2);
}
END_TEST

START_TEST(a_loop_cannot_fill_the_journal)
{
    struct timespec begin, end;
    if (skips("a_loop_cannot_fill_the_journal"))
        return;
    policy_with("report = \"denied\";");
    clock_gettime(CLOCK_MONOTONIC_COARSE, &begin);
    RUN("header", MINE, "repeat", "10000", APP "/1");
    clock_gettime(CLOCK_MONOTONIC_COARSE, &end);
    take_lines();
    size_t minutes = (size_t)(end.tv_sec / 60 - begin.tv_sec / 60) + 1;
    /* One more line in each minute but the first says how many were left out. */
    ck_assert_uint_le(nlines, minutes * (LINES_PER_MINUTE + 1) - 1);
    ck_assert_uint_ge(nlines, 5);
}
END_TEST

/* ---- debug output ---------------------------------------------------------------------------- */

START_TEST(without_debug_nothing_is_printed)
{
    static const char *const values[] = {NULL, "0", "", "yes"};
    if (values[_i] != NULL)
        setenv("COMMISSIONED_AUTH_DEBUG", values[_i], 1);
    policy_with("report = \"all\";");
    RUN("get", APP "/1", "get", APP "/status/401", "get", "https://localhost/1");
    ck_assert_str_eq(preloaded_outcome.err, "");
}
END_TEST

static void debug_run(const char *policy, const char *const words[])
{
    preloaded_policy(policy);
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    preloaded_run(words);
    unsetenv("COMMISSIONED_AUTH_DEBUG");
}

/* The value of a line of `explain`: what stands behind its first word. */
static const char *explained(const struct outcome *outcome, const char *word)
{
    static char values[2][1024];
    static unsigned turn;
    char *value = values[turn++ % 2];
    const char *line = strstr(outcome->out, word);
    ck_assert_msg(line != NULL, "%s", outcome->out);
    line += strlen(word);
    line += strspn(line, " ");
    snprintf(value, sizeof values[0], "%.*s", (int)strcspn(line, "\n"), line);
    return value;
}

#define RULES                                                                                      \
    "keys = ( { name = \"k\"; file = \"@D/key\"; } );\n"                                           \
    "rules = (\n  { name = \"r\"; key = \"k\"; methods = [\"GET\"];\n"                             \
    "    url = \"" APP "/v1\"; %s } );\n"

static const struct {
    bool stored; /* the key is there */
    const char *setting;
    const char *method;
    const char *url;
} questions[] = {
    {true, "", "GET", APP "/v1/models"},
    {true, "", "POST", APP "/v1/models"},
    {true, "", "GET", APP "/v2"},
    {true, "", "GET", "https://localhost/v1"},
    {false, "", "GET", APP "/v1/models"},
    {false, "missing = \"pass\";", "GET", APP "/v1/models"},
    {true, "programs = [\"/usr/bin/other\"];", "GET", APP "/v1/models"},
};

/* The same decision, by the command and by the library: one line with the same words. */
START_TEST(a_debug_line_has_the_words_of_explain)
{
    static struct outcome outcome;
    char policy[1024], command[PATH_MAX], client[PATH_MAX], expected[8192];
    snprintf(policy, sizeof policy, RULES, questions[_i].setting);
    if (questions[_i].stored)
        preloaded_store("key", "@A\n");
    debug_run(policy, (const char *const[]){"method", questions[_i].method, "get",
                                            questions[_i].url, NULL});
    built(command, "commissioned-auth");
    preloaded_client(client);
    OUTCOME(&outcome, command, "explain", "--program", client, "--method", questions[_i].method,
            questions[_i].url);
    char verdict[1024];
    snprintf(verdict, sizeof verdict, "%.*s", (int)strcspn(outcome.out, "\n"), outcome.out);
    int length =
        snprintf(expected, sizeof expected, "commissioned-auth: %s: %s: %s",
                 explained(&outcome, "\nrequest "), verdict, explained(&outcome, "\nwhy "));
    if (strstr(outcome.out, "\nrule ") != NULL)
        length += snprintf(expected + length, sizeof expected - (size_t)length, "; rule %s",
                           explained(&outcome, "\nrule "));
    strcat(expected, "\n");
    ck_assert_str_eq(preloaded_outcome.err, expected);
}
END_TEST

START_TEST(each_hop_has_a_debug_line)
{
    if (skips_old_libcurl("each_hop_has_a_debug_line"))
        return;
    debug_run("keys = ( { name = \"k\"; api_key = \"@A\"; } ); rules = ( { name = \"r\"; key = "
              "\"k\"; } );",
              (const char *const[]){"follow", "get", APP "/to/https://localhost/1?secret=1", NULL});
    const char *second = strchr(preloaded_outcome.err, '\n');
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.err, ": key: k ("));
    ck_assert_ptr_nonnull(strstr(second, "https://localhost/1: no key"));
    ck_assert_ptr_null(strstr(preloaded_outcome.err, "secret"));
}
END_TEST

START_TEST(a_refusal_is_explained_in_the_debug_output_too)
{
    debug_run("keys = ( { name = \"k\"; api_key = \"@A\"; } ); rules = ( { name = \"r\"; key = "
              "\"k\"; } );",
              (const char *const[]){"get", APP "/status/429/9", NULL});
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.err, "\ncommissioned-auth: 429: the key k ("));
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.err, "retry after 9 s\n"));
}
END_TEST

/* A pipe as stderr: without a reader, or full. */
static int pipe_ends[2];

static void make_pipe(bool full)
{
    static const char block[4096];
    ck_assert_int_eq(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (full && write(pipe_ends[1], block, sizeof block) > 0)
        ;
    fcntl(pipe_ends[1], F_SETFL, 0);
    if (!full)
        close(pipe_ends[0]);
}

static void with_pipe(void *unused)
{
    (void)unused;
    dup2(pipe_ends[1], STDERR_FILENO);
}

START_TEST(debug_output_neither_ends_nor_stops_the_program)
{
    char client[PATH_MAX];
    preloaded_client(client);
    policy_with("");
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    make_pipe(_i == 1);
    served_preload(NULL, NULL);
    outcome_of(&preloaded_outcome, NULL, with_pipe, NULL,
               (const char *const[]){client, "get", APP "/1", NULL});
    unsetenv("LD_PRELOAD");
    ck_assert_int_eq(preloaded_outcome.status, 0);
    ck_assert_str_eq(preloaded_outcome.out, "0 200\n");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("account");
    tcase_add_checked_fixture(tests, set_up, preloaded_stop);
    tcase_set_timeout(tests, 180);
    tcase_add_test(tests, a_keyed_request_is_told_with_all_fields_and_its_status);
    tcase_add_test(tests, a_redirect_has_a_line_for_each_hop_with_its_own_status);
    tcase_add_test(tests, a_redirect_to_a_stranger_says_nothing_of_the_stranger);
    tcase_add_test(tests, a_request_without_an_answer_is_told_without_a_status);
    tcase_add_test(tests, the_status_of_a_redirect_is_not_that_of_what_follows);
    tcase_add_test(tests, a_transfer_in_a_multi_handle_is_told_once);
    tcase_add_loop_test(tests, the_rule_says_which_decisions_are_told, 0,
                        (int)(sizeof reports / sizeof reports[0]));
    tcase_add_test(tests, a_denied_request_says_why_and_is_a_warning);
    tcase_add_test(tests, a_missing_key_is_told_once_even_without_a_report);
    tcase_add_test(tests, a_stale_key_is_told_once);
    tcase_add_loop_test(tests, a_refusal_is_explained_once, 0,
                        (int)(sizeof answers / sizeof answers[0]));
    tcase_add_test(tests, a_refusal_of_a_new_key_is_explained_anew);
    tcase_add_test(tests, a_loop_cannot_fill_the_journal);
    tcase_add_loop_test(tests, without_debug_nothing_is_printed, 0, 4);
    tcase_add_loop_test(tests, a_debug_line_has_the_words_of_explain, 0,
                        (int)(sizeof questions / sizeof questions[0]));
    tcase_add_test(tests, each_hop_has_a_debug_line);
    tcase_add_test(tests, a_refusal_is_explained_in_the_debug_output_too);
    tcase_add_loop_test(tests, debug_output_neither_ends_nor_stops_the_program, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
