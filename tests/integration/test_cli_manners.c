/* What every verb owes its caller: an explanation, a word before it changes anything, silence where
 * that is asked for. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "cli/cli.h"
#include "support/suite.h"

static char command[PATH_MAX], folder[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    umask(022);
    scratch_make(folder);
    built(command, "commissioned-auth");
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("COMMISSIONED_AUTH_CONFIG");
}

static void teardown(void)
{
    scratch_remove(folder);
}

/* `line` is given to a shell, in which $C is the command and $D the scratch folder. */
static void sh(const char *line)
{
    setenv("C", command, 1);
    setenv("D", folder, 1);
    OUTCOME(&outcome, "sh", "-c", line);
}

/* ---- help ------------------------------------------------------------------------------------ */

static void explains_itself(const struct cli_verb *verb, const char *words)
{
    char line[256];
    static char wanted[1 << 14];
    char *text;
    char path[128];
    snprintf(path, sizeof path, CLI_NAME "%s%s", *words != '\0' ? " " : "", words);
    text = cli_help(verb, path);
    ck_assert_ptr_nonnull(text);
    snprintf(wanted, sizeof wanted, "%s", text);
    free(text);
    static const struct {
        const char *before, *behind;
    } ways[] = {{"", "--help"}, {"", "-h"}, {"help", ""}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        snprintf(line, sizeof line, "$C %s %s %s", ways[i].before, words, ways[i].behind);
        sh(line);
        ck_assert_msg(outcome.status == 0, "%s: %s", line, outcome.err);
        ck_assert_str_eq(outcome.out, wanted);
    }
    for (const struct cli_verb *const *v = verb->verbs; v != NULL && *v != NULL; v++) {
        snprintf(path, sizeof path, "%s%s%s", words, *words != '\0' ? " " : "", (*v)->name);
        explains_itself(*v, path);
    }
}

START_TEST(each_verb_explains_itself_in_three_ways)
{
    explains_itself(&cli_command, "");
}
END_TEST

START_TEST(help_for_what_is_no_verb_says_so)
{
    sh("$C help enabel");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "did you mean 'commissioned-auth enable'?"));
    sh("$C help key rmove");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "did you mean 'commissioned-auth key remove'?"));
    sh("$C help run curl");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "has no verbs of its own"));
}
END_TEST

/* ---- the switch ------------------------------------------------------------------------------ */

/* All that is below these folders: names, modes, owners, sizes, times and sums. */
static void snapshot(char *text, size_t room)
{
    static struct outcome found;
    OUTCOME(&found, "sh", "-c",
            "find /etc /run /usr/local \"$D\" ! -type s -printf '%p %m %u %g %s %T@ %l\\n' | sort; "
            "find /etc /run /usr/local \"$D\" -type f -exec md5sum {} + | sort | md5sum");
    ck_assert_uint_lt(strlen(found.out), room);
    strcpy(text, found.out);
}

static char before[1 << 16], after[1 << 16];

/* The command says what it would do, and does nothing of it. */
static void only_tells(const char *line, const char *told)
{
    setenv("D", folder, 1);
    snapshot(before, sizeof before);
    sh(line);
    snapshot(after, sizeof after);
    ck_assert_msg(outcome.status == 0, "%s: %s", line, outcome.err);
    ck_assert_msg(strstr(outcome.out, told) != NULL, "%s: %s", line, outcome.out);
    ck_assert_msg(strstr(outcome.out, "Nothing was changed.\n") != NULL, "%s: %s", line,
                  outcome.out);
    ck_assert_str_eq(before, after);
}

/* The command that is installed in a system of this test's own. */
static bool skips(const char *test)
{
    snprintf(command, sizeof command, "%s", OWN_COMMAND);
    return own_system_lacks(test);
}

static void become_nobody(void *unused)
{
    (void)unused;
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        _exit(99);
}

START_TEST(who_is_not_root_is_told_before_anything_is_tried)
{
    static const struct {
        const char *verb, *option, *words, *told;
    } rows[] = {
        {"enable", NULL, "enable", "enable"},
        {"enable", "--yes", "enable --yes", "enable --yes"},
        {"enable", "--confirm", "enable --confirm", "confirm"},
        {"disable", NULL, "disable", "disable"},
    };
    char line[256];
    if (skips(__func__))
        return;
    ck_assert_int_eq(chmod("/run/systemd/journal/socket", 0666), 0); /* as systemd has it */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const argv[] = {command, rows[i].verb, rows[i].option, NULL};
        outcome_of(&outcome, NULL, become_nobody, NULL, argv);
        ck_assert_int_eq(outcome.status, 77);
        snprintf(line, sizeof line,
                 CLI_NAME ": %s changes /etc/ld.so.preload, which is root's: nothing was tried, "
                          "run it as root, such as by 'sudo " CLI_NAME " %s'\n",
                 rows[i].verb, rows[i].words);
        ck_assert_str_eq(outcome.err, line);
        snprintf(line, sizeof line, "MESSAGE=%s /etc/ld.so.preload: failed; uid 65534",
                 rows[i].told);
        ck_assert(own_system_told(line));
    }
    ck_assert(!exists("/run/commissioned-auth/lock"));
}
END_TEST

