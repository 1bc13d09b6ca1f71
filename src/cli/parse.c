/* Options and operands by getopt_long(3), from a verb's table. */
#include "cli/parse.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum { LETTER_HELP = 1000, LETTER_NONE = 2000 };

struct getopt_tables {
    char letters[2 * CLI_MAX_OPTIONS + 8];
    struct option longs[CLI_MAX_OPTIONS + 2];
    const char *names[CLI_MAX_OPTIONS + 2]; /* for suggestions; ends in NULL */
};

static void make_tables(const struct cli_verb *verb, struct getopt_tables *tables)
{
    char *letter = tables->letters;
    int count = 0;
    /* '+' stops at the first operand, ':' leaves the messages to us; see getopt(3). */
    if (verb->stops_at_operand || verb->verbs != NULL)
        *letter++ = '+';
    *letter++ = ':';
    *letter++ = 'h';
    for (const struct cli_option *o = verb->options; o->name != NULL; o++, count++) {
        tables->longs[count] =
            (struct option){o->name, o->argument != NULL ? required_argument : no_argument, NULL,
                            LETTER_NONE + count};
        tables->names[count] = o->name;
        if (!o->letter)
            continue;
        *letter++ = o->letter;
        if (o->argument != NULL)
            *letter++ = ':';
    }
    *letter = '\0';
    tables->longs[count] = (struct option){"help", no_argument, NULL, LETTER_HELP};
    tables->names[count++] = "help";
    tables->longs[count] = (struct option){0};
    tables->names[count] = NULL;
}

static int misuse(const struct cli_verb *verb)
{
    return verb->misuse ? verb->misuse : CLI_FAILED;
}

/* What getopt_long could not read is either the letter in optopt or the word before optind. */
static int unknown_option(const struct cli_verb *verb, const char *path, char **argv,
                          const struct getopt_tables *tables)
{
    const char *word = argv[optind - 1];
    const char *nearest = NULL;
    char name[64];
    if (optopt > 0 && optopt < LETTER_HELP)
        return cli_fail(misuse(verb), "unknown option -%c; '%s --help' lists them", optopt, path);
    if (optopt >= LETTER_HELP)
        return cli_fail(misuse(verb), "option %s takes no argument", word);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    nearest = text_nearest(name, tables->names);
    if (nearest != NULL)
        return cli_fail(misuse(verb), "unknown option --%s; did you mean --%s?", name, nearest);
    return cli_fail(misuse(verb), "unknown option --%s; '%s --help' lists them", name, path);
}

static int option_index(const struct cli_verb *verb, int found)
{
    if (found >= LETTER_NONE)
        return found - LETTER_NONE;
    for (int i = 0; verb->options[i].name != NULL; i++)
        if (verb->options[i].letter == found)
            return i;
    return -1;
}

/* What is too much is not repeated: it may be a key. */
static int check_operands(const struct cli_verb *verb, const char *path,
                          const struct cli_call *call)
{
    if (verb->verbs != NULL)
        return CLI_OK;
    if (call->argc < verb->min_operands)
        return cli_fail(misuse(verb), "%s needs %s; '%s --help' explains it", path, verb->operands,
                        path);
    if (verb->max_operands >= 0 && call->argc > verb->max_operands)
        return cli_fail(misuse(verb), "too many arguments; '%s --help' explains it", path);
    return CLI_OK;
}

int cli_parse(const struct cli_verb *verb, const char *path, int argc, char **argv,
              struct cli_call *call, bool *help)
{
    struct getopt_tables tables = {0};
    int found;
    make_tables(verb, &tables);
    memset(call, 0, sizeof *call);
    *help = false;
    opterr = 0;
    optind = 0; /* glibc and musl: start afresh, and read the '+' again */
    while ((found = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        if (found == LETTER_HELP || found == 'h') {
            *help = true;
            return CLI_OK;
        }
        if (found == ':')
            return cli_fail(misuse(verb), "option %s needs an argument", argv[optind - 1]);
        if (found == '?')
            return unknown_option(verb, path, argv, &tables);
        call->value[option_index(verb, found)] = optarg != NULL ? optarg : "";
    }
    call->argc = argc - optind;
    call->argv = argv + optind;
    return check_operands(verb, path, call);
}
