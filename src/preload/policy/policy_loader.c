#include "preload/policy/policy_loader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/export.h"
#include "core/ids.h"
#include "preload/loader/locks.h"
#include "preload/loader/slab.h"
#include "preload/policy/grace.h"
#include "preload/policy/search.h"
#include "preload/policy/who_asks.h"

static struct {
    struct policy_ref *current; /* holds one reference; NULL: no policy */
    struct timespec checked;    /* the coarse tick in which the files were last found unchanged */
    uid_t user;                 /* for whom there is no policy */
    bool waits;                 /* what was read last is for the moment (policy_image.h, passing) */
    time_t lost_at; /* when a key of `current` was lost that may go on for a while; or 0 */
} in_force;         /* LOCK_POLICY */

uint8_t policy_volume;
bool policy_was_read; /* written with LOCK_POLICY held */
bool policy_is_unknown;

static bool debug_wanted(void)
{
    const char *value = secure_getenv("COMMISSIONED_AUTH_DEBUG");
    bool wanted = value != NULL && strcmp(value, "1") == 0;
    __atomic_store_n(&policy_volume, wanted ? POLICY_LOUD : POLICY_QUIET, __ATOMIC_RELAXED);
    return wanted;
}

bool policy_is_quiet_slow(void)
{
    uint8_t volume = __atomic_load_n(&policy_volume, __ATOMIC_RELAXED);
    return volume == POLICY_VOLUME_UNKNOWN ? !debug_wanted() : volume == POLICY_QUIET;
}

static bool needs_method(const struct policy_image *image)
{
    for (uint32_t i = 0; i < image->nrules; i++)
        if (image->rules[i].methods != NULL)
            return true;
    return false;
}

static struct policy_ref *make_ref(struct policy_image *image)
{
    if (image == NULL || image->abi != POLICY_IMAGE_ABI)
        return NULL;
    size_t size = sizeof(struct policy_ref) + 2 * (size_t)image->nkeys;
    struct policy_ref *policy = slab_map(size);
    if (policy == NULL) {
        policy_image_free(image);
        return NULL;
    }
    policy->image = image;
    policy->size = size;
    static unsigned numbers;
    policy->references = 1;
    policy->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
    policy->debug = debug_wanted();
    policy->needs_method = needs_method(image);
    if (!policy->debug)
        plain_set(&policy->plain, image);
    struct stat root;
    if (stat("/", &root) == 0) {
        policy->root_device = root.st_dev;
        policy->root_number = root.st_ino;
    }
    policy->told = (uint8_t *)(policy->promoted + image->nkeys);
    return policy;
}

void policy_free(struct policy_ref *policy)
{
    policy_image_free(policy->image);
    slab_unmap(policy, policy->size);
}

/* What was learned of a key holds while the policy read anew has the same key by that name. */
static bool find_again(const struct policy_image *image, const struct policy_key *key,
                       uint32_t *number)
{
    const struct policy_key *now = grace_same_key(image, key);
    if (now == NULL || now->header == NULL || key->header == NULL ||
        strcmp(now->header, key->header) != 0)
        return false;
    *number = (uint32_t)(now - image->keys);
    return true;
}

/* `policy` is not in force yet: nobody else has it. */
static void keep_learned(struct policy_ref *policy, const struct policy_ref *old)
{
    uint32_t number;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        if (!find_again(policy->image, &old->image->keys[i], &number))
            continue;
        policy->promoted[number] = __atomic_load_n(&old->promoted[i], __ATOMIC_RELAXED);
        policy->told[number] = __atomic_load_n(&old->told[i], __ATOMIC_RELAXED);
    }
}

static bool note_status(struct policy_ref *policy, uint32_t number, uint8_t told, bool promote)
{
    if (promote && policy->image->keys[number].next != POLICY_NONE)
        __atomic_store_n(&policy->promoted[number], true, __ATOMIC_RELAXED);
    uint8_t before = __atomic_fetch_or(&policy->told[number], told, __ATOMIC_RELAXED);
    return (before & told) != told;
}

