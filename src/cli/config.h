/* cli/config.h - the verbs below `config`. */
#ifndef COMMISSIONED_CLI_CONFIG_H
#define COMMISSIONED_CLI_CONFIG_H

#include "cli/cli.h"

extern const struct cli_verb cli_verb_config_check;
extern const struct cli_verb cli_verb_config_show;

#endif
