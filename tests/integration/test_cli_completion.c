/* The completions, tried in the shells themselves: what is typed at a prompt on a terminal. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/other_libc.h"
#include "support/suite.h"

static char folder[PATH_MAX], command[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    char build[PATH_MAX], path[2 * PATH_MAX];
    scratch_make(folder);
    built(command, "commissioned-auth");
    snprintf(build, sizeof build, "%s", command);
    *strrchr(build, '/') = '\0';
    snprintf(path, sizeof path, "%s:%s", build, getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("TERM", "dumb", 1);
    /* A stored key, for the verbs that complete their names. */
    outcome_of(&outcome, "not-a-key-of-anything-0123456789\n", NULL, NULL,
               (const char *const[]){command, "key", "add", "reports", NULL});
    ck_assert_int_eq(outcome.status, 0);
}

static void teardown(void)
{
    scratch_remove(folder);
}

static const struct {
    const char *typed;
    const char *offered; /* words, each followed by a space; NULL: nothing */
} lines[] = {
    {"stat", "status "},
    {"exp", "explain "},
    {"key ro", "rotate "},
    {"key add --env", "--environment "},
    {"key show re", "reports "},
    {"key promote re", "reports "},
    {"config sh", "show "},
    {"explain --meth", "--method "},
    {"explain -X PAT", "PATCH "},
    {"completion f", "fish "},
    {"enable --conf", "--confirm "},
    {"run --en", "--env "},
    {"key add -e prod", "production "},
    {"key add -g roo", "root "},
    {"help stat", "status "},
    {"help config sh", "show "},
    {"help key prom", "promote "},
    {"help config stat", NULL},
    {"help status sh", NULL},
    {"help config show e", NULL},
    {"help key show re", NULL},
    {"run -k re", "reports "},
    {"run --bridge --key re", "reports "},
    {"run commissioned-devs", "commissioned-devserver "},
    {"run -- commissioned-devs", "commissioned-devserver "},
    {"run --bridge --connect a:1 -- commissioned-devs", "commissioned-devserver "},
    {"explain -p commissioned-devs", "commissioned-devserver "},
    {"doctor commissioned-devs", "commissioned-devserver "},
    {"run --connect a", NULL},
    {"enable --wait 1", NULL},
};

/* A program that is completed, and then started, stands beside the command. */
static bool lacks_program(const char *test, const char *typed)
{
    return strstr(typed, "commissioned-devs") != NULL &&
           skips_musl(test, "the development server is not built for musl");
}

START_TEST(bash_completes)
{
    char script[1024];
    if (access("/bin/bash", X_OK) != 0) {
        puts("SKIP bash_completes: no bash here");
        return;
    }
    if (lacks_program("bash_completes", lines[_i].typed))
        return;
    snprintf(script, sizeof script,
             "source <(commissioned-auth completion bash)\n"
             "COMP_WORDS=(commissioned-auth %s)\n"
             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
             "_commissioned_auth\n"
             "[[ -z $COMPREPLY ]] || printf '%%s ' \"${COMPREPLY[@]}\"\n",
             lines[_i].typed);
    OUTCOME(&outcome, "/bin/bash", "--norc", "-c", script);
    ck_assert_str_eq(outcome.err, "");
    ck_assert_str_eq(outcome.out, lines[_i].offered != NULL ? lines[_i].offered : "");
}
END_TEST

/* A prompt splits a word at '=', and an option's argument is no program. */
START_TEST(bash_finds_the_program_behind_options)
{
    static const struct {
        const char *words;
        const char *offered;
    } rows[] = {
        {"run --connect a:1 commissioned-devs", "commissioned-devserver "},
        {"run --key = reports commissioned-devs", "commissioned-devserver "},
        {"run --key = re", "reports "},
        {"run curl --hea", ""},
        {"run -- curl --hea", ""},
    };
    char script[1024];
    if (access("/bin/bash", X_OK) != 0) {
        puts("SKIP bash_finds_the_program_behind_options: no bash here");
        return;
    }
    if (lacks_program("bash_finds_the_program_behind_options", rows[0].words))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(script, sizeof script,
                 "source <(commissioned-auth completion bash); compopt() { :; }\n"
                 "COMP_WORDS=(commissioned-auth %s)\n"
                 "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                 "_commissioned_auth\n"
                 "[[ -z $COMPREPLY ]] || printf '%%s ' \"${COMPREPLY[@]}\"\n",
                 rows[i].words);
        OUTCOME(&outcome, "/bin/bash", "--norc", "-c", script);
        ck_assert_str_eq(outcome.err, "");
        ck_assert_msg(strcmp(outcome.out, rows[i].offered) == 0, "%s: %s", rows[i].words,
                      outcome.out);
    }
}
END_TEST

