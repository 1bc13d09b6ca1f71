#include "cli/config.h"

static const struct cli_option options[] = {{0}};

static const struct cli_verb *const verbs[] = {
    &cli_verb_config_check,
    &cli_verb_config_show,
    &cli_verb_config_edit,
    NULL,
};

const struct cli_verb cli_verb_config = {
    .name = "config",
    .summary = "check, show and edit the configuration",
    .about = "The configuration is described in commissioned-auth.conf(5).\n",
    .options = options,
    .verbs = verbs,
};