bool policy_learn(struct policy_ref *policy, const struct policy_key *key, uint8_t told,
                  bool promote)
{
    uint32_t number;
    lock_take(LOCK_POLICY); /* so that no reload comes between */
    bool is_new = note_status(policy, (uint32_t)(key - policy->image->keys), told, promote);
    struct policy_ref *current = in_force.current;
    if (current != NULL && current != policy && find_again(current->image, key, &number))
        is_new = note_status(current, number, told, promote) && is_new;
    lock_give(LOCK_POLICY);
    return is_new;
}

/* When the loss began that is going on; *first where it begins now. */
static time_t loss_began(const struct timespec *now, bool *first)
{
    lock_take(LOCK_POLICY);
    in_force.checked = *now;
    *first = in_force.lost_at == 0;
    if (*first)
        in_force.lost_at = now->tv_sec;
    time_t began = in_force.lost_at;
    lock_give(LOCK_POLICY);
    return began;
}

/* Nothing is known; the files are looked at again in a second. */
static void note_wait(const struct timespec *now)
{
    lock_take(LOCK_POLICY);
    in_force.checked = *now;
    in_force.waits = true;
    lock_give(LOCK_POLICY);
}

/* True where the old policy is to stay for now. */
static bool outlives(const struct policy_ref *policy, bool passing, const struct timespec *now)
{
    bool first;
    const struct policy_ref *old = in_force.current;
    if (passing && grace_keeps_for_now(old)) {
        note_wait(now);
        return true;
    }
    if (grace_keeps_locked_in(policy, old)) {
        loss_began(now, &first); /* looked at again in a second */
        return true;
    }
    uint32_t seconds = grace_seconds(policy, old);
    if (seconds == 0)
        return false;
    time_t began = loss_began(now, &first);
    if (first)
        grace_report(policy);
    return now->tv_sec - began < (time_t)seconds;
}

/* All is as it was, or is so again: until the next tick nobody need look. */
__attribute__((always_inline)) static inline void note_look(const struct timespec *now, bool waits)
{
    bool alone = lock_take_asking(LOCK_POLICY);
    ids_user(&in_force.user);
    in_force.waits = waits;
    in_force.checked = *now;
    __atomic_store_n(&policy_was_read, true, __ATOMIC_RELAXED);
    __atomic_store_n(&policy_is_unknown, waits && in_force.current == NULL, __ATOMIC_RELAXED);
    in_force.lost_at = 0;
    lock_give_asked(LOCK_POLICY, alone);
}

/* With LOCK_BUILD held. Takes the reference on `policy`, and gives that on `old` back. */
static void replace(struct policy_ref *old, struct policy_ref *policy)
{
    lock_take(LOCK_POLICY);
    if (policy != NULL && old != NULL)
        keep_learned(policy, old); /* an answer may have come since it was read */
    in_force.current = policy;
    lock_give(LOCK_POLICY);
    policy_release(old);
}

/*
 * The policy that lives on is not for the user whom the process has become: what of its rules is
 * for him is. The new one counts as read where the old one was. Without memory for it the old one
 * waits: there may be no way back to its files.
 */
static void judge_anew(struct policy_ref *old)
{
    policy_build_function *function = module_find().build; /* it was found: no loader is asked */
    struct policy_ref *policy =
        make_ref(function != NULL ? who_asks_again(function, old->image) : NULL);
    bool unknown = policy == NULL && function != NULL;
    __atomic_store_n(&policy_is_unknown, unknown, __ATOMIC_RELAXED);
    if (unknown)
        return;
    if (policy != NULL) {
        policy->root_device = old->root_device;
        policy->root_number = old->root_number;
    }
    replace(old, policy);
}

/* With LOCK_BUILD held: nobody else replaces what is in force. `now` is before the reading. */
static void put_in_force(struct policy_ref *policy, bool passing, const struct timespec *now)
{
    lock_take(LOCK_POLICY);
    struct policy_ref *old = in_force.current;
    if (policy != NULL && old != NULL)
        keep_learned(policy, old);
    lock_give(LOCK_POLICY);
    if (outlives(policy, passing, now)) {
        policy_release(policy);
        if (!who_asks_is_same(old->image))
            judge_anew(old);
        return;
    }
    replace(old, policy);
    note_look(now, passing);
}

/* Of a policy that is for who asks, by who_asks_is_same. */
static inline bool is_still_current(const struct policy_ref *policy)
{
    return !policy->image->passing && who_asks_is_in_same_group(policy->image) &&
           policy_image_current(policy->image);
}

