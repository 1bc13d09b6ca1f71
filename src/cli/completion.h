/* cli/completion.h - one writer a shell. */
#ifndef COMMISSIONED_CLI_COMPLETION_H
#define COMMISSIONED_CLI_COMPLETION_H

#include <stdio.h>

#include "cli/cli.h"

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

/* Prints the names that keys have in the configuration in force, one a line, for all three. */
#define COMPLETION_NAMED_KEYS                                                                      \
    CLI_NAME " config show 2>/dev/null | sed -n \"s/^key \\([^ ]*\\) .*/\\1/p\""

/* The names of the verbs of `verb`, each with a blank behind it. */
void completion_verbs(FILE *out, const struct cli_verb *verb);

/* Calls `visit` for each verb below the command, sub-verbs before their verb; `parent` is NULL for
 * those of the command itself. */
void completion_walk(FILE *out, void (*visit)(FILE *out, const struct cli_verb *parent,
                                              const struct cli_verb *verb));

#endif
