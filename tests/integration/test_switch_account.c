/* Who did what is in the journal, and nothing of a key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/journal_trap.h"
#include "../support/own_system.h"
#include "support/suite.h"

static struct outcome outcome;

static void leave(void)
{
    unlink(OWN_MARK);
}

static void run(const char *input, const char *const argv[])
{
    outcome_of(&outcome, input, NULL, NULL, argv);
}
#define RUN(...)        run(NULL, (const char *const[]){OWN_COMMAND, __VA_ARGS__, NULL})
#define KEY(input, ...) run(input, (const char *const[]){OWN_COMMAND, "key", __VA_ARGS__, NULL})

/* Not a key of anything. */
#define FIRST  "first-0123456789012345678901234567890123456789\n"
#define SECOND "second-9876543210987654321098765432109876543210\n"

static const char *field(const char *message, const char *name)
{
    const char(*lines)[TRAP_SIZE];
    size_t count = journal_trap_lines(&lines);
    for (size_t i = 0; i < count; i++)
        if (strstr(lines[i], message) != NULL)
            return journal_trap_field(lines[i], name);
    return NULL;
}

START_TEST(each_change_of_the_switch_is_told)
{
    if (own_system_lacks(__func__))
        return;
    RUN("enable");
    ck_assert(own_system_told("MESSAGE=enable /etc/ld.so.preload: done; uid 0, login uid "));
    RUN("enable", "--confirm");
    ck_assert(own_system_told("MESSAGE=confirm /etc/ld.so.preload: done; uid 0"));
    RUN("disable");
    ck_assert(own_system_told("MESSAGE=disable /etc/ld.so.preload: done; uid 0"));
    run(NULL, (const char *const[]){OWN_OFF, NULL});
    ck_assert(own_system_told("MESSAGE=commissioned-auth-off /etc/ld.so.preload: nothing changed"));
    RUN("enable", "--yes");
    ck_assert(own_system_told("MESSAGE=enable --yes /etc/ld.so.preload: done; uid 0"));
    RUN("enable", "--confirm");
    ck_assert(own_system_told("MESSAGE=confirm /etc/ld.so.preload: nothing changed; uid 0"));
    run(NULL, (const char *const[]){OWN_OFF, NULL});
    ck_assert(own_system_told("MESSAGE=commissioned-auth-off /etc/ld.so.preload: done; uid 0"));
    RUN("enable", "--confirm");
    ck_assert(own_system_told("MESSAGE=confirm /etc/ld.so.preload: failed; uid 0"));
}
END_TEST

/* As behind "| grep -q on", which ends with the first line. */
START_TEST(a_change_is_told_whose_output_nobody_reads)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(system(OWN_COMMAND " enable 2>&1 | true"), 0);
    for (int i = 0; i < 2000 && !own_system_told("MESSAGE=enable /etc/ld.so.preload: done"); i++)
        usleep(10000);
    ck_assert(own_system_told("MESSAGE=enable /etc/ld.so.preload: done; uid 0"));
    RUN("disable");
}
END_TEST

START_TEST(a_change_that_failed_is_told)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(chmod(OWN_LIBRARY, 0600), 0);
    RUN("enable");
    ck_assert(own_system_told("MESSAGE=enable /etc/ld.so.preload: failed; uid 0"));
}
END_TEST

START_TEST(each_change_of_a_key_is_told)
{
    if (own_system_lacks(__func__))
        return;
    unsetenv("XDG_CONFIG_HOME");
    KEY(FIRST, "add", "prod");
    ck_assert(own_system_told("MESSAGE=key add prod: done; uid 0, login uid "));
    KEY(SECOND, "rotate", "prod");
    ck_assert(own_system_told("MESSAGE=key rotate prod: done; uid 0"));
    KEY(NULL, "promote", "prod");
    ck_assert(own_system_told("MESSAGE=key promote prod: done; uid 0"));
    KEY(NULL, "check", "prod", "--connect", "127.0.0.1:1");
    ck_assert(own_system_told("MESSAGE=key check prod: failed; uid 0"));
    KEY(NULL, "remove", "prod");
    ck_assert(own_system_told("MESSAGE=key remove prod: done; uid 0"));
    ck_assert(!own_system_told("0123456789"));
    ck_assert(!own_system_told("9876543210"));
}
END_TEST

