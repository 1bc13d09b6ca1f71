/*
 * What is written of a bridge's decisions, and what it learns from the origin's answers.
 *
 * The journal is the test's own (journal_trap.h), so these tests need root.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "core/journal.h"
#include "support/bridged.h"
#include "support/journal_trap.h"
#include "support/suite.h"

#define APP "https://app.commissioned.tech"

enum { TRIES = 1000, PREFIX_LENGTH = TEST_KEY_LENGTH / 4 };

static struct bridged bridged;
static const char (*lines)[TRAP_SIZE];
static size_t nlines;
static bool trapped;

static void setup(void)
{
    trapped = geteuid() == 0 && journal_trap_start();
    bridged_start();
}

static bool skips(const char *test)
{
    if (trapped)
        return bridged_skips(test);
    printf("SKIP %.*s: the journal's socket can only be replaced by root\n", (int)strlen(test) - 3,
           test);
    fflush(stdout);
    return true;
}

static void policy_with(const char *settings)
{
    char policy[1024];
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"k\"; file = \"@A\"; next = \"@B\"; } );\n"
             "rules = ( { name = \"r\"; key = \"k\"; url = \"" APP "/v1\"; %s } );",
             settings);
    bridged_policy(policy);
}

/* Waits for that many; none has a key, a token or a query. */
static void take_lines(size_t count)
{
    for (int i = 0; i < TRIES && (nlines = journal_trap_lines(&lines)) < count; i++)
        usleep(10000);
    ck_assert_uint_eq(nlines, count);
    for (size_t i = 0; i < nlines; i++) {
        ck_assert_ptr_null(strstr(lines[i], bridged_keys[0]));
        ck_assert_ptr_null(strstr(lines[i], bridged_keys[1]));
        ck_assert_ptr_null(strstr(lines[i], "cab_"));
        ck_assert_ptr_null(strstr(lines[i], "secret"));
    }
}

static void line_has(size_t line, const char *name, const char *value)
{
    const char *found = journal_trap_field(lines[line], name);
    ck_assert_msg(found != NULL && strcmp(found, value) == 0, "%s: no %s in: %s", name, value,
                  lines[line]);
}

START_TEST(a_bridged_request_is_told_with_the_fields_of_the_library)
{
    if (skips(__func__))
        return;
    char expected[3 * TRAP_SIZE], program[PATH_MAX];
    policy_with("report = \"all\";");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/to/x?secret=1"), 302);
    take_lines(1);
    ck_assert_ptr_nonnull(realpath("/bin/sh", program));
    snprintf(expected, sizeof expected,
             "MESSAGE=key [key]: app.commissioned.tech, rule r, program %s: the rule gives its "
             "key\nMESSAGE_ID=%s\nPRIORITY=6\nSYSLOG_FACILITY=10\n"
             "SYSLOG_IDENTIFIER=commissioned-auth\nCOMMISSIONED_VERDICT=key\n"
             "COMMISSIONED_REASON=key\nCOMMISSIONED_RULE=r\nCOMMISSIONED_KEY=k\n"
             "COMMISSIONED_KEY_PREFIX=%.*s\nCOMMISSIONED_PROGRAM=%s\nCOMMISSIONED_PID=%d\n"
             "COMMISSIONED_UID=0\nCOMMISSIONED_HOST=app.commissioned.tech\n"
             "COMMISSIONED_METHOD=GET\nCOMMISSIONED_PATH=/v1/to/x\n"
             "COMMISSIONED_STATUS=302\n",
             program, journal_id(JOURNAL_KEY_GIVEN), PREFIX_LENGTH, bridged_keys[0], program,
             (int)bridged.program);
    ck_assert_str_eq(lines[0], expected);
    bridged_end(&bridged);
}
END_TEST

