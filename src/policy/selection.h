/*
 * selection.h - what of a configuration goes into an image, and in which order.
 *
 * Ownership: the arrays are the caller's, with room for all that the configuration has.
 * Threads:   any, each its own.
 * Errors:    none.
 */
#ifndef COMMISSIONED_SELECTION_H
#define COMMISSIONED_SELECTION_H

#include "policy/config.h"

/* What goes into the image. */
struct selection {
    const struct policy_config_rule **rules;
    uint32_t nrules;
    const struct policy_config_rule **kept; /* for this program, as this user or another */
    uint32_t nkept;
    const struct policy_config_key **keys;
    uint32_t nkeys;
    uint32_t *key_number; /* in the image, by number in the config */
    struct policy_origin *origins;
    uint32_t norigins;
    struct packed_ca *cas; /* by number in the config */
};

/* Each file is packed once, with the first rule that names it. */
struct packed_ca {
    bool done;
    const struct policy_ca *place;
};

/* Fills a selection of zeros; `kept` may be NULL: then no rule is kept for another user. */
void selection_choose(struct selection *chosen, const struct policy_config *config);

#endif
