#include "image_builder.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "policy/index.h"

struct built_image {
    struct policy_image image; /* first: image_drop gets its address */
    struct policy_rule *rules;
    struct policy_key *keys;
    struct policy_origin *origins;
    uint32_t *slots;
    uint32_t *chain;
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static int by_host_then_port(const void *a, const void *b)
{
    const struct policy_origin *x = a, *y = b;
    int order = strcmp(x->host, y->host);
    return order != 0 ? order : (int)x->port - (int)y->port;
}

static void fill_rules(struct built_image *made, const struct policy_rule *rules, uint32_t nrules)
{
    for (uint32_t i = 0; i < nrules; i++) {
        struct policy_rule *rule = &made->rules[i];
        *rule = rules[i];
        rule->host = rule->host != NULL ? rule->host : COMMISSIONED_HOST;
        rule->path = rule->path != NULL ? rule->path : "/";
        rule->port = rule->port != 0 ? rule->port : 443;
        rule->path_len = (uint16_t)strlen(rule->path);
    }
}

static void fill_origins(struct built_image *made, uint32_t nrules)
{
    struct policy_origin *origins = made->origins;
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < nrules; i++)
        origins[i] = (struct policy_origin){made->rules[i].host, made->rules[i].port};
    if (nrules > 0)
        qsort(origins, nrules, sizeof *origins, by_host_then_port);
    for (uint32_t i = 0; i < nrules; i++)
        if (distinct == 0 || by_host_then_port(&origins[distinct - 1], &origins[i]) != 0)
            origins[distinct++] = origins[i];
    made->image.origins = origins;
    made->image.norigins = distinct;
}

struct policy_image *image_build(const struct policy_rule *rules, uint32_t nrules,
                                 const struct policy_key *keys, uint32_t nkeys)
{
    struct built_image *made = zeroed(1, sizeof *made);
    made->rules = zeroed(nrules, sizeof *made->rules);
    made->keys = zeroed(nkeys, sizeof *made->keys);
    made->origins = zeroed(nrules, sizeof *made->origins);
    made->image.abi = POLICY_IMAGE_ABI;
    made->image.size = sizeof made->image;
    fill_rules(made, rules, nrules);
    if (nkeys > 0)
        memcpy(made->keys, keys, nkeys * sizeof *keys);
    fill_origins(made, nrules);
    made->image.rules = made->rules;
    made->image.nrules = nrules;
    made->image.keys = made->keys;
    made->image.nkeys = nkeys;
    made->image.index.nslots = policy_index_slots(nrules);
    made->slots = zeroed(made->image.index.nslots, sizeof *made->slots);
    made->chain = zeroed(nrules, sizeof *made->chain);
    policy_index_fill(&made->image, made->slots, made->chain);
    return &made->image;
}

void image_drop(struct policy_image *image)
{
    struct built_image *made = (struct built_image *)image;
    if (made == NULL)
        return;
    free(made->rules);
    free(made->keys);
    free(made->origins);
    free(made->slots);
    free(made->chain);
    free(made);
}
