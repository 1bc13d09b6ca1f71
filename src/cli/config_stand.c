/* Whether a copy of a policy could take its file's place, and what is to be said of it. */
#include <string.h>
#include <sys/stat.h>

#include "cli/config.h"
#include "cli/policy.h"

struct pair {
    const char *copy;
    const char *file;
};

/* The sentence is about the copy, and its reader knows the file. */
static void tell(const struct pair *pair, const char *sentence)
{
    const char *at = strstr(sentence, pair->copy);
    if (at == NULL)
        cli_warn("%s", sentence);
    else
        cli_warn("%.*s%s%s", (int)(at - sentence), sentence, pair->file, at + strlen(pair->copy));
}

/* Others may read the file, and the copy holds a key. */
static bool shows_a_key(const struct pair *pair, const struct policy_config *config, mode_t mode)
{
    bool holds = false;
    for (uint32_t i = 0; i < config->nkeys; i++)
        holds |= config->keys[i].source == POLICY_SOURCE_INLINE;
    if (!holds || (mode & 077) == 0)
        return false;
    cli_warn("%s: mode %04o would let others read the key that is in it now: chmod 600 it first, "
             "or put the key into a file by '" CLI_NAME " key add'",
             pair->file, (unsigned)(mode & 07777));
    return true;
}

static bool tell_findings(const struct pair *pair, const struct policy_config *config)
{
    bool good = config->error == NULL;
    for (uint32_t i = 0; i < config->nfindings; i++) {
        good = good && config->findings[i].severity != POLICY_ERROR;
        tell(pair, config->findings[i].sentence);
    }
    if (config->error != NULL && config->nfindings == 0)
        tell(pair, config->error);
    /* A key may be stored afterwards: that is worth a word and no reason to refuse. */
    for (uint32_t i = 0; good && i < config->nkeys; i++)
        if (config->keys[i].error != NULL && policy_key_error_is_new(config, i))
            tell(pair, config->keys[i].error);
    return good;
}

bool config_can_stand(const char *copy, const char *file, bool system, mode_t mode)
{
    const struct pair pair = {copy, file};
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    if (asker_prepare(&asker, NULL, NULL) != CLI_OK || asker_only_file(&asker, copy) != CLI_OK)
        return false;
    if (system) {
        asker.request.system_file = asker.request.env_file;
        asker.request.env_file = NULL;
    }
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_check(config) ||
        !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL)) {
        cli_warn("out of memory");
        return false;
    }
    return tell_findings(&pair, config) && !shows_a_key(&pair, config, mode);
}