static const struct {
    const char *settings, *arguments, *reason;
} denied[] = {
    {"", "$B/v1/x", "own-header"},
    {"", "-H \"Authorization: Bearer $OPENAI_API_KEY\" -H 'Host: x' $B/v1/x", "host-header"},
    {"", "-H \"Authorization: Bearer $OPENAI_API_KEY\" $B/v1/../x", "path-ambiguous"},
    {"", "-H \"Authorization: Bearer $OPENAI_API_KEY\" -X TRACE $B/v1/x", "trace"},
    {"", "-H \"Authorization: Bearer $OPENAI_API_KEY\" $B/v2/x", "path"},
    {"methods = [\"GET\"];", "-H \"Authorization: Bearer $OPENAI_API_KEY\" -X POST $B/v1/x",
     "method"},
};

START_TEST(what_is_refused_is_told_by_default_and_what_gets_a_key_is_not)
{
    if (skips(__func__))
        return;
    policy_with(denied[_i].settings);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_curl(denied[_i].arguments);
    take_lines(1);
    line_has(0, "COMMISSIONED_VERDICT", "fail");
    line_has(0, "COMMISSIONED_REASON", denied[_i].reason);
    bridged_end(&bridged);
}
END_TEST

START_TEST(what_goes_without_a_key_is_told_as_that)
{
    if (skips(__func__))
        return;
    bridged_policy("keys = ( { name = \"k\"; file = \"/nowhere/key\"; } );\n"
                   "rules = ( { name = \"r\"; key = \"k\"; missing = \"pass\"; } );");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    take_lines(1);
    line_has(0, "COMMISSIONED_VERDICT", "pass");
    line_has(0, "COMMISSIONED_REASON", "key-missing");
    line_has(0, "COMMISSIONED_STATUS", "200");
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_key_that_is_missing_is_told_with_its_sentence)
{
    if (skips(__func__))
        return;
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "A");
    policy_with("");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(unlink(path), 0);
    for (int i = 0; i < TRIES && bridged_get("/v1/x") != 503; i++)
        usleep(10000);
    take_lines(1);
    line_has(0, "COMMISSIONED_VERDICT", "fail");
    line_has(0, "COMMISSIONED_REASON", "key-missing");
    ck_assert_ptr_nonnull(strstr(lines[0], "no such file"));
    bridged_end(&bridged);
}
END_TEST

START_TEST(with_report_none_nothing_is_told)
{
    if (skips(__func__))
        return;
    policy_with("report = \"none\";");
    bridged_begin(&bridged, NULL);
    bridged_get("/v1/x");
    bridged_get("/v2/x");
    bridged_end(&bridged);
    take_lines(0);
}
END_TEST

START_TEST(a_loop_does_not_fill_the_journal)
{
    if (skips(__func__))
        return;
    enum { ASKED = 200 };
    char line[256];
    policy_with("");
    bridged_begin(&bridged, NULL);
    snprintf(line, sizeof line,
             "curl -s -o /dev/null \"$B/v1/[1-%d]\"; curl -s -o /dev/null $B/v1/last; echo", ASKED);
    bridged_shell(line);
    bridged_end(&bridged);
    nlines = journal_trap_lines(&lines);
    /* The minute may end meanwhile; a line for which the socket has no room is dropped. */
    ck_assert_uint_ge(nlines, 1);
    ck_assert_uint_le(nlines, 2 * 60 + 1);
}
END_TEST

/* ---- next ------------------------------------------------------------------------------------ */

static char good[TEST_KEY_LENGTH + 16];

static unsigned judge_by_good(const char *authorization, const char *began)
{
    (void)began;
    return authorization != NULL && strcmp(authorization, good) == 0 ? 200 : 401;
}

static void setup_judged(void)
{
    origin_judges = judge_by_good;
    setup();
}

static void only_good(int which)
{
    snprintf(good, sizeof good, "Bearer %s", bridged_keys[which]);
}

static void becomes(int status)
{
    int got = 0;
    for (int i = 0; i < TRIES && (got = bridged_get("/v1/x")) != status; i++)
        usleep(10000);
    ck_assert_int_eq(got, status);
}

