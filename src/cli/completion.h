/* cli/completion.h - one writer a shell. */
#ifndef COMMISSIONED_CLI_COMPLETION_H
#define COMMISSIONED_CLI_COMPLETION_H

#include <stdio.h>

#include "cli/cli.h"

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

/* Calls `visit` for each verb below the command, sub-verbs before their verb; `parent` is NULL for
 * those of the command itself. */
void completion_walk(FILE *out, void (*visit)(FILE *out, const struct cli_verb *parent,
                                              const struct cli_verb *verb));

#endif