START_TEST(a_change_of_the_configuration_is_told)
{
    if (own_system_lacks(__func__))
        return;
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    unsetenv("VISUAL");
    setenv("EDITOR", "f() { echo 'rules = ();' >\"$1\"; }; f", 1);
    RUN("config", "edit");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(own_system_told("MESSAGE=config edit /etc/commissioned-auth/commissioned-auth.conf: "
                              "done; uid 0"));
    setenv("EDITOR", "f() { echo 'rules = (' >\"$1\"; }; f", 1);
    RUN("config", "edit");
    ck_assert(own_system_told("MESSAGE=config edit /etc/commissioned-auth/commissioned-auth.conf: "
                              "failed; uid 0"));
}
END_TEST

#define TOKENS    "/etc/commissioned-auth/tokens"
#define LONG_NAME "the-service-that-writes-the-report-of-every-night.a-team"

START_TEST(each_change_of_a_token_is_told)
{
    char told[64];
    if (own_system_lacks(__func__))
        return;
    OUTCOME(&outcome, "mkdir", "-p", "/etc/commissioned-auth");
    RUN("token", "add", "svc", "--tokens", TOKENS);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(own_system_told("MESSAGE=token add svc: done; uid 0, login uid "));
    snprintf(told, sizeof told, "%.12s", outcome.out);
    ck_assert(!own_system_told(told));
    RUN("token", "list", "--tokens", TOKENS);
    RUN("token", "revoke", "svc", "--tokens", TOKENS, "--dry-run");
    ck_assert(!own_system_told("MESSAGE=token list"));
    ck_assert(!own_system_told("MESSAGE=token revoke"));
    RUN("token", "revoke", "svc", "--tokens", TOKENS);
    ck_assert(own_system_told("MESSAGE=token revoke svc: done; uid 0"));
    RUN("token", "revoke", "svc", "--tokens", TOKENS);
    ck_assert(own_system_told("MESSAGE=token revoke svc: failed; uid 0"));
    RUN("token", "add", LONG_NAME, "--tokens", TOKENS);
    ck_assert(own_system_told("MESSAGE=token add " LONG_NAME ": done; uid 0"));
    RUN("token", "revoke", LONG_NAME, "--tokens", TOKENS);
    ck_assert(own_system_told("MESSAGE=token revoke " LONG_NAME ": done; uid 0"));
    RUN("token", "revoke", "no-such-" LONG_NAME, "--tokens", TOKENS);
    ck_assert(own_system_told("MESSAGE=token revoke (a word of 64 characters): failed; uid 0"));
}
END_TEST

START_TEST(a_change_of_a_tree_that_is_not_there_names_it)
{
    if (own_system_lacks(__func__))
        return;
    RUN("enable", "--root", "/nonexistent");
    ck_assert(own_system_told("MESSAGE=enable /nonexistent: failed; uid 0"));
    RUN("enable", "--confirm", "--root", "/nonexistent");
    ck_assert(own_system_told("MESSAGE=confirm /nonexistent: failed; uid 0"));
    RUN("disable", "--root", "/nonexistent");
    ck_assert(own_system_told("MESSAGE=disable /nonexistent: failed; uid 0"));
}
END_TEST

/* Whoever reads the text takes the first "done; uid 0" for ours. */
START_TEST(a_files_name_is_no_account_of_its_own)
{
    static const char name[] = "/etc/x: done; uid 7, login uid 7";
    if (own_system_lacks(__func__))
        return;
    unsetenv("VISUAL");
    setenv("EDITOR", "false", 1);
    RUN("config", "edit", name);
    ck_assert(
        own_system_told("MESSAGE=config edit /etc/x? done? uid 7? login uid 7: failed; uid 0"));
    ck_assert_str_eq(field("config edit", "COMMISSIONED_OBJECT"), name);
}
END_TEST

