/*
 * policy_loader.h - the policy image in force, and who still uses which.
 *
 * The policy module is loaded with the first request of the process, and the program's symbols and
 * its allocator do not reach it: it stands alone (src/module), or has a link namespace of its own
 * (dlmopen(3)) where the C library has that. It is found beside this library or in its installed
 * folder, never by a search path. Afterwards the files that the image was made from are looked at
 * once per tick of the coarse clock (clock_getres(2): 1 to 10 ms).
 *
 * Ownership: policy_take_for gives a reference, policy_release takes it back; the last one wipes
 *            the image.
 * Threads:   any. No lock is held while the dynamic loader works.
 * Errors:    NULL means no policy. errno is kept.
 */
#ifndef COMMISSIONED_POLICY_LOADER_H
#define COMMISSIONED_POLICY_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "commissioned/policy_image.h"
#include "preload/loader/locks.h"
#include "preload/policy/policy_ref.h"

/*
 * The policy in force, or NULL where there is no configuration or none that concerns this process.
 * In a process that was found without a policy, and where `stays_away` (may be NULL) is true of the
 * record, no file is looked at: a program that has nothing to do with us may have forbidden itself
 * that on pain of death (seccomp).
 */
struct record;
typedef bool policy_stays_away(const struct record *record);
struct policy_ref *policy_take_for(const struct record *record, policy_stays_away *stays_away);

void policy_free(struct policy_ref *policy);

/* Gives a reference back. NULL is fine. */
static inline void policy_release(struct policy_ref *policy)
{
    if (policy == NULL)
        return;
    bool alone = lock_take_asking(LOCK_POLICY);
    bool last = --policy->references == 0;
    lock_give_asked(LOCK_POLICY, alone);
    if (last)
        policy_free(policy);
}

/* False once the process was found to have a policy or none. */
extern bool policy_was_read __attribute__((visibility("hidden"))); /* atomic */

static inline bool policy_is_unread(void)
{
    return !__atomic_load_n(&policy_was_read, __ATOMIC_RELAXED);
}

/* Nothing is in force, and nobody knows whether there is a policy: memory ran out. */
extern bool policy_is_unknown __attribute__((visibility("hidden"))); /* atomic */

/* Whether policy_take_for would load the module, for which the loader takes 6 KB of stack. */
bool policy_would_be_loaded(void);

/*
 * What the server's answer to a key of `policy` taught: the bits to set in `told`, and whether its
 * `next` takes over. It counts for the policy in force as well, where that has the same key. True
 * where one of the bits is new to both.
 */
bool policy_learn(struct policy_ref *policy, const struct policy_key *key, uint8_t told,
                  bool promote);

/*
 * False where debug output shows each hop, those too that no rule could be for: as the last reading
 * of a policy found it, or as the next one will.
 */
enum policy_volume { POLICY_VOLUME_UNKNOWN, POLICY_QUIET, POLICY_LOUD };
extern uint8_t policy_volume __attribute__((visibility("hidden"))); /* atomic */
bool policy_is_quiet_slow(void);

static inline bool policy_is_quiet(void)
{
    return __atomic_load_n(&policy_volume, __ATOMIC_RELAXED) == POLICY_QUIET ||
           policy_is_quiet_slow();
}

#endif
