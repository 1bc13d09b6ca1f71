/* fish: complete(1). */
#include "cli/completion.h"

static void put_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++)
        fprintf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('\'', out);
}

static void put_other_verbs(FILE *out)
{
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++)
        if (*v != &cli_verb_help)
            fprintf(out, "%s ", (*v)->name);
}

/* True on a line where this verb, below that parent, was typed. Behind `help` a verb's name is an
 * operand, behind which only verbs of its own stand. */
static void put_condition(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    fprintf(out, "complete -c " CLI_NAME " -n '__fish_seen_subcommand_from %s",
            parent != NULL ? parent->name : verb->name);
    if (parent != NULL)
        fprintf(out, "; and __fish_seen_subcommand_from %s", verb->name);
    fputs("; and not __fish_seen_subcommand_from ", out);
    if (verb != &cli_verb_help)
        fputs("help", out);
    else
        put_other_verbs(out);
    fputc('\'', out);
}

static void put_words(FILE *out, enum cli_words words, const char *list)
{
    static const char *const choices[] = {
        [CLI_WORDS_NONE] = " -f",
        [CLI_WORDS_FILE] = " -F",
        [CLI_WORDS_FOLDER] = " -f -a '(__fish_complete_directories)'",
        [CLI_WORDS_COMMAND] = " -f -a '(__fish_complete_command)'",
        [CLI_WORDS_USER] = " -f -a '(__fish_complete_users)'",
        [CLI_WORDS_GROUP] = " -f -a '(__fish_complete_groups)'",
        [CLI_WORDS_NAMED] = " -f -a '(" COMPLETION_NAMED_KEYS ")'",
        [CLI_WORDS_KEY] = " -f -a '(" CLI_NAME " key list 2>/dev/null |"
                          " string replace -r \" .*\" \"\")'",
    };
    if (words == CLI_WORDS_LIST || words == CLI_WORDS_VERB) {
        fputs(" -f -a '", out);
        if (words == CLI_WORDS_VERB)
            completion_verbs(out, &cli_command);
        else
            fputs(list, out);
        fputc('\'', out);
        return;
    }
    fputs(choices[words], out);
}

/* The program behind options, and what it completes itself. */
static void put_program(FILE *out, const struct cli_verb *verb)
{
    fputs(" -f -a '(__fish_complete_subcommand --fcs-skip=2", out);
    for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
        if (o->argument == NULL)
            continue;
        fprintf(out, " --%s", o->name);
        if (o->letter)
            fprintf(out, " -%c", o->letter);
    }
    fputs(")'", out);
}

static void put_options(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
        put_condition(out, parent, verb);
        fprintf(out, " -l %s", o->name);
        if (o->letter)
            fprintf(out, " -s %c", o->letter);
        if (o->argument != NULL) {
            fputs(" -r", out);
            put_words(out, o->words, o->list);
        }
        fputs(" -d ", out);
        put_text(out, o->help);
        fputc('\n', out);
    }
}

static void put_sub_verbs(FILE *out, const struct cli_verb *verb)
{
    for (const struct cli_verb *const *v = verb->verbs; *v != NULL; v++) {
        fprintf(out,
                "complete -c " CLI_NAME " -n '__fish_seen_subcommand_from %s; and not "
                "__fish_seen_subcommand_from",
                verb->name);
        for (const struct cli_verb *const *other = verb->verbs; *other != NULL; other++)
            fprintf(out, " %s", (*other)->name);
        fprintf(out, "' -f -a %s -d ", (*v)->name);
        put_text(out, (*v)->summary);
        fputc('\n', out);
    }
}

static void put_verb(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    if (parent == NULL) {
        fprintf(out, "complete -c " CLI_NAME " -n __fish_use_subcommand -f -a %s -d ", verb->name);
        put_text(out, verb->summary);
        fputc('\n', out);
    }
    if (verb->verbs != NULL) {
        put_sub_verbs(out, verb);
        return;
    }
    put_condition(out, parent, verb);
    if (verb->stops_at_operand)
        put_program(out, verb);
    else
        put_words(out, verb->words, verb->list);
    fputc('\n', out);
    put_options(out, parent, verb);
}

void completion_fish(FILE *out)
{
    fputs("complete -c " CLI_NAME " -f\n"
          "complete -c " CLI_NAME " -l help -s h -d 'explain it'\n"
          "complete -c " CLI_NAME " -n __fish_use_subcommand -l version -s V"
          " -d 'print the version'\n",
          out);
    completion_walk(out, put_verb);
}
