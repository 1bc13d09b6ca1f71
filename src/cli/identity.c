#include "cli/identity.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"

/* -1 stands for none in the kernel's own calls. */
static const uint32_t max_id = UINT32_MAX - 1;

bool identity_find_group(const char *text, gid_t *gid)
{
    const struct group *group = getgrnam(text);
    if (group == NULL)
        return text_number_read(text, max_id, gid);
    *gid = group->gr_gid;
    return true;
}

static int take_entry(struct identity *identity, const struct passwd *user)
{
    int count = IDENTITY_MAX_GROUPS;
    snprintf(identity->name, sizeof identity->name, "%s", user->pw_name);
    snprintf(identity->home, sizeof identity->home, "%s", user->pw_dir);
    identity->uid = user->pw_uid;
    if (!identity->group_given)
        identity->gid = user->pw_gid;
    if (getgrouplist(user->pw_name, identity->gid, identity->groups, &count) < 0)
        return cli_fail(CLI_FAILED, "--user: '%s' is in more than %d groups", user->pw_name,
                        IDENTITY_MAX_GROUPS);
    identity->ngroups = (size_t)count;
    identity->groups_known = true;
    return CLI_OK;
}

static void take_number(struct identity *identity, uid_t uid)
{
    snprintf(identity->name, sizeof identity->name, "%lu", (unsigned long)uid);
    identity->uid = uid;
    identity->groups_known = identity->group_given;
    if (!identity->group_given)
        identity->gid = IDENTITY_NO_GROUP;
}

int identity_find(const char *text, struct identity *identity)
{
    char word[256];
    const struct passwd *user;
    uid_t number;
    memset(identity, 0, sizeof *identity);
    if (snprintf(word, sizeof word, "%s", text) >= (int)sizeof word)
        return cli_fail(CLI_FAILED, "--user: the name is too long");
    char *colon = strchr(word, ':');
    if (colon != NULL) {
        *colon++ = '\0';
        identity->group_given = true;
        if (!identity_find_group(colon, &identity->gid))
            return cli_fail(CLI_FAILED, "--user: there is no group '%s'", colon);
    }
    user = getpwnam(word);
    if (user == NULL && text_number_read(word, max_id, &number)) {
        user = getpwuid(number);
        if (user == NULL) {
            take_number(identity, number);
            return CLI_OK;
        }
    }
    if (user == NULL)
        return cli_fail(CLI_FAILED, "--user: there is no user '%s'", word);
    return take_entry(identity, user);
}