START_TEST(after_a_401_the_next_key_takes_over)
{
    if (skips(__func__))
        return;
    policy_with("report = \"none\";");
    only_good(1);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 401);
    becomes(200);
    /* Also of an engine that is started later. */
    kill(bridged.supervisor, SIGHUP);
    ck_assert(bridged_is_gone(bridged.engine));
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_key_that_becomes_another_is_tried_again)
{
    if (skips(__func__))
        return;
    char key[TEST_KEY_LENGTH + 1];
    policy_with("");
    only_good(1);
    bridged_begin(&bridged, NULL);
    becomes(200);
    test_key_make(key);
    snprintf(good, sizeof good, "Bearer %s", key);
    bridged_store('A', key);
    becomes(200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_401_to_a_key_without_a_next_one_changes_nothing)
{
    if (skips(__func__))
        return;
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "B");
    ck_assert_int_eq(unlink(path), 0);
    policy_with("");
    only_good(1);
    bridged_begin(&bridged, NULL);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(bridged_get("/v1/x"), 401);
    bridged_end(&bridged);
}
END_TEST

/* ---- a gateway's ----------------------------------------------------------------------------- */

START_TEST(a_gateways_line_has_the_name_of_the_token)
{
    if (skips(__func__))
        return;
    char tokens[PATH_MAX], config[PATH_MAX], connect_to[64], token[128], header[256];
    policy_with("report = \"all\";");
    in_folder(tokens, bridged_folder, "tokens");
    in_folder(config, bridged_folder, "auth.conf");
    snprintf(connect_to, sizeof connect_to, "127.0.0.1:%u", bridged_origin.tls_port);
    OUTCOME(&bridged_outcome, bridged_command, "token", "add", "--tokens", tokens, "svc");
    snprintf(token, sizeof token, "%.68s", bridged_outcome.out);
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    char listen[PATH_MAX + 8], socket_path[PATH_MAX];
    in_folder(socket_path, bridged_folder, "socket");
    snprintf(listen, sizeof listen, "unix:%s", socket_path);
    pid_t gateway = fork();
    if (gateway == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl(bridged_command, bridged_command, "gateway", "run", "--config", config, "--tokens",
              tokens, "--cacert", bridged_origin.ca_file, "--connect", connect_to, "--listen",
              listen, NULL);
        _exit(99);
    }
    OUTCOME(&bridged_outcome, "curl", "-s", "--retry", "50", "--retry-delay", "1",
            "--retry-all-errors", "-o", "/dev/null", "-H", header, "--unix-socket", socket_path,
            "http://gateway/v1/x");
    take_lines(2); /* the first is of who made the token */
    line_has(0, "COMMISSIONED_ACTION", "token add");
    line_has(1, "COMMISSIONED_TOKEN", "svc");
    line_has(1, "COMMISSIONED_STATUS", "200");
    ck_assert_ptr_null(journal_trap_field(lines[1], "COMMISSIONED_PID"));
    kill(gateway, SIGTERM);
    waitpid(gateway, NULL, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("bridge_account");
    TCase *told = tcase_create("told");
    TCase *learned = tcase_create("learned");
    tcase_add_checked_fixture(told, setup, bridged_stop);
    tcase_add_checked_fixture(learned, setup_judged, bridged_stop);
    tcase_set_timeout(told, 120);
    tcase_set_timeout(learned, 120);
    tcase_add_test(told, a_bridged_request_is_told_with_the_fields_of_the_library);
    tcase_add_loop_test(told, what_is_refused_is_told_by_default_and_what_gets_a_key_is_not, 0,
                        sizeof denied / sizeof denied[0]);
    tcase_add_test(told, what_goes_without_a_key_is_told_as_that);
    tcase_add_test(told, a_key_that_is_missing_is_told_with_its_sentence);
    tcase_add_test(told, with_report_none_nothing_is_told);
    tcase_add_test(told, a_loop_does_not_fill_the_journal);
    tcase_add_test(told, a_gateways_line_has_the_name_of_the_token);
    tcase_add_test(learned, after_a_401_the_next_key_takes_over);
    tcase_add_test(learned, a_key_that_becomes_another_is_tried_again);
    tcase_add_test(learned, a_401_to_a_key_without_a_next_one_changes_nothing);
    suite_add_tcase(suite, told);
    suite_add_tcase(suite, learned);
    return suite;
}

int main(void)
{
    return suite_run(suite());
}