/* fish 3.3 also prints what has the letters elsewhere than at its start, and not last. */
static bool has_line_with(const char *text, const char *start)
{
    for (; text != NULL; text = strchr(text, '\n')) {
        text += *text == '\n';
        if (strncmp(text, start, strlen(start)) == 0)
            return true;
    }
    return false;
}

START_TEST(fish_completes)
{
    char script[1024], expected[64];
    OUTCOME(&outcome, "fish", "--no-config", "-c", "true");
    if (outcome.status != 0) {
        puts("SKIP fish_completes: no fish here, or one that knows no --no-config, as 3.1");
        return;
    }
    if (lacks_program("fish_completes", lines[_i].typed))
        return;
    snprintf(script, sizeof script,
             "commissioned-auth completion fish | source; complete -C 'commissioned-auth %s'",
             lines[_i].typed);
    OUTCOME(&outcome, "fish", "--no-config", "-c", script);
    if (lines[_i].offered == NULL) {
        ck_assert_msg(outcome.out[0] == '\0', "%s: %s", lines[_i].typed, outcome.out);
        return;
    }
    snprintf(expected, sizeof expected, "%.*s", (int)strlen(lines[_i].offered) - 1,
             lines[_i].offered);
    ck_assert_msg(has_line_with(outcome.out, expected), "%s: %s%s", lines[_i].typed, outcome.out,
                  outcome.err);
}
END_TEST

/* ---- at a prompt ----------------------------------------------------------------------------- */

struct prompt {
    int master;
    pid_t shell;
    char seen[1 << 16];
    size_t length;
};

static void read_until(struct prompt *prompt, const char *text)
{
    struct pollfd ready = {.fd = prompt->master, .events = POLLIN};
    while (strstr(prompt->seen, text) == NULL) {
        ssize_t got;
        ck_assert_msg(poll(&ready, 1, 30000) == 1, "no '%s' on the screen: %s", text, prompt->seen);
        got = read(prompt->master, prompt->seen + prompt->length,
                   sizeof prompt->seen - prompt->length - 1);
        ck_assert_msg(got > 0, "the shell has gone: %s", prompt->seen);
        prompt->length += (size_t)got;
        prompt->seen[prompt->length] = '\0';
    }
}

static void type(struct prompt *prompt, const char *text)
{
    prompt->length = 0;
    prompt->seen[0] = '\0';
    ck_assert_int_eq(write(prompt->master, text, strlen(text)), (ssize_t)strlen(text));
}

static void open_shell(struct prompt *prompt, const char *const argv[], const char *start)
{
    memset(prompt, 0, sizeof *prompt);
    prompt->shell = forkpty(&prompt->master, NULL, NULL, NULL);
    ck_assert_int_ge(prompt->shell, 0);
    if (prompt->shell == 0) {
        setenv("PS1", "ready> ", 1);
        execvp(argv[0], (char *const *)argv);
        _exit(99);
    }
    read_until(prompt, "ready> ");
    type(prompt, start);
    /* The answer, not the echo of the question. */
    read_until(prompt, "\nloaded-0\r\n");
    read_until(prompt, "ready> ");
}

/* Types the beginning of a verb, a tab and the help option: the usage
 * shows which verb it became. */
static void completes_status(struct prompt *prompt)
{
    type(prompt, "commissioned-auth stat\t --help\n");
    read_until(prompt, "usage: commissioned-auth status");
    type(prompt, "commissioned-auth key prom\t --help\n");
    read_until(prompt, "usage: commissioned-auth key promote");
}

