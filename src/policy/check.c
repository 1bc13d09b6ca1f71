/*
 * What only a person wants to know: what is written and has no effect.
 */
#include <string.h>

#include "policy/check_names.h"
#include "policy/index.h"
#include "policy/store.h"

/* How many rules of a scope are compared with each later one, so that 10,000 rules take no time. */
enum { MAX_COMPARED = 32 };

static bool contains(const char *const *list, const char *text)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

/* True where whatever `inner` names, `outer` names too; a list that is not written names all. */
static bool covers_list(const char *const *outer, const char *const *inner)
{
    if (outer == NULL)
        return true;
    if (inner == NULL)
        return false;
    for (; *inner != NULL; inner++)
        if (!contains(outer, *inner))
            return false;
    return true;
}

static bool covers(const struct policy_config_rule *outer, const struct policy_config_rule *inner)
{
    return covers_list(outer->methods, inner->methods) &&
           covers_list(outer->who.programs, inner->who.programs) &&
           covers_list(outer->who.scripts, inner->who.scripts) &&
           covers_list(outer->who.users, inner->who.users) &&
           covers_list(outer->who.groups, inner->who.groups);
}

/* Enough of an image for the index to be filled and asked. */
struct scopes {
    struct policy_image image;
    struct policy_rule *rules;
    uint32_t *slots;
    uint32_t *chain;
};

static bool fill_scopes(struct scopes *scopes, struct policy_config *config)
{
    struct arena *arena = &config->arena;
    uint32_t nslots = policy_index_slots(config->nrules);
    scopes->rules = arena_alloc(arena, config->nrules * sizeof *scopes->rules);
    scopes->slots = arena_alloc(arena, nslots * sizeof *scopes->slots);
    scopes->chain = arena_alloc(arena, config->nrules * sizeof *scopes->chain);
    if (arena->failed)
        return false;
    for (uint32_t i = 0; i < config->nrules; i++) {
        scopes->rules[i].host = config->rules[i].host;
        scopes->rules[i].path = config->rules[i].path;
        scopes->rules[i].port = config->rules[i].port;
        scopes->rules[i].path_len = (uint16_t)strlen(config->rules[i].path);
    }
    scopes->image.rules = scopes->rules;
    scopes->image.nrules = config->nrules;
    scopes->image.index.nslots = nslots;
    policy_index_fill(&scopes->image, scopes->slots, scopes->chain);
    return true;
}

/* The first rule before `number` that has the scope path[0..length) and leaves nothing to it. */
static uint32_t find_cover(const struct scopes *scopes, const struct policy_config *config,
                           uint32_t number, size_t length)
{
    const struct policy_rule *rule = &scopes->rules[number];
    uint32_t mask = scopes->image.index.nslots - 1;
    uint32_t at = policy_scope_hash(rule->host, rule->port, rule->path, length) & mask;
    for (; scopes->slots[at] != POLICY_NONE; at = (at + 1) & mask) {
        const struct policy_rule *first = &scopes->rules[scopes->slots[at]];
        if (first->port == rule->port && first->path_len == length &&
            memcmp(first->path, rule->path, length) == 0 && strcmp(first->host, rule->host) == 0)
            break;
    }
    uint32_t earlier = scopes->slots[at];
    for (int i = 0; i < MAX_COMPARED && earlier < number; i++) {
        if (covers(&config->rules[earlier], &config->rules[number]))
            return earlier;
        earlier = scopes->chain[earlier];
    }
    return POLICY_NONE;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Asks for every scope that holds the rule's own: "/", "/v1", "/v1/files", ... */
static uint32_t cover_of(const struct scopes *scopes, const struct policy_config *config,
                         uint32_t number)
{
    const struct policy_rule *rule = &scopes->rules[number];
    uint32_t cover = find_cover(scopes, config, number, rule->path_len);
    if (rule->path_len > 1)
        cover = least(cover, find_cover(scopes, config, number, 1));
    for (size_t i = 1; i < rule->path_len; i++)
        if (rule->path[i] == '/')
            cover = least(cover, find_cover(scopes, config, number, i));
    return cover;
}

static void warn_covered(struct policy_config *config, uint32_t number)
{
    const struct policy_config_rule *rule = &config->rules[number];
    const struct policy_config_rule *cover = &config->rules[rule->covered_by];
    struct complaint why = {0};
    if (strcmp(cover->place.file, rule->place.file) == 0)
        complain(&why,
                 rule->simple ? "leave it out, or say in that one whom it is for"
                              : "put it first, or leave it out",
                 "the rule can never match: \"%s\" on line %u covers it", cover->name,
                 cover->place.line);
    else
        complain(&why, "narrow that one, or leave this out",
                 "the rule can never match: \"%s\" of another file covers it", cover->name);
    policy_find(config, POLICY_WARNING, rule->place, &why);
}

bool policy_config_check(struct policy_config *config)
{
    struct scopes scopes = {0};
    struct complaint why = {0};
    if (config->nrules > 0 && !fill_scopes(&scopes, config))
        return false;
    for (uint32_t i = 0; i < config->nrules; i++) {
        config->rules[i].covered_by = cover_of(&scopes, config, i);
        if (config->rules[i].covered_by != POLICY_NONE)
            warn_covered(config, i);
    }
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        if (key->used || key->is_next)
            continue;
        complain(&why, "use it in a rule, or leave it out", "no rule uses the key \"%s\"",
                 key->name);
        policy_find(config, POLICY_WARNING, key->place, &why);
    }
    check_names(config);
    return !config->arena.failed;
}

bool policy_key_error_is_new(const struct policy_config *config, uint32_t number)
{
    const char *error = config->keys[number].error;
    if (error == NULL)
        return false;
    for (uint32_t i = 0; i < config->nfindings; i++)
        if (strcmp(config->findings[i].sentence, error) == 0)
            return false;
    for (uint32_t i = 0; i < number; i++)
        if (config->keys[i].error != NULL && strcmp(config->keys[i].error, error) == 0)
            return false;
    return true;
}
