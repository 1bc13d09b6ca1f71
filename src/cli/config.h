/* cli/config.h - the verbs below `config`. */
#ifndef COMMISSIONED_CLI_CONFIG_H
#define COMMISSIONED_CLI_CONFIG_H

#include <sys/types.h>

#include "cli/cli.h"

extern const struct cli_verb cli_verb_config_check;
extern const struct cli_verb cli_verb_config_show;
extern const struct cli_verb cli_verb_config_edit;

/*
 * Whether the policy in `copy` could take the place of `file`, whose mode stays: says all that is
 * wrong with it, in words about `file`. A key that is not there yet is told and not held against
 * it.
 */
bool config_can_stand(const char *copy, const char *file, bool system, mode_t mode);

#endif
