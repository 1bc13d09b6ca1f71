/*
 * policy/store.h - adding to a policy_config while it is read. For src/policy alone.
 *
 * Errors: NULL or false where memory ran out; then config->arena.failed is set, so that the reader
 *         may go on and check once at the end.
 */
#ifndef COMMISSIONED_POLICY_STORE_H
#define COMMISSIONED_POLICY_STORE_H

#include <sys/stat.h>

#include "policy/config.h"
#include "policy/safe_file.h"
#include "policy/sentence.h"

/* A new zeroed element at the end of an array. Earlier pointers into the
 * array are void afterwards. */
struct policy_config_key *policy_add_key(struct policy_config *config);
struct policy_config_rule *policy_add_rule(struct policy_config *config);
struct policy_config_deny *policy_add_deny(struct policy_config *config);
struct policy_config_ca *policy_add_ca(struct policy_config *config);
struct policy_config_file *policy_add_file(struct policy_config *config);

/* Adds a finding; the first error becomes the policy's error. */
void policy_find(struct policy_config *config, enum policy_severity severity,
                 struct policy_place place, const struct complaint *why);

/* Adds `path` to what must stay as it is; `st` NULL: nothing is there,
 * or it cannot be looked at. */
void policy_watch(struct policy_config *config, const char *path, const struct stat *st);

/*
 * Watches a file or folder that was judged, good, bad or absent, and what it was refused for: once
 * the mode of that is put right, the policy is read again.
 */
void policy_watch_judged(struct policy_config *config, const char *path,
                         const struct safe_file *judged);

#endif
