/* bash: programmable completion, "Programmable Completion Builtins" in bash(1). */
#include "cli/completion.h"

static void put_words(FILE *out, const struct cli_verb *verb)
{
    completion_verbs(out, verb);
    for (const struct cli_option *o = verb->options; o->name != NULL; o++)
        fprintf(out, "--%s ", o->name);
    fputs("--help", out);
}

static void put_generator(FILE *out, enum cli_words words, const char *list)
{
    static const char *const generators[] = {
        [CLI_WORDS_NONE] = "",
        [CLI_WORDS_FILE] = "compgen -f -- \"$word\"",
        [CLI_WORDS_FOLDER] = "compgen -d -- \"$word\"",
        [CLI_WORDS_COMMAND] = "compgen -c -f -- \"$word\"",
        [CLI_WORDS_USER] = "compgen -u -- \"$word\"",
        [CLI_WORDS_GROUP] = "compgen -g -- \"$word\"",
        [CLI_WORDS_NAMED] = "compgen -W \"$(" COMPLETION_NAMED_KEYS ")\" -- \"$word\"",
        [CLI_WORDS_KEY] = "compgen -W \"$(" CLI_NAME " key list 2>/dev/null |"
                          " sed '1d;s/ .*//')\" -- \"$word\"",
    };
    if (words == CLI_WORDS_LIST || words == CLI_WORDS_VERB) {
        fputs("compgen -W '", out);
        if (words == CLI_WORDS_VERB)
            completion_verbs(out, &cli_command);
        else
            fputs(list, out);
        fputs("' -- \"$word\"", out);
        return;
    }
    fputs(generators[words], out);
}

static void put_pattern(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    fprintf(out, "%s%s%s", parent != NULL ? parent->name : "", parent != NULL ? "/" : "",
            verb->name);
}

/* The argument of an option, by the word before the cursor. */
static void put_arguments(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
        if (o->argument == NULL)
            continue;
        fputs("    ", out);
        put_pattern(out, parent, verb);
        fprintf(out, "/--%s", o->name);
        if (o->letter) {
            fputc('|', out);
            put_pattern(out, parent, verb);
            fprintf(out, "/-%c", o->letter);
        }
        fputs(") found=$(", out);
        put_generator(out, o->words, o->list);
        fputs(") ;;\n", out);
    }
}

static void put_verb(FILE *out, const struct cli_verb *parent, const struct cli_verb *verb)
{
    fputs("    ", out);
    put_pattern(out, parent, verb);
    fputs("/-*) found=$(compgen -W '", out);
    put_words(out, verb);
    fputs("' -- \"$word\") ;;\n    ", out);
    put_pattern(out, parent, verb);
    fputs("/*) found=$(", out);
    if (verb->verbs != NULL) {
        fputs("compgen -W '", out);
        put_words(out, verb);
        fputs("' -- \"$word\"", out);
    } else {
        put_generator(out, verb->words, verb->list);
    }
    fputs(") ;;\n", out);
}

/* `run` hands the rest of the line to another program, whose own completion is asked for. */
static const char head[] =
    "_commissioned_auth()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local verb= found= i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case $verb/${COMP_WORDS[i]} in\n"
    "        run/--) ((i++)); break ;;\n";

static const char after_options[] = ") ((i++)); [[ ${COMP_WORDS[i]} != = ]] || ((i++)) ;;\n"
                                    "        run/[!-]*) break ;;\n"
                                    "        /[!-]*) verb=${COMP_WORDS[i]} ;;\n";

static const char middle[] =
    "        esac\n"
    "    done\n"
    "    if [[ $verb == run && $i -lt $COMP_CWORD ]]; then\n"
    "        if declare -F _command_offset >/dev/null; then\n"
    "            _command_offset $i\n"
    "        else\n"
    "            compopt -o default\n"
    "        fi\n"
    "        return\n"
    "    fi\n"
    "    [[ $word != = ]] || { before=${COMP_WORDS[COMP_CWORD-1]}; word=; }\n"
    "    [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    case $verb/$before in\n";

static const char tail[] =
    "    esac\n"
    "    mapfile -t COMPREPLY <<<\"$found\"\n"
    "    [[ -n $found ]] || COMPREPLY=()\n"
    "}\n"
    "complete -o filenames -o bashdefault -F _commissioned_auth " CLI_NAME "\n";

/* What takes a word that is not the program. */
static void put_options_of_run(FILE *out)
{
    const char *between = "        ";
    for (const struct cli_option *o = cli_verb_run.options; o->name != NULL; o++) {
        if (o->argument == NULL)
            continue;
        fprintf(out, "%srun/--%s", between, o->name);
        between = "|";
        if (o->letter)
            fprintf(out, "|run/-%c", o->letter);
    }
}

/* Behind `help` and a verb stand that verb's own, and nothing behind those. */
static void put_help(FILE *out)
{
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++) {
        if ((*v)->verbs == NULL)
            continue;
        fprintf(out, "    help/%s/*) found=$(compgen -W '", (*v)->name);
        completion_verbs(out, *v);
        fputs("' -- \"$word\") ;;\n", out);
    }
    fputs("    help/*/*) ;;\n", out);
}

void completion_bash(FILE *out)
{
    fputs(head, out);
    put_options_of_run(out);
    fputs(after_options, out);
    fputs("        help/*/*) verb=help/none ;;\n"
          "        help/[!-]*) verb=help/${COMP_WORDS[i]} ;;\n",
          out);
    /* A verb with verbs of its own takes one more word into its name. */
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++)
        if ((*v)->verbs != NULL)
            fprintf(out, "        %s/*/*) ;;\n        %s/[!-]*) verb=%s/${COMP_WORDS[i]} ;;\n",
                    (*v)->name, (*v)->name, (*v)->name);
    fputs(middle, out);
    completion_walk(out, put_arguments);
    fputs("    *) case $verb/$word in\n", out);
    put_help(out);
    completion_walk(out, put_verb);
    fputs("    /*) found=$(compgen -W '", out);
    put_words(out, &cli_command);
    fputs("' -- \"$word\") ;;\n    esac ;;\n", out);
    fputs(tail, out);
}
