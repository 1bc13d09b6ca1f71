#include "policy/selection.h"

#include <stdlib.h>
#include <string.h>

static int compare_origins(const void *a, const void *b)
{
    const struct policy_origin *x = a, *y = b;
    int order = strcmp(x->host, y->host);
    return order != 0 ? order : (int)x->port - (int)y->port;
}

static void choose_origins(struct selection *chosen)
{
    struct policy_origin *origins = chosen->origins;
    uint32_t count = 0;
    for (uint32_t i = 0; i < chosen->nrules; i++) {
        struct policy_origin origin = {chosen->rules[i]->host, chosen->rules[i]->port};
        if (count == 0 || compare_origins(&origins[count - 1], &origin) != 0)
            origins[count++] = origin;
    }
    if (count > 0)
        qsort(origins, count, sizeof *origins, compare_origins);
    for (uint32_t i = 0; i < count; i++)
        if (chosen->norigins == 0 ||
            compare_origins(&origins[chosen->norigins - 1], &origins[i]) != 0)
            origins[chosen->norigins++] = origins[i];
}

static void choose_key(struct selection *chosen, const struct policy_config *config,
                       uint32_t number)
{
    if (chosen->key_number[number] != POLICY_NONE)
        return;
    chosen->key_number[number] = chosen->nkeys;
    chosen->keys[chosen->nkeys++] = &config->keys[number];
    /* A next key that is not there yet is the normal case, and nothing to take over with. */
    uint32_t next = config->keys[number].next;
    if (next != POLICY_NONE && config->keys[next].header != NULL)
        choose_key(chosen, config, next);
}

/* Another user or group would make no difference to one that is not known to be for the program. */
static bool is_kept(const struct policy_config_rule *rule)
{
    return rule->mismatch != POLICY_UNKNOWN_PROGRAM && rule->mismatch != POLICY_UNKNOWN_SCRIPT;
}

/* Of a process that can become another user, for whom nobody may be able to read them again. */
static void choose_kept(struct selection *chosen, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        if (!rule->who.may_concern || !is_kept(rule) || rule->key == POLICY_NONE)
            continue;
        chosen->kept[chosen->nkept++] = rule;
        choose_key(chosen, config, rule->key);
    }
}

void selection_choose(struct selection *chosen, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nkeys; i++)
        chosen->key_number[i] = POLICY_NONE;
    if (chosen->kept != NULL)
        choose_kept(chosen, config);
    if (config->denied_by != POLICY_NONE)
        return;
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        if (rule->mismatch != POLICY_MATCHES || rule->key == POLICY_NONE)
            continue;
        chosen->rules[chosen->nrules++] = rule;
        choose_key(chosen, config, rule->key);
    }
    choose_origins(chosen);
}
