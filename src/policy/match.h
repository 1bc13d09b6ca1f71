/*
 * match.h - is a rule for the asking process? For src/policy alone.
 *
 * Programs and scripts are compared by path (match_path.h), users and groups by the effective ids
 * and the supplementary groups. Names of users and groups are looked up in /etc/passwd and
 * /etc/group alone: name services (LDAP, sssd) would load their modules into the host program.
 * Numbers always work.
 *
 * MUST: what cannot be known matches every denial and no rule.
 */
#ifndef COMMISSIONED_MATCH_H
#define COMMISSIONED_MATCH_H

#include "policy/config.h"

/* Takes the ids of the request, or those of the process. Out of memory: arena.failed. */
void policy_take_ids(struct policy_config *config, const struct policy_request *request);

/*
 * Sets `mismatch` of every rule and denial, their lists of ids, and config->denied_by. Out of
 * memory: arena.failed.
 */
void policy_match(struct policy_config *config, const struct policy_request *request);

#endif
