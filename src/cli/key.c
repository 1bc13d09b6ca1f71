#include "cli/key.h"

static const struct cli_option options[] = {{0}};

static const struct cli_verb *const verbs[] = {
    &cli_verb_key_add,     &cli_verb_key_list,   &cli_verb_key_show,  &cli_verb_key_rotate,
    &cli_verb_key_promote, &cli_verb_key_remove, &cli_verb_key_check, NULL,
};

const struct cli_verb cli_verb_key = {
    .name = "key",
    .summary = "store, list, rotate and check keys",
    .about = "Keys are stored one a file, readable to nobody else, and are never an\n"
             "argument and never printed: only the first characters are shown.\n",
    .options = options,
    .verbs = verbs,
};
