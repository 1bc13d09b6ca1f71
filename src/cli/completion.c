/*
 * completion - the shells' completions, written from the tables of the verbs.
 *
 * Each shell gets one list of rules: after these words, offer that. What needs the machine (files,
 * commands, users, the names of stored keys) is the shell's to find when it is asked.
 */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct cli_option options[] = {{0}};

static int completion(const struct cli_call *call)
{
    static const struct {
        const char *shell;
        void (*write)(FILE *out);
    } shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(call->argv[0], shells[i].shell) == 0) {
            shells[i].write(stdout);
            return CLI_OK;
        }
    }
    return cli_fail(CLI_FAILED, "completion: bash, zsh and fish are known, and no other shell");
}

const struct cli_verb cli_verb_completion = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .summary = "print the completion for a shell",
    .about = "Print the completion for a shell. For one session of bash:\n\n"
             "    source <(" CLI_NAME " completion bash)\n",
    .options = options,
    .words = CLI_WORDS_LIST,
    .list = "bash zsh fish",
    .min_operands = 1,
    .max_operands = 1,
    .run = completion,
};
