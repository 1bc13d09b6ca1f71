/*
 * The first five minutes on a machine of one's own (tests/private_root): what `key add` writes and
 * says is enough, for him who asked and for everybody else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../support/command.h"
#include "support/old_libcurl.h"
#include "support/suite.h"

static struct outcome outcome;

/* What every script has: users, how they ask, and how the switch is thrown (by the variable, which
 * does what the file would). */
static const char prelude[] =
    "set -eu\n"
    "groupadd -g 1700 web; useradd -m -u 1701 -g web www; useradd -m -u 1702 -U ann\n"
    "L=$BUILD/libcommissioned-auth.so\n"
    "user() { name=$1; shift; setpriv --reuid=$name --regid=$(id -g $name) --init-groups "
    "env HOME=/home/$name KEY=\"$KEY\" KEY2=\"$KEY2\" sh -c \"$*\"; }\n"
    "ask='curl -sS -o /dev/null -w %{http_code}, https://app.commissioned.tech/v1/models 2>&1'\n"
    "as() { user $1 \"LD_PRELOAD=$L $ask\"; }\n"
    "root() { LD_PRELOAD=$L sh -c \"$ask\"; }\n";

static bool in_private_root(const char *name, const char *script)
{
    static char all[1 << 14];
    char build[PATH_MAX];
#ifdef __SANITIZE_ADDRESS__
    printf("SKIP %s: a sanitised library cannot be preloaded into curl\n", name);
    return false;
#endif
    built(build, "");
    snprintf(all, sizeof all, "%s%s", prelude, script);
    OUTCOME(&outcome, "tests/private_root", build, "sh", "-c", all);
    if (outcome.status == 77)
        printf("SKIP %s: %s", name, outcome.err);
    return outcome.status != 77;
}

static void expect(const char *name, const char *script, const char *out)
{
    if (!in_private_root(name, script))
        return;
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
    ck_assert_msg(strstr(outcome.out, out) != NULL, "no \"%s\" in:\n%s%s", out, outcome.out,
                  outcome.err);
}

START_TEST(a_key_for_a_group_is_for_its_members_and_disturbs_nobody_else)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add www --group web >/dev/null\n"
           "stat -c %a /etc/commissioned-auth/commissioned-auth.conf\n"
           "as www; as ann; root",
           "644\n200,401,401,");
}
END_TEST

START_TEST(a_key_of_root_s_own_disturbs_nobody_else)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "stat -c %a /etc/commissioned-auth/commissioned-auth.conf\n"
           "root; as www; as ann",
           "644\n200,401,401,");
}
END_TEST

START_TEST(what_a_second_key_says_can_be_pasted_as_it_stands)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "echo $KEY2 | commissioned-auth key add www --group web >said\n"
           "file=$(sed -n 's/^\\(\\/etc[^ ]*conf\\), mode 644:$/\\1/p' said)\n"
           "mkdir -p $(dirname $file); grep '^    ' said >$file; chmod 644 $file\n"
           "commissioned-auth config check; root; as www; as ann",
           "200,200,401,");
}
END_TEST

#define MINE "/home/ann/.config/commissioned-auth/commissioned-auth.conf"

START_TEST(a_second_key_of_a_user_does_not_take_the_place_of_the_first_unasked)
{
    expect(__func__,
           "user ann 'echo $KEY | commissioned-auth key add first' >/dev/null\n"
           "user ann 'echo $KEY2 | commissioned-auth key add second' >said\n"
           "grep '^    \\(keys\\|rules\\)' said >>" MINE "\n"
           "user ann 'commissioned-auth config check; commissioned-auth explain -p /usr/bin/curl "
           "https://app.commissioned.tech/; commissioned-auth explain -p /usr/bin/git "
           "https://app.commissioned.tech/' >told; cat told\n"
           "grep -q '^good' told && grep -q '^key: second' told && grep -q '^key: first' told; "
           "as ann",
           "200,");
    expect(__func__,
           "user ann 'echo $KEY | commissioned-auth key add first' >/dev/null\n"
           "user ann 'echo $KEY2 | commissioned-auth key add second' >said\n"
           "grep '^    key_file' said >" MINE "\n"
           "user ann 'commissioned-auth config check; commissioned-auth explain "
           "https://app.commissioned.tech/'",
           "key: second");
}
END_TEST

