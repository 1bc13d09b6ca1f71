/* The help of a verb, laid out from its table.
 * tests/unit/test_cli_help.c holds it to one screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { OPTION_COLUMN = 28 }; /* where the explanation of an option begins */

static void usage_line(FILE *out, const struct cli_verb *verb, const char *path)
{
    fprintf(out, "usage: %s", path);
    if (verb->verbs != NULL)
        fputs(" VERB [OPTION...]", out);
    else if (verb->options[0].name != NULL)
        fputs(" [OPTION...]", out);
    if (verb->operands != NULL)
        fprintf(out, " %s", verb->operands);
    fputc('\n', out);
}

static void option_line(FILE *out, const struct cli_option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
             option->argument != NULL ? " " : "", option->argument != NULL ? option->argument : "");
    fprintf(out, "%-*s  %s\n", OPTION_COLUMN - 2, left, option->help);
}

static void write_help(FILE *out, const struct cli_verb *verb, const char *path)
{
    usage_line(out, verb, path);
    fprintf(out, "\n%s", verb->about);
    if (verb->verbs != NULL) {
        fputc('\n', out);
        for (const struct cli_verb *const *v = verb->verbs; *v != NULL; v++)
            fprintf(out, "  %-11s %s\n", (*v)->name, (*v)->summary);
    }
    if (verb->options[0].name != NULL) {
        fputc('\n', out);
        for (const struct cli_option *o = verb->options; o->name != NULL; o++)
            option_line(out, o);
    }
    if (verb->verbs != NULL)
        fprintf(out, "\n'%s VERB --help' explains one verb.\n", path);
}

int cli_print_help(const struct cli_verb *verb, const char *path)
{
    char *text = cli_help(verb, path);
    if (text == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    fputs(text, stdout);
    free(text);
    return CLI_OK;
}

char *cli_help(const struct cli_verb *verb, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    write_help(out, verb, path);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static const struct cli_option options[] = {{0}};

static int help(const struct cli_call *call)
{
    const struct cli_verb *verb = &cli_command;
    char path[128] = CLI_NAME;
    for (int i = 0; i < call->argc; i++) {
        const struct cli_verb *below = cli_find_verb(verb, call->argv[i]);
        if (below == NULL && verb->verbs == NULL)
            return cli_fail(CLI_FAILED, "'%s' has no verbs of its own", path);
        if (below == NULL)
            return cli_unknown_verb(verb, path, call->argv[i]);
        verb = below;
        snprintf(path + strlen(path), sizeof path - strlen(path), " %s", verb->name);
    }
    return cli_print_help(verb, path);
}

const struct cli_verb cli_verb_help = {
    .name = "help",
    .operands = "[VERB...]",
    .summary = "explain a verb, as its --help does",
    .about = "Explain VERB, such as 'run' or 'key add'; without one, list the verbs.\n",
    .options = options,
    .words = CLI_WORDS_VERB,
    .max_operands = -1,
    .run = help,
};
