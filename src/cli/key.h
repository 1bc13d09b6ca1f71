/* cli/key.h - the verbs below `key`, one file or two each, and the options that they share. */
#ifndef COMMISSIONED_CLI_KEY_H
#define COMMISSIONED_CLI_KEY_H

#include <sys/types.h>

#include "cli/cli.h"

extern const struct cli_verb cli_verb_key_add;
extern const struct cli_verb cli_verb_key_list;
extern const struct cli_verb cli_verb_key_show;
extern const struct cli_verb cli_verb_key_rotate;
extern const struct cli_verb cli_verb_key_promote;
extern const struct cli_verb cli_verb_key_remove;
extern const struct cli_verb cli_verb_key_check;

/* Of all of them. */
#define KEY_DIR                                                                                    \
    {                                                                                              \
        "dir", 0, "DIR", "the folder of keys", CLI_WORDS_FOLDER, NULL                              \
    }

struct key_store;

/* Where the store's owner has no configuration, writes one that gives the key to those who can read
 * it (`group`: its members, or -1); else prints what to add to the one there is. Exit code. */
int key_tell_configuration(const struct key_store *store, const char *name, gid_t group);

#endif