START_TEST(a_name_that_the_policy_has_already_is_not_used_again)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add www --group web >/dev/null\n"
           "echo $KEY2 | commissioned-auth key remove www >/dev/null 2>&1\n"
           "rm /etc/commissioned-auth/keys.d/*; echo $KEY2 | commissioned-auth key add www >said\n"
           "file=$(sed -n 's/^\\(\\/etc[^ ]*conf\\), mode 644:$/\\1/p' said)\n"
           "mkdir -p $(dirname $file); grep '^    ' said >$file; chmod 644 $file\n"
           "commissioned-auth config check || true; root",
           "200,");
}
END_TEST

START_TEST(a_user_s_own_key_comes_before_the_system_s)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "user ann 'echo $KEY | commissioned-auth key add mine' >/dev/null\n"
           "as ann; stat -c %a /home/ann/.config/commissioned-auth/commissioned-auth.conf; as www",
           "200,600\n401,");
}
END_TEST

START_TEST(a_user_is_told_where_the_system_closes_his_configuration)
{
    expect(__func__,
           "mkdir -p /etc/commissioned-auth\n"
           "echo 'user_config = false;' >/etc/commissioned-auth/commissioned-auth.conf\n"
           "user ann 'echo $KEY | commissioned-auth key add mine'\n"
           "test ! -e /home/ann/.config/commissioned-auth/commissioned-auth.conf",
           "user_config = false");
}
END_TEST

START_TEST(what_is_to_be_added_to_lists_can_be_pasted_as_it_stands)
{
    expect(__func__,
           "user ann 'umask 077; mkdir -p .config/commissioned-auth; cd; mkdir -p "
           "~/.config/commissioned-auth; printf \"keys = (\\n);\\nrules = (\\n);\\n\" "
           ">~/.config/commissioned-auth/commissioned-auth.conf' || true\n"
           "f=/home/ann/.config/commissioned-auth/commissioned-auth.conf\n"
           "user ann 'echo $KEY | commissioned-auth key add one' >said; cat said\n"
           "user ann 'grep \"^    \" '$LAB/said' >'$f'; chmod 600 '$f\n"
           "user ann 'echo $KEY2 | commissioned-auth key add two' >said\n"
           "key=$(sed -n '/first of the keys/,/rules/s/^    //p' said)\n"
           "rule=$(sed -n '/its rules/,$s/^    //p' said)\n"
           "sed -i \"s|keys  = (|keys  = ( $key|; s|rules = (|rules = ( $rule|\" $f\n"
           "user ann 'commissioned-auth config check'; as ann",
           "200,");
}
END_TEST

START_TEST(a_promoted_key_that_is_wrong_is_warned_of_and_undone)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null; root\n"
           "echo cmt_not-a-key-of-the-server-at-all | commissioned-auth key rotate default "
           ">/dev/null\n"
           "commissioned-auth key check default.next >checked || true; grep -o '401' checked\n"
           "commissioned-auth key promote default 2>&1 >/dev/null | grep -o 'answered 401'; root\n"
           "commissioned-auth key promote --undo default >/dev/null; root",
           "200,401\nanswered 401\n401,200,");
}
END_TEST

START_TEST(a_promoted_key_that_nobody_checked_is_warned_of)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "echo $KEY2 | commissioned-auth key rotate default >/dev/null\n"
           "commissioned-auth key promote default 2>&1 | grep -o 'was not asked'\n"
           "echo $KEY | commissioned-auth key rotate default >/dev/null\n"
           "commissioned-auth key check default.next >/dev/null\n"
           "commissioned-auth key promote default 2>&1 | grep -c 'was not asked' || true",
           "was not asked\n0");
}
END_TEST

START_TEST(a_next_key_that_another_replaces_is_kept)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "echo $KEY2 | commissioned-auth key rotate default >/dev/null\n"
           "echo another-key-for-this-test-alone | commissioned-auth key rotate default 2>&1 "
           "| grep -o 'was not promoted: it is kept as default.next.previous'\n"
           "cd /etc/commissioned-auth/keys.d; [ \"$(cat default.next.previous)\" = $KEY2 ]",
           "is kept as");
}
END_TEST

START_TEST(a_key_in_use_that_is_removed_is_warned_of_and_put_back)
{
    expect(
        __func__,
        "echo $KEY | commissioned-auth key add default >/dev/null\n"
        "commissioned-auth key remove default 2>&1 | grep -o 'is in use'; root || :; echo\n"
        "commissioned-auth key promote --undo default >/dev/null; root; echo\n"
        "commissioned-auth key remove default >/dev/null 2>&1\n"
        "commissioned-auth key remove default >/dev/null; ls /etc/commissioned-auth/keys.d | wc -l",
        "is in use\n");
    if (outcome.status == 0 && outcome.out[0] != '\0') {
        ck_assert_ptr_nonnull(strstr(outcome.out, "(94)"));
        ck_assert_ptr_nonnull(strstr(outcome.out, "\n200,\n0\n"));
    }
}
END_TEST

