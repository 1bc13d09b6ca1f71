#include "bridge/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config.h"

static bool is_for_somebody(const struct policy_who *who)
{
    return who->programs != NULL || who->scripts != NULL || who->users != NULL ||
           who->groups != NULL;
}

static bool has_token(const struct tokens *tokens, const char *rule)
{
    for (uint32_t i = 0; i < tokens->count; i++)
        if (tokens_names_rule(tokens->list[i].rules, rule))
            return true;
    return false;
}

static enum bridge_result check_denials(const struct policy_config *config,
                                        char why[BRIDGE_SENTENCE])
{
    if (config->ndenies == 0)
        return BRIDGE_OK;
    return bridge_fail(
        why, BRIDGE_BAD_POLICY,
        "%s:%u: no engine sees whom this denies: give the gateway a policy of its own "
        "with --config",
        config->denies[0].place.file, (unsigned)config->denies[0].place.line);
}

/* A token is given a rule by its name, so a name must mean one rule. */
static bool is_unique(const struct policy_config *config, const struct policy_config_rule *rule)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < config->nrules; i++)
        count += strcmp(config->rules[i].name, rule->name) == 0;
    return count == 1;
}

static enum bridge_result admit_rule(const struct policy_config *config,
                                     struct policy_config_rule *rule, const struct tokens *tokens,
                                     char why[BRIDGE_SENTENCE])
{
    const char *file = rule->place.file;
    unsigned line = rule->place.line;
    if (!is_unique(config, rule))
        return bridge_fail(why, BRIDGE_BAD_POLICY,
                           "%s:%u: another rule is called '%s' too: rename one", file, line,
                           rule->name);
    if (strcmp(rule->host, config->rules[0].host) != 0 || rule->port != config->rules[0].port)
        return bridge_fail(
            why, BRIDGE_BAD_POLICY,
            "%s:%u: the rule '%s' is for another origin than the first rule: a gateway "
            "is before one",
            file, line, rule->name);
    if (is_for_somebody(&rule->who) && !has_token(tokens, rule->name))
        return bridge_fail(
            why, BRIDGE_BAD_POLICY,
            "%s:%u: no engine sees the programs and users of the rule '%s': give it to "
            "a token ('commissioned-auth token add NAME --rule %s')",
            file, line, rule->name, rule->name);
    rule->mismatch = POLICY_MATCHES;
    return BRIDGE_OK;
}

/* The names of the rules that are for anybody, as a token has them. */
static char *common_rules(const struct policy_config *config)
{
    char *names = NULL;
    size_t size;
    FILE *out = open_memstream(&names, &size);
    if (out == NULL)
        return NULL;
    for (uint32_t i = 0; i < config->nrules; i++)
        if (!is_for_somebody(&config->rules[i].who))
            fprintf(out, "%s,", config->rules[i].name);
    return fclose(out) == 0 ? names : NULL;
}

static bool spell_rules_out(const struct policy_config *config, struct tokens *tokens)
{
    for (uint32_t i = 0; i < tokens->count; i++)
        if (tokens->list[i].rules == NULL && (tokens->list[i].rules = common_rules(config)) == NULL)
            return false;
    return true;
}

static enum bridge_result admit(struct policy_config *config, struct gateway *gateway,
                                char why[BRIDGE_SENTENCE])
{
    enum bridge_result result = check_denials(config, why);
    for (uint32_t i = 0; result == BRIDGE_OK && i < config->nrules; i++)
        result = admit_rule(config, &config->rules[i], &gateway->tokens, why);
    if (result == BRIDGE_OK && config->nrules == 0)
        result = bridge_fail(why, BRIDGE_BAD_POLICY, "the configuration has no rule");
    if (result == BRIDGE_OK && !spell_rules_out(config, &gateway->tokens))
        result = bridge_fail(why, BRIDGE_FAILED, "out of memory");
    return result;
}

/* What is printed names the files of keys, read or not. */
static void name_files(struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nkeys; i++)
        if (config->keys[i].source == POLICY_SOURCE_FILE)
            config->keys[i].path = config->keys[i].location;
}

static enum bridge_result take(struct policy_config *config, const struct policy_request *request,
                               enum gateway_keys keys, struct gateway *gateway,
                               char why[BRIDGE_SENTENCE])
{
    if (config == NULL)
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    if (config->error != NULL)
        return bridge_fail(why, BRIDGE_BAD_POLICY, "%s", config->error);
    if (!config->exists)
        return bridge_fail(why, BRIDGE_BAD_POLICY, "there is no configuration");
    enum bridge_result result = admit(config, gateway, why);
    if (result != BRIDGE_OK)
        return result;
    config->denied_by = POLICY_NONE;
    if (keys == GATEWAY_WITHOUT_KEYS)
        name_files(config);
    if (keys == GATEWAY_WITH_KEYS &&
        !policy_config_read_keys(config, request, POLICY_KEYS_MATCHING))
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    gateway->image = policy_config_pack(config);
    return gateway->image != NULL ? BRIDGE_OK : bridge_fail(why, BRIDGE_FAILED, "out of memory");
}

enum bridge_result gateway_read(const struct policy_request *request, const char *tokens_file,
                                enum gateway_keys keys, struct gateway *gateway,
                                char why[BRIDGE_SENTENCE])
{
    *gateway = (struct gateway){0};
    if (tokens_file != NULL) {
        enum bridge_result result = tokens_read(tokens_file, &gateway->tokens, why);
        if (result != BRIDGE_OK)
            return result;
    }
    struct policy_config *config = policy_config_read(request);
    enum bridge_result result = take(config, request, keys, gateway, why);
    policy_config_free(config);
    return result;
}

void gateway_free(struct gateway *gateway)
{
    tokens_free(&gateway->tokens);
    policy_image_free(gateway->image);
    *gateway = (struct gateway){0};
}
