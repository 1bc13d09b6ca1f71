/* zsh: _arguments and _describe, see zshcompsys(1). */
#include <string.h>

#include "cli/completion.h"

/* Text inside single quotes; brackets and colons would end an explanation of _arguments. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void put_action(FILE *out, enum cli_words words, const char *list)
{
    static const char *const actions[] = {
        [CLI_WORDS_NONE] = "",
        [CLI_WORDS_FILE] = "_files",
        [CLI_WORDS_FOLDER] = "_files -/",
        [CLI_WORDS_COMMAND] = "_command_names -e",
        [CLI_WORDS_USER] = "_users",
        [CLI_WORDS_GROUP] = "_groups",
        [CLI_WORDS_NAMED] = "_commissioned-auth_named",
        [CLI_WORDS_VERB] = "_commissioned-auth_verbs",
        [CLI_WORDS_KEY] = "_commissioned-auth_keys",
    };
    if (words == CLI_WORDS_LIST)
        fprintf(out, "(%s)", list);
    else
        fputs(actions[words], out);
}

/* What is said of an argument where nothing can be offered for it. A colon would end it, and what
 * follows be run. */
static void put_message(FILE *out, const char *text)
{
    fputc(':', out);
    for (; *text; text++)
        if (strchr("[].", *text) == NULL)
            fprintf(out, *text == ':' ? "\\%c" : "%c", *text);
    fputc(':', out);
}

static void put_option(FILE *out, const struct cli_option *option)
{
    if (option->letter)
        fprintf(out, " \\\n        '(-%c --%s)'{-%c,--%s}'[", option->letter, option->name,
                option->letter, option->name);
    else
        fprintf(out, " \\\n        '--%s[", option->name);
    put_text(out, option->help);
    fputc(']', out);
    if (option->argument != NULL) {
        put_message(out, option->argument);
        put_action(out, option->words, option->list);
    }
    fputc('\'', out);
}

static void put_verb(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    if (verb->verbs != NULL)
        return;
    fprintf(out,
            "_commissioned-auth_%s%s%s()\n{\n    _arguments%s '(- *)'{-h,--help}'[explain it]'",
            parent != NULL ? parent->name : "", parent != NULL ? "_" : "", verb->name,
            verb->stops_at_operand ? " -S -A '-*'" : "");
    for (const struct cli_option *o = verb->options; o->name != NULL; o++)
        put_option(out, o);
    if (verb->stops_at_operand)
        fputs(" \\\n        '*::program:_commissioned-auth_program'", out);
    else if (verb->words != CLI_WORDS_NONE) {
        fputs(" \\\n        '1", out);
        put_message(out, verb->operands);
        put_action(out, verb->words, verb->list);
        fputc('\'', out);
    }
    if (verb->words == CLI_WORDS_VERB)
        fputs(" \\\n        '2: :_commissioned-auth_verbs_below'", out);
    fputs("\n}\n", out);
}

/* A function that completes a verb's name and hands the rest of the line to that verb's. */
static void put_group(FILE *out, const char *name, const char *option,
                      const struct cli_verb *const *verbs)
{
    fprintf(
        out,
        "%s()\n{\n    local curcontext=$curcontext state line\n    local -a verbs\n"
        "    _arguments -C '(- *)'{-h,--help}'[explain it]'%s '1:verb:->verb' '*::rest:->rest'\n"
        "    case $state in\n    verb)\n        verbs=(\n",
        name, option);
    for (const struct cli_verb *const *v = verbs; *v != NULL; v++) {
        fprintf(out, "            '%s:", (*v)->name);
        put_text(out, (*v)->summary);
        fputs("'\n", out);
    }
    fprintf(out,
            "        )\n        _describe verb verbs ;;\n"
            "    rest)\n        (( $+functions[%s_$line[1]] )) && %s_$line[1] ;;\n    esac\n}\n",
            name, name);
}

/* Those of the verb that is the word before. */
static void put_verbs_below(FILE *out)
{
    fputs("_commissioned-auth_verbs_below()\n{\n    case $words[CURRENT-1] in\n", out);
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++) {
        if ((*v)->verbs == NULL)
            continue;
        fprintf(out, "    %s) compadd ", (*v)->name);
        completion_verbs(out, *v);
        fputs(";;\n", out);
    }
    fputs("    esac\n}\n", out);
}

void completion_zsh(FILE *out)
{
    char name[64];
    fputs("#compdef " CLI_NAME "\n"
          "_commissioned-auth_keys()\n{\n    local -a keys\n"
          "    keys=(${${(f)\"$(" CLI_NAME " key list 2>/dev/null)\"}[2,-1]%% *})\n"
          "    compadd -a keys\n}\n"
          "_commissioned-auth_named()\n{\n    local -a keys\n"
          "    keys=(${(f)\"$(" COMPLETION_NAMED_KEYS ")\"})\n"
          "    compadd -a keys\n}\n"
          /* What _arguments leaves of the line may begin with the word that ends the options. */
          "_commissioned-auth_program()\n{\n"
          "    [[ $words[1] != -- ]] || { shift words; (( CURRENT-- )) }\n    _normal\n}\n"
          "_commissioned-auth_verbs()\n{\n    compadd ",
          out);
    completion_verbs(out, &cli_command);
    fputs("\n}\n", out);
    put_verbs_below(out);
    completion_walk(out, put_verb);
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++) {
        snprintf(name, sizeof name, "_commissioned-auth_%s", (*v)->name);
        if ((*v)->verbs != NULL)
            put_group(out, name, "", (*v)->verbs);
    }
    put_group(out, "_commissioned-auth", " '(- *)'{-V,--version}'[print the version]'",
              cli_command.verbs);
    /* Right both when it is autoloaded from fpath and when it is sourced. */
    fputs("if [ \"$funcstack[1]\" = _commissioned-auth ]; then\n    _commissioned-auth \"$@\"\n"
          "else\n    compdef _commissioned-auth " CLI_NAME "\nfi\n",
          out);
}
