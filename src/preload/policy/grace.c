#include "preload/policy/grace.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commissioned/journal_fields.h"
#include "core/decide.h"
#include "core/ids.h"
#include "core/journal.h"
#include "preload/policy/who_asks.h"

const struct policy_key *grace_same_key(const struct policy_image *image,
                                        const struct policy_key *key)
{
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct policy_key *found = &image->keys[i];
        bool was_read = found->header != NULL || found->error != NULL;
        if (was_read && strcmp(found->name, key->name) == 0)
            return found;
    }
    return NULL;
}

static bool is_next(const struct policy_image *image, uint32_t number)
{
    bool found = false;
    for (uint32_t i = 0; i < image->nkeys; i++)
        found |= image->keys[i].next == number;
    return found;
}

/* The key in force of those that stand for `first`. */
static const struct policy_key *key_in_force(const struct policy_ref *policy, uint32_t first)
{
    return decide_key(policy->image, first, policy->promoted);
}

/*
 * True where the policy read anew cannot have a key that the old one had. One that it does not
 * name any more was taken away, and that counts at once.
 */
static bool has_lost(const struct policy_ref *policy, const struct policy_ref *old, uint32_t first)
{
    if (is_next(old->image, first) || key_in_force(old, first)->header == NULL)
        return false;
    if (policy == NULL || policy->image->error != NULL)
        return true;
    const struct policy_key *now = grace_same_key(policy->image, &old->image->keys[first]);
    return now != NULL &&
           key_in_force(policy, (uint32_t)(now - policy->image->keys))->header == NULL;
}

uint32_t grace_seconds(const struct policy_ref *policy, const struct policy_ref *old)
{
    uint32_t seconds = 0;
    if (old == NULL || !who_asks_can_read(old->image))
        return 0;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        uint32_t stale = old->image->keys[i].stale_seconds;
        if (!has_lost(policy, old, i))
            continue;
        if (stale == 0)
            return 0; /* one that must fail at once decides for all */
        if (seconds == 0 || stale < seconds)
            seconds = stale;
    }
    return seconds;
}

void grace_report(const struct policy_ref *policy)
{
    const struct policy_image *image = policy != NULL ? policy->image : NULL;
    const char *why = image != NULL ? image->error : "the configuration is gone";
    for (uint32_t i = 0; why == NULL && i < image->nkeys; i++)
        why = image->keys[i].error;
    journal_send(JOURNAL_LAST_GOOD_KEY, why != NULL ? why : "a key is gone",
                 &(struct journal_field){FIELD(STATE), "the last good key stays in use"}, 1);
}

/* Another user for ever: there is no way back to the one that read the policy. */
static bool gave_up_privileges(const struct policy_image *image)
{
    struct ids_users users;
    return ids_users(&users) && users.real == users.effective && users.saved == users.effective &&
           users.effective != image->read_by && users.effective != 0;
}

/*
 * What a process has read before it locked itself in stays good: it changed its root folder
 * (chroot), became somebody else for good (setuid) or forbade itself to look (seccomp). But a file
 * that can be seen to have changed or gone counts as it is: a key that was taken away must not live
 * on.
 */
static bool locked_itself_in(const struct policy_ref *old)
{
    struct stat root;
    if (stat("/", &root) != 0)
        return errno == EPERM;
    if (root.st_dev != old->root_device || root.st_ino != old->root_number)
        return true;
    return gave_up_privileges(old->image) && !policy_image_seen_to_change(old->image);
}

/* True where what can be read now gives less than the old policy does. */
static bool gives_less(const struct policy_ref *policy, const struct policy_ref *old)
{
    if (policy == NULL || policy->image->error != NULL)
        return true;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        const struct policy_key *now = grace_same_key(policy->image, &old->image->keys[i]);
        if (now != NULL && now->header == NULL && old->image->keys[i].header != NULL)
            return true;
    }
    return false;
}

bool grace_keeps_locked_in(const struct policy_ref *policy, const struct policy_ref *old)
{
    return old != NULL && old->image->error == NULL && gives_less(policy, old) &&
           locked_itself_in(old);
}

bool grace_keeps_for_now(const struct policy_ref *old)
{
    return old != NULL && old->image->error == NULL && !old->image->passing &&
           who_asks_can_read(old->image) && !policy_image_seen_to_go(old->image);
}
