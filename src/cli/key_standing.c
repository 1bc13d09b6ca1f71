#include "cli/key_standing.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/identity.h"
#include "core/text.h"

enum { MAX_GROUPS = 1024 };

static bool is_user(const char *name)
{
    const struct passwd *user = getpwnam(name);
    uid_t number;
    return (user != NULL && user->pw_uid == geteuid()) ||
           (text_number_read(name, UINT32_MAX, &number) && number == geteuid());
}

static bool is_group(const char *name)
{
    gid_t number;
    gid_t groups[MAX_GROUPS];
    int count = getgroups(MAX_GROUPS, groups);
    if (!identity_find_group(name, &number))
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == number)
            return true;
    return number == getegid();
}

static bool any(const char *const *names, bool (*is)(const char *))
{
    if (names == NULL)
        return true;
    for (; *names != NULL; names++)
        if (is(*names))
            return true;
    return false;
}

/* Whether a rule gives the key to any program that this user runs. */
static bool is_for_this_user(const struct policy_config *config, uint32_t number)
{
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        bool names_it = rule->key == number ||
                        (rule->key != POLICY_NONE && config->keys[rule->key].next == number);
        if (names_it && any(rule->who.users, is_user) && any(rule->who.groups, is_group))
            return true;
    }
    return false;
}

/* A process has its own, whatever is set here: nothing could be read. */
static bool is_of_each_process(const struct policy_config_key *key)
{
    return (key->source == POLICY_SOURCE_CREDENTIAL || key->source == POLICY_SOURCE_ENVIRONMENT) &&
           key->path == NULL;
}

enum standing key_standing(const struct policy_config *config, uint32_t number)
{
    const struct policy_config_key *key = &config->keys[number];
    if (key->error == NULL)
        return STANDING_GOOD;
    if (!policy_key_error_is_new(config, number) || (key->is_next && key->absent))
        return STANDING_QUIET;
    if (key->absent && is_of_each_process(key))
        return STANDING_ELSEWHERE;
    /* A key that no rule uses is warned of as such. */
    if ((key->used || key->is_next) && !key->absent && !is_for_this_user(config, number))
        return STANDING_OTHER;
    return STANDING_ERROR;
}

void key_standing_text(const struct policy_config_key *key, enum standing standing, char *text,
                       size_t room)
{
    if (standing == STANDING_OTHER)
        snprintf(text, room,
                 "the key %s is for other users than this one: 'config check --user U' asks as one",
                 key->name);
    else if (key->source == POLICY_SOURCE_CREDENTIAL)
        snprintf(text, room,
                 "the key %s is a credential of systemd, %s, and known in its unit alone",
                 key->name, key->location);
    else
        snprintf(text, room,
                 "the key %s is in the variable %s, and known to programs that have it: not here",
                 key->name, key->location);
}
