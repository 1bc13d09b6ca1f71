/*
 * policy/match.h - is a rule for the asking process? For src/policy alone.
 *
 * Programs are compared by path, users and groups by the effective ids and the supplementary
 * groups. Names of users and groups are looked up in /etc/passwd and /etc/group alone: name
 * services (LDAP, sssd) would load their modules into the host program. Numbers always work.
 */
#ifndef COMMISSIONED_POLICY_MATCH_H
#define COMMISSIONED_POLICY_MATCH_H

#include "policy/config.h"

/* Sets `mismatch` of every rule and denial, and config->denied_by. Out of memory: arena.failed. */
void policy_match(struct policy_config *config, const struct policy_request *request);

/* The id that stands third in the line of `name` in a text like passwd(5) or group(5). Pure. */
bool policy_id_find(const char *text, const char *name, uint32_t *id);

#endif