/* A container's bind mount of one file. */
START_TEST(a_key_that_is_mounted_by_itself_is_told_so)
{
    expect(__func__,
           "echo $KEY | commissioned-auth key add default >/dev/null\n"
           "cp -p /etc/commissioned-auth/keys.d/default from\n"
           "mount --bind from /etc/commissioned-auth/keys.d/default\n"
           "echo $KEY2 | commissioned-auth key rotate default >/dev/null\n"
           "commissioned-auth key promote default 2>&1 || true; root",
           "it is mounted by itself, and cannot be replaced from here");
}
END_TEST

/* Right set-ups: what is known in a unit alone, and what is another user's. */
START_TEST(config_check_and_doctor_are_content_with_what_is_right)
{
    expect(
        __func__,
        "echo $KEY | commissioned-auth key add www --group web >/dev/null\n"
        "mkdir -p /etc/commissioned-auth/conf.d; cat >/etc/commissioned-auth/conf.d/a.conf <<END\n"
        "keys  = ( { name = \"u\"; credential = \"c\"; },\n"
        "          { name = \"e\"; environment = \"COMMISSIONED_API_KEY\"; } );\n"
        "rules = ( { name = \"u\"; key = \"u\"; users = [\"www\"]; }, { name = \"e\"; key = "
        "\"e\"; } );\nEND\n"
        "commissioned-auth config check; echo $?\n"
        "user ann 'commissioned-auth config check; echo $?; commissioned-auth doctor | grep -v "
        "^good || :'\n"
        "commissioned-auth config check --user www; echo $?\n"
        "chmod 600 /etc/commissioned-auth/keys.d/www\n"
        "commissioned-auth config check >/dev/null; echo root $?\n"
        "commissioned-auth config check --user www >/dev/null || echo www $?\n"
        "commissioned-auth config check --user ann >/dev/null; echo ann $?\n"
        "user ann 'commissioned-auth config check --user www' 2>/dev/null || echo usage $?",
        "root 0\nwww 78\nann 0\nusage 2\n");
    if (outcome.status == 0 && outcome.out[0] != '\0') {
        ck_assert_ptr_nonnull(strstr(outcome.out, "known in its unit alone"));
        ck_assert_ptr_nonnull(
            strstr(outcome.out, "in the variable COMMISSIONED_API_KEY, and known"));
        ck_assert_ptr_nonnull(strstr(outcome.out, "for other users than this one"));
        /* An old libcurl is warned of. */
        ck_assert(old_libcurl() || strstr(outcome.out, "warning") == NULL);
        ck_assert_ptr_null(strstr(outcome.out, "failure"));
    }
}
END_TEST

START_TEST(doctor_warns_of_the_age_of_a_key_of_the_quick_start)
{
    expect(__func__,
           "user ann 'echo $KEY | commissioned-auth key add mine -r 90d' >/dev/null\n"
           "m=/home/ann/.config/commissioned-auth/keys.d/mine.meta\n"
           "user ann 'commissioned-auth doctor' | grep -o 'is sound'\n"
           "sed -i 's/\"created\": [0-9]*/\"created\": 1000000000/' $m\n"
           "user ann 'commissioned-auth doctor' | grep -o 'should be replaced after 90'",
           "is sound\nshould be replaced after 90");
}
END_TEST

START_TEST(leaks_are_found_in_units_and_crontabs_and_what_is_closed_is_said)
{
    expect(
        __func__,
        "user ann 'echo $KEY | commissioned-auth key add mine' >/dev/null\n"
        "mkdir -p /etc/systemd/system/x.service.d /etc/cron.d\n"
        "echo \"Environment=K=$KEY\" >/etc/systemd/system/x.service.d/k.conf\n"
        "echo \"* * * * * root K=$KEY x\" >/etc/cron.d/x; chmod 600 /etc/cron.d/x\n"
        "user ann 'commissioned-auth doctor --leaks' | grep -oE 'x.service.d/k.conf:|may not read "
        "them' || :\n"
        "echo $KEY | commissioned-auth key add mine >/dev/null\n"
        "commissioned-auth doctor --leaks | grep -o 'cron.d/x:' || :",
        "x.service.d/k.conf:\n");
    if (outcome.status == 0 && outcome.out[0] != '\0') {
        ck_assert_ptr_nonnull(strstr(outcome.out, "may not read them"));
        ck_assert_ptr_nonnull(strstr(outcome.out, "\ncron.d/x:\n"));
    }
}
END_TEST