static inline bool is_current(const struct policy_ref *policy)
{
    if (policy == NULL)
        return !search_finds_any();
    return who_asks_is_same(policy->image) && is_still_current(policy);
}

/* A new tick; a new second where there is no policy or the last good key lives on. */
static bool is_later(const struct timespec *now)
{
    bool seldom = in_force.current == NULL || in_force.waits || in_force.lost_at != 0;
    return now->tv_sec != in_force.checked.tv_sec ||
           (!seldom && now->tv_nsec != in_force.checked.tv_nsec);
}

/* When a request came, and whether the files should be looked at now. */
struct moment {
    struct timespec now;
    bool look;
    bool started;
};

static bool is_for_user(uid_t user)
{
    uid_t now = user;
    ids_user(&now);
    return now == user;
}

/*
 * A reference on what is in force. Until somebody has looked at the files every thread that comes
 * looks for itself: one that was put to sleep halfway must not leave the others with a key that the
 * server refuses by now.
 */
static inline struct policy_ref *take_current(struct moment *moment)
{
    clock_gettime(CLOCK_MONOTONIC_COARSE, &moment->now);
    bool alone = lock_take_asking(LOCK_POLICY);
    struct policy_ref *policy = in_force.current;
    moment->started = !policy_is_unread();
    moment->look = !moment->started || is_later(&moment->now);
    if (policy != NULL)
        policy->references++;
    else
        moment->look |= !is_for_user(in_force.user);
    lock_give_asked(LOCK_POLICY, alone);
    return policy;
}

/* The ids are those of the moment: a tick of the clock is long enough to become somebody else. */
static inline bool is_for_asker(const struct policy_ref *policy)
{
    return policy == NULL || who_asks_is_same(policy->image);
}

/* Takes the reference `old` and gives one on the policy as the files are now. */
static struct policy_ref *refresh(struct policy_ref *old)
{
    struct moment moment;
    struct search *search = search_begin();
    /* Who comes while another reads waits for it: the server may refuse the old key by now. */
    bool waited = !lock_try(LOCK_BUILD);
    if (waited)
        lock_take(LOCK_BUILD);
    struct policy_ref *policy = take_current(&moment);
    /* What the other one could not read need not be tried again at once. */
    bool settled = waited && !moment.look && is_for_asker(policy);
    if (policy == NULL || (!settled && !is_current(policy))) {
        bool passing;
        struct policy_image *image = search_read(search, &passing);
        struct policy_ref *read = make_ref(image);
        passing |= image != NULL && read == NULL; /* that is no verdict on it */
        put_in_force(read, passing, &moment.now);
        policy_release(policy);
        policy = take_current(&moment);
        if (!is_for_asker(policy)) { /* it waits: judge_anew */
            policy_release(policy);
            policy = NULL;
        }
    }
    lock_give(LOCK_BUILD);
    search_end(search);
    policy_release(old);
    return policy;
}

/* Files are opened and read, locks are held: no place for a thread to be cancelled. */
__attribute__((noinline)) static struct policy_ref *refresh_undisturbed(struct policy_ref *policy)
{
    int cancel;
    auto_errno int saved = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    policy = refresh(policy);
    pthread_setcancelstate(cancel, NULL);
    return policy;
}

/* No policy is in force. */
__attribute__((noinline)) static struct policy_ref *
look_for_one(const struct record *record, policy_stays_away *stays_away, struct moment moment)
{
    if (stays_away != NULL && moment.started && stays_away(record))
        return NULL;
    auto_errno int saved = errno;
    if (search_finds_any())
        return refresh_undisturbed(NULL);
    note_look(&moment.now, false);
    return NULL;
}

bool policy_would_be_loaded(void)
{
    auto_errno int saved = errno;
    return policy_is_unread() && search_finds_any();
}

NO_CANARY struct policy_ref *policy_take_for(const struct record *record,
                                             policy_stays_away *stays_away)
{
    struct moment moment;
    struct policy_ref *policy = take_current(&moment);
    bool same = is_for_asker(policy);
    if (same && !moment.look)
        return policy;
    if (policy == NULL)
        return look_for_one(record, stays_away, moment);
    if (!same || !is_still_current(policy))
        return refresh_undisturbed(policy);
    note_look(&moment.now, false);
    return policy;
}
