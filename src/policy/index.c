#include "policy/index.h"

#include <stdbool.h>
#include <string.h>

uint32_t policy_index_slots(uint32_t nrules)
{
    uint32_t slots = nrules > 0 ? 2 : 0;
    while (slots < 2 * nrules)
        slots *= 2;
    return slots;
}

static bool same_scope(const struct policy_rule *a, const struct policy_rule *b)
{
    return a->port == b->port && a->path_len == b->path_len &&
           memcmp(a->path, b->path, a->path_len) == 0 &&
           (a->host == b->host || strcmp(a->host, b->host) == 0);
}

void policy_index_fill(struct policy_image *image, uint32_t *slots, uint32_t *chain)
{
    uint32_t nslots = image->index.nslots;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < nslots; i++)
        slots[i] = POLICY_NONE;
    /* From the last rule to the first, so that each goes in front of the chain of its scope. */
    for (uint32_t i = image->nrules; i-- > 0;) {
        const struct policy_rule *rule = &image->rules[i];
        uint32_t at = policy_scope_hash(rule->host, rule->port, rule->path, rule->path_len);
        at &= nslots - 1;
        while (slots[at] != POLICY_NONE && !same_scope(&image->rules[slots[at]], rule))
            at = (at + 1) & (nslots - 1);
        chain[i] = slots[at];
        slots[at] = i;
        longest = rule->path_len > longest ? rule->path_len : longest;
    }
    image->index = (struct policy_index){slots, chain, nslots, longest};
}