START_TEST(a_dry_run_of_the_switch_writes_nothing)
{
    if (skips(__func__))
        return;
    only_tells("exec $C enable --dry-run",
               "would write the line " OWN_LIBRARY " into " OWN_PRELOAD "\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "would write " OWN_MARK ", and start a process"));
    only_tells("exec $C enable --yes -n", "would write the line " OWN_LIBRARY);
    ck_assert_ptr_null(strstr(outcome.out, OWN_MARK));
    ck_assert(!own_system_told("COMMISSIONED_ACTION"));
    write_file(OWN_PRELOAD, "# a line of another's\n", 0644);
    sh("exec $C enable");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    only_tells("exec $C enable --confirm --dry-run", "would remove " OWN_MARK "\n");
    only_tells("exec $C disable --dry-run",
               "would take " OWN_LIBRARY " out of " OWN_PRELOAD ", line 2\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "would remove " OWN_MARK "\n"));
    sh("exec $C disable");
    ck_assert_str_eq(text_of(OWN_PRELOAD), "# a line of another's\n");
}
END_TEST

START_TEST(a_dry_run_needs_no_root)
{
    if (skips(__func__))
        return;
    outcome_of(&outcome, NULL, become_nobody, NULL,
               (const char *const[]){command, "enable", "--dry-run", NULL});
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
}
END_TEST

START_TEST(options_that_contradict_each_other_are_refused)
{
    static const char *const lines[] = {
        "exec $C enable --yes --confirm",
        "exec $C enable --confirm --wait 5",
        "exec $C enable --yes --wait 5",
    };
    if (skips(__func__))
        return;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        sh(lines[i]);
        ck_assert_int_eq(outcome.status, 2);
        ck_assert_ptr_nonnull(strstr(outcome.err, "give one of them"));
        ck_assert(!exists(OWN_PRELOAD));
    }
}
END_TEST

/* ---- keys and tokens ------------------------------------------------------------------------- */

/* Not a key of anything. */
#define FIRST  "echo first-0123456789012345678901234567890123456789 | "
#define SECOND "echo second-9876543210987654321098765432109876543210 | "

START_TEST(a_dry_run_of_a_removal_writes_nothing)
{
    sh(FIRST "$C key add prod && " SECOND "$C key rotate prod");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    only_tells("exec $C key remove --dry-run prod", "/keys.d/prod.next\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "as prod.previous: it is in use ("));
    sh("$C key remove prod && test -e $D/commissioned-auth/keys.d/prod.previous");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    only_tells("exec $C key remove --dry-run prod", "/keys.d/prod.previous\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "/keys.d/prod.meta\n"));
    sh("$C key remove --dry-run other");
    ck_assert_int_eq(outcome.status, 1);
    sh("$C token add one --tokens $D/tokens");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    only_tells("exec $C token revoke one --dry-run --tokens $D/tokens", "would take one out of ");
}
END_TEST

START_TEST(quiet_leaves_the_exit_status_alone)
{
    static const struct {
        const char *line;
        int status;
    } rows[] = {
        {"exec $C status -q --root $D", 1},
        {FIRST "$C key add prod --quiet", 0},
        {SECOND "$C key rotate -q prod", 0},
        {"exec $C key promote -q prod", 0},
        {"exec $C key promote -q prod --undo", 0},
        {"exec $C key check prod -q --connect 127.0.0.1:1", 2},
        {"exec $C config check -q", 0},
        {"exec $C config check -q -j", 0},
        {"chmod 644 $D/commissioned-auth/keys.d/prod; exec $C config check -q", 77},
        {"exec $C disable -q --root $D", 0},
        {"exec $C key remove prod -q --dry-run", 0},
    };
    sh("mkdir -p $D/etc $D/run");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sh(rows[i].line);
        ck_assert_msg(outcome.status == rows[i].status, "%s: %d, %s", rows[i].line, outcome.status,
                      outcome.err);
        ck_assert_msg(outcome.out[0] == '\0', "%s: %s", rows[i].line, outcome.out);
    }
}
END_TEST

START_TEST(key_list_tells_how_old_a_key_is)
{
    sh(FIRST "$C key add prod && $C key list");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.out, " AGE\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, " 0h\n"));
    sh("cd $D/commissioned-auth/keys.d && "
       "sed -i \"s/\\(.created.: *\\)[0-9]*/\\1$(($(date +%s) - 10 * 86400 - 5))/\" prod.meta && "
       "$C key list && $C key show prod && $C key list --json");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.out, " 10d\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "age           10d\n"));
    const char *age = strstr(outcome.out, "\"age\":");
    ck_assert_ptr_nonnull(age);
    ck_assert_int_eq(strtol(age + 6, NULL, 10) / 86400, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manners");
    TCase *help = tcase_create("help");
    tcase_add_checked_fixture(help, setup, teardown);
    tcase_set_timeout(help, 120);
    tcase_add_test(help, each_verb_explains_itself_in_three_ways);
    tcase_add_test(help, help_for_what_is_no_verb_says_so);
    suite_add_tcase(suite, help);
    TCase *changes = tcase_create("changes");
    tcase_add_checked_fixture(changes, setup, teardown);
    tcase_set_timeout(changes, 120);
    tcase_add_test(changes, who_is_not_root_is_told_before_anything_is_tried);
    tcase_add_test(changes, a_dry_run_of_the_switch_writes_nothing);
    tcase_add_test(changes, a_dry_run_needs_no_root);
    tcase_add_test(changes, options_that_contradict_each_other_are_refused);
    tcase_add_test(changes, a_dry_run_of_a_removal_writes_nothing);
    tcase_add_test(changes, quiet_leaves_the_exit_status_alone);
    tcase_add_test(changes, key_list_tells_how_old_a_key_is);
    suite_add_tcase(suite, changes);
    return suite_run(suite);
}
