/*
 * grace.h - whether the policy in force outlives one that was read anew. Pure but for the ids and
 * the root folder of the process and the files of the old policy.
 *
 * A policy that was read anew and cannot read a key that the old one had (or cannot be used) leaves
 * the old one in force, as a whole, for the key's `stale_seconds`; the files are then looked at
 * once a second. A key that it does not name any more was taken away: that counts at once.
 *
 * A policy that could not be read for a reason of the moment (policy_image.h, passing) is no
 * verdict: a good one stays over it, and the files are looked at once a second.
 *
 * A process that locks itself in (chroot, setuid for good, seccomp) keeps what it read before,
 * unless what it can still read is as good, or shows that a file has changed or gone.
 */
#ifndef COMMISSIONED_GRACE_H
#define COMMISSIONED_GRACE_H

#include "preload/policy/policy_ref.h"

/* The key that `image` has by that key's name, or NULL; one that is another user's was not read. */
const struct policy_key *grace_same_key(const struct policy_image *image,
                                        const struct policy_key *key);

/* For how many seconds the old policy may go on, because the new one has
 * lost a key of it. 0: not. */
uint32_t grace_seconds(const struct policy_ref *policy, const struct policy_ref *old);

/* True where the process locked itself in since `old` was read, and `policy` gives less. */
bool grace_keeps_locked_in(const struct policy_ref *policy, const struct policy_ref *old);

/* True where `old` is good and nothing is known against it: it stays over a policy that is passing.
 */
bool grace_keeps_for_now(const struct policy_ref *old);

/* Says in the journal that a key was lost. */
void grace_report(const struct policy_ref *policy);

#endif
