/*
 * key_standing.h - what a key's error means where it is asked about by a person: many keys are
 * rightly not to be had by him, in a shell.
 *
 * Threads: none. Pure but for the lookup of users and groups.
 */
#ifndef COMMISSIONED_CLI_KEY_STANDING_H
#define COMMISSIONED_CLI_KEY_STANDING_H

#include "policy/config.h"

enum standing {
    STANDING_GOOD,
    STANDING_QUIET,     /* a next key that is not stored yet, or what was said already */
    STANDING_ELSEWHERE, /* a credential, or a variable: each process has its own, this one none */
    STANDING_OTHER,     /* no rule gives it to this user */
    STANDING_ERROR,
};

/* Of the key `number`, for the effective user and groups of this process. */
enum standing key_standing(const struct policy_config *config, uint32_t number);

/* What to say of STANDING_ELSEWHERE and STANDING_OTHER; names the key. */
void key_standing_text(const struct policy_config_key *key, enum standing standing, char *text,
                       size_t room);

#endif