static void close_shell(struct prompt *prompt)
{
    kill(prompt->shell, SIGKILL);
    waitpid(prompt->shell, NULL, 0);
    close(prompt->master);
}

START_TEST(a_tab_at_the_prompt_of_bash_completes)
{
    struct prompt prompt;
    if (access("/bin/bash", X_OK) != 0) {
        puts("SKIP a_tab_at_the_prompt_of_bash_completes: no bash here");
        return;
    }
    if (lacks_terminals(__func__))
        return;
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1); /* of a sanitised server behind `run` */
    open_shell(&prompt, (const char *const[]){"/bin/bash", "--norc", "--noprofile", "-i", NULL},
               "source <(commissioned-auth completion bash); echo loaded-$?\n");
    completes_status(&prompt);
    if (!lacks_program("a_tab_at_the_prompt_of_bash_completes", "commissioned-devs")) {
        type(&prompt, "commissioned-auth run -- commissioned-devs\t --help\n");
        read_until(&prompt, "usage: commissioned-devserver");
    }
    close_shell(&prompt);
}
END_TEST

START_TEST(a_tab_at_the_prompt_of_zsh_completes)
{
    struct prompt prompt;
    OUTCOME(&outcome, "sh", "-c", "command -v zsh");
    if (outcome.status != 0) {
        puts("SKIP a_tab_at_the_prompt_of_zsh_completes: no zsh here");
        return;
    }
    if (lacks_terminals(__func__))
        return;
    open_shell(&prompt, (const char *const[]){"zsh", "-f", "-i", NULL},
               "autoload -U compinit; compinit -u -D; "
               "source <(commissioned-auth completion zsh); echo loaded-$?\n");
    completes_status(&prompt);
    close_shell(&prompt);
}
END_TEST

/* `show` is completed as the command is, and shows what the line became: a dot is typed behind the
 * tab. */
START_TEST(zsh_completes)
{
    struct prompt prompt;
    const char *typed = lines[_i].typed, *offered = lines[_i].offered;
    const char *last = strrchr(typed, ' ') != NULL ? strrchr(typed, ' ') + 1 : typed;
    char keys[256], expected[256];
    OUTCOME(&outcome, "sh", "-c", "command -v zsh");
    if (outcome.status != 0) {
        puts("SKIP zsh_completes: no zsh here");
        return;
    }
    if (lacks_program("zsh_completes", typed))
        return;
    if (lacks_terminals(__func__))
        return;
    open_shell(&prompt, (const char *const[]){"zsh", "-f", "-i", NULL},
               "autoload -U compinit; compinit -u -D; source <(commissioned-auth completion zsh); "
               "show() { print -r \"[$*]\"; }; compdef _commissioned-auth show; echo loaded-$?\n");
    snprintf(keys, sizeof keys, "show %s\t.\n", typed);
    snprintf(expected, sizeof expected, "\n[%.*s%s.]", (int)(last - typed), typed,
             offered != NULL ? offered : last);
    type(&prompt, keys);
    read_until(&prompt, expected);
    ck_assert_msg(strstr(prompt.seen, "not found") == NULL, "%s", prompt.seen);
    close_shell(&prompt);
}
END_TEST

START_TEST(another_shell_is_told_which_are_known)
{
    OUTCOME(&outcome, command, "completion", "tcsh");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "bash, zsh and fish"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("completion");
    TCase *shells = tcase_create("shells");
    int count = (int)(sizeof lines / sizeof *lines);
    tcase_add_checked_fixture(shells, setup, teardown);
    tcase_set_timeout(shells, 120);
    tcase_add_loop_test(shells, bash_completes, 0, count);
    tcase_add_loop_test(shells, fish_completes, 0, count);
    tcase_add_loop_test(shells, zsh_completes, 0, count);
    tcase_add_test(shells, bash_finds_the_program_behind_options);
    tcase_add_test(shells, a_tab_at_the_prompt_of_bash_completes);
    tcase_add_test(shells, a_tab_at_the_prompt_of_zsh_completes);
    tcase_add_test(shells, another_shell_is_told_which_are_known);
    suite_add_tcase(suite, shells);

    return suite_run(suite);
}