START_TEST(leaks_are_found_where_sessions_and_programs_keep_what_was_typed)
{
    expect(__func__,
           "user ann 'echo $KEY | commissioned-auth key add mine' >/dev/null\n"
           "n=0; for f in .bash_aliases .bash_logout .xprofile .xsessionrc .Renviron .Rprofile "
           ".ssh/config .config/nushell/history.txt .config/nushell/env.nu "
           ".ipython/profile_default/history.sqlite .local/state/nvim/shada/main.shada "
           ".local/share/nvim/shada/main.shada .pry_history .julia/logs/repl_history.jl "
           ".config/Code/User/settings.json .config/pip/pip.conf .aws/credentials .pgpass .my.cnf "
           ".config/httpie/sessions/x.json; do\n"
           "mkdir -p /home/ann/$(dirname $f); echo \"K=$KEY\" >/home/ann/$f; n=$((n + 1)); done\n"
           "chown -R ann: /home/ann\n"
           "user ann 'commissioned-auth doctor --leaks' >found || :\n"
           "echo \"missing $((n - $(grep -c '^failure leak .*/home/ann/' found)))\"\n"
           "grep -o '/home/ann/[^:]*:' found",
           "missing 0\n");
}
END_TEST

START_TEST(every_command_block_of_the_README_works_as_it_stands)
{
    char build[PATH_MAX], readme[PATH_MAX];
#ifdef __SANITIZE_ADDRESS__
    puts("SKIP every_command_block_of_the_README_works_as_it_stands: a sanitised library cannot be "
         "preloaded into curl");
    return;
#endif
    built(build, "");
    ck_assert_ptr_nonnull(realpath("tests/readme", readme));
    OUTCOME(&outcome, "tests/private_root", build, readme);
    if (outcome.status == 77) {
        printf("SKIP every_command_block_of_the_README_works_as_it_stands: %s", outcome.err);
        return;
    }
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
}
END_TEST

/* As make would install it: what is built is left as it is. */
START_TEST(the_sample_is_installed_to_be_read_by_all)
{
    OUTCOME(&outcome, "sh", "-c", "make -n install | tr '&' '\\n' | grep conf.sample");
    ck_assert_msg(strstr(outcome.out, "put-in-place 0644 conf/commissioned-auth.conf") != NULL,
                  "%s", outcome.out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("first minutes");
    TCase *tests = tcase_create("private root");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_key_for_a_group_is_for_its_members_and_disturbs_nobody_else);
    tcase_add_test(tests, a_key_of_root_s_own_disturbs_nobody_else);
    tcase_add_test(tests, what_a_second_key_says_can_be_pasted_as_it_stands);
    tcase_add_test(tests, a_second_key_of_a_user_does_not_take_the_place_of_the_first_unasked);
    tcase_add_test(tests, a_name_that_the_policy_has_already_is_not_used_again);
    tcase_add_test(tests, a_user_s_own_key_comes_before_the_system_s);
    tcase_add_test(tests, a_user_is_told_where_the_system_closes_his_configuration);
    tcase_add_test(tests, what_is_to_be_added_to_lists_can_be_pasted_as_it_stands);
    tcase_add_test(tests, a_promoted_key_that_is_wrong_is_warned_of_and_undone);
    tcase_add_test(tests, a_promoted_key_that_nobody_checked_is_warned_of);
    tcase_add_test(tests, a_next_key_that_another_replaces_is_kept);
    tcase_add_test(tests, a_key_in_use_that_is_removed_is_warned_of_and_put_back);
    tcase_add_test(tests, a_key_that_is_mounted_by_itself_is_told_so);
    tcase_add_test(tests, config_check_and_doctor_are_content_with_what_is_right);
    tcase_add_test(tests, doctor_warns_of_the_age_of_a_key_of_the_quick_start);
    tcase_add_test(tests, leaks_are_found_in_units_and_crontabs_and_what_is_closed_is_said);
    tcase_add_test(tests, leaks_are_found_where_sessions_and_programs_keep_what_was_typed);
    tcase_add_test(tests, every_command_block_of_the_README_works_as_it_stands);
    tcase_add_test(tests, the_sample_is_installed_to_be_read_by_all);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
