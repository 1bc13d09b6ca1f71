#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/account.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "core/cleanup.h"
#include "core/text.h"

enum { OPTION_VERSION };
enum { MAX_SHOWN = 16 }; /* a longer word may be a key that was put in the wrong place */

static const struct cli_option options[] = {
    [OPTION_VERSION] = {"version", 'V', NULL, "print the version", CLI_WORDS_NONE, NULL},
    {0},
};

static const struct cli_verb *const verbs[] = {
    &cli_verb_run,
    &cli_verb_explain,
    &cli_verb_doctor,
    &cli_verb_key,
    &cli_verb_config,
    &cli_verb_gateway,
    &cli_verb_token,
    &cli_verb_enable,
    &cli_verb_disable,
    &cli_verb_status,
    &cli_verb_completion,
    &cli_verb_help,
    NULL,
};

const struct cli_verb cli_command = {
    .name = CLI_NAME,
    .about = "Give unmodified programs their Commissioned API key.\n",
    .options = options,
    .verbs = verbs,
};

int cli_unknown_verb(const struct cli_verb *verb, const char *path, const char *typed)
{
    size_t count = 0;
    while (verb->verbs[count] != NULL)
        count++;
    auto_free const char **names = calloc(count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++)
        names[i] = verb->verbs[i]->name;
    if (strlen(typed) > MAX_SHOWN)
        return cli_fail(CLI_FAILED, "unknown verb; '%s --help' lists them", path);
    const char *nearest = names != NULL ? text_nearest(typed, names) : NULL;
    if (nearest != NULL)
        return cli_fail(CLI_FAILED, "unknown verb '%s'; did you mean '%s %s'?", typed, path,
                        nearest);
    return cli_fail(CLI_FAILED, "unknown verb '%s'; '%s --help' lists them", typed, path);
}

const struct cli_verb *cli_find_verb(const struct cli_verb *verb, const char *name)
{
    for (const struct cli_verb *const *v = verb->verbs; v != NULL && *v != NULL; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

static int dispatch_sub(const struct cli_verb *verb, const char *path, const struct cli_call *call)
{
    const struct cli_verb *sub;
    char below[128];
    if (call->argc == 0) {
        char *text = cli_help(verb, path);
        fputs(text != NULL ? text : "", stderr);
        free(text);
        return CLI_FAILED;
    }
    sub = cli_find_verb(verb, call->argv[0]);
    if (sub == NULL)
        return cli_unknown_verb(verb, path, call->argv[0]);
    snprintf(below, sizeof below, "%s %s", path, sub->name);
    return cli_dispatch(sub, below, call->argc, call->argv);
}

static bool is_given(const struct cli_verb *verb, const struct cli_call *call, const char *name)
{
    for (int i = 0; verb->options[i].name != NULL; i++)
        if (strcmp(verb->options[i].name, name) == 0)
            return call->value[i] != NULL;
    return false;
}

/* Asked before the call is parsed: a wrong call is an error that a program reads, too. */
static bool wants_json(const struct cli_verb *verb, int argc, char **argv)
{
    bool has = false;
    for (const struct cli_option *o = verb->options; o->name != NULL; o++)
        has |= strcmp(o->name, "json") == 0;
    for (int i = 1; has && i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-j") == 0)
            return true;
    return false;
}

static int dispatch_verb(const struct cli_verb *verb, const char *path, int argc, char **argv);

/* As a program ends that knows nothing of it; not where it was ignored from the start. */
static void end_as_without_reader(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) != 0 || now.sa_handler == SIG_IGN)
        return;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

int cli_dispatch(const struct cli_verb *verb, const char *path, int argc, char **argv)
{
    bool json = wants_json(verb, argc, argv);
    int status = dispatch_verb(verb, path, argc, argv);
    if (json)
        json_print_error(status);
    /* What could not be written was not told: a full disk is no success. */
    bool told = fflush(stdout) == 0;
    if (!told && errno == EPIPE)
        end_as_without_reader();
    if (!told && status == CLI_OK)
        return cli_fail(CLI_FAILED, "cannot write to standard output: %m");
    return status;
}

static int dispatch_verb(const struct cli_verb *verb, const char *path, int argc, char **argv)
{
    struct cli_call call;
    bool help;
    int status = cli_parse(verb, path, argc, argv, &call, &help);
    if (status != CLI_OK)
        return status;
    if (help)
        return cli_print_help(verb, path);
    if (verb == &cli_command && call.value[OPTION_VERSION] != NULL) {
        puts(CLI_NAME " " VERSION);
        return CLI_OK;
    }
    if (is_given(verb, &call, "quiet") && freopen("/dev/null", "we", stdout) == NULL)
        return cli_fail(CLI_FAILED, "/dev/null: %m");
    if (verb->verbs != NULL)
        status = dispatch_sub(verb, path, &call);
    else
        status = verb->run(&call);
    if (verb->account && !is_given(verb, &call, "dry-run"))
        account_key(path, call.argv[0], status);
    return status;
}