START_TEST(the_line_has_fields_for_who_what_and_from_where)
{
    if (own_system_lacks(__func__))
        return;
    setenv("SSH_CONNECTION", "192.0.2.7 50022 192.0.2.1 22", 1);
    RUN("disable");
    ck_assert_str_eq(field("disable", "COMMISSIONED_ACTION"), "disable");
    ck_assert_str_eq(field("disable", "MESSAGE_ID"), "505678867eb6490d8aab73362ceddcf1");
    ck_assert_str_eq(field("disable", "COMMISSIONED_OBJECT"), OWN_PRELOAD);
    ck_assert_str_eq(field("disable", "COMMISSIONED_RESULT"), "nothing changed");
    ck_assert_str_eq(field("disable", "COMMISSIONED_UID"), "0");
    ck_assert_ptr_nonnull(field("disable", "COMMISSIONED_LOGINUID"));
    ck_assert_str_eq(field("disable", "COMMISSIONED_FROM"), "192.0.2.7");
    ck_assert_str_eq(field("disable", "COMMISSIONED_TERMINAL"), "none");
}
END_TEST

START_TEST(a_key_in_the_place_of_its_name_is_not_told)
{
    if (own_system_lacks(__func__))
        return;
    KEY(NULL, "remove", "csk_not-a-key-0123456789012345678901234567890123456789");
    ck_assert(own_system_told("MESSAGE=key remove (a word of 54 characters): failed"));
    ck_assert(!own_system_told("0123456789"));
}
END_TEST

START_TEST(verbs_that_only_read_tell_nothing)
{
    const char(*lines)[TRAP_SIZE];
    if (own_system_lacks(__func__))
        return;
    RUN("status");
    RUN("doctor");
    RUN("config", "check");
    RUN("explain", "https://app.commissioned.tech/v1/models");
    KEY(NULL, "list");
    ck_assert_uint_eq(journal_trap_lines(&lines), 0);
}
END_TEST

START_TEST(enable_says_aloud_that_apparmor_must_read_its_profiles_again)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(mount("tmpfs", "/sys/module", "tmpfs", 0, NULL), 0);
    ck_assert_int_eq(mkdir("/sys/module/apparmor", 0755), 0);
    ck_assert_int_eq(mkdir("/sys/module/apparmor/parameters", 0755), 0);
    write_file("/sys/module/apparmor/parameters/enabled", "Y\n", 0444);
    RUN("enable", "--yes");
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_msg(strstr(outcome.err, "systemctl reload apparmor") != NULL, "%s", outcome.err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-account");
    TCase *account = tcase_create("account");
    tcase_add_checked_fixture(account, NULL, leave);
    tcase_set_timeout(account, 60);
    tcase_add_test(account, each_change_of_the_switch_is_told);
    tcase_add_test(account, a_change_is_told_whose_output_nobody_reads);
    tcase_add_test(account, a_change_that_failed_is_told);
    tcase_add_test(account, each_change_of_a_key_is_told);
    tcase_add_test(account, a_change_of_the_configuration_is_told);
    tcase_add_test(account, each_change_of_a_token_is_told);
    tcase_add_test(account, a_change_of_a_tree_that_is_not_there_names_it);
    tcase_add_test(account, a_files_name_is_no_account_of_its_own);
    tcase_add_test(account, the_line_has_fields_for_who_what_and_from_where);
    tcase_add_test(account, a_key_in_the_place_of_its_name_is_not_told);
    tcase_add_test(account, verbs_that_only_read_tell_nothing);
    tcase_add_test(account, enable_says_aloud_that_apparmor_must_read_its_profiles_again);
    suite_add_tcase(suite, account);
    return suite_run(suite);
}
