/* What every verb owes its caller: an explanation, a word before it changes anything, silence where
 * that is asked for. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
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

int main(void)
{
    Suite *suite = suite_create("manners");
    TCase *help = tcase_create("help");
    tcase_add_checked_fixture(help, setup, teardown);
    tcase_set_timeout(help, 120);
    tcase_add_test(help, each_verb_explains_itself_in_three_ways);
    tcase_add_test(help, help_for_what_is_no_verb_says_so);
    suite_add_tcase(suite, help);
    return suite_run(suite);
}
