/*
 * locks.h - every lock of the preloaded library, in the order in which they may be taken.
 *
 * Rules:   who holds one may take only a later one; none is held across a call into libcurl, the
 *          dynamic loader or the application. All are taken before fork(2) and given back on both
 *          sides, so that the child of a threaded program finds them free.
 *
 * Threads: a process with one thread takes no lock at all (__libc_single_threaded).
 * Errors:  none. errno is kept.
 */
#ifndef COMMISSIONED_LOCKS_H
#define COMMISSIONED_LOCKS_H

#include <stdbool.h>

#include "preload/loader/late_table.h"

enum { RECORD_SHARDS = 16 };

enum lock {
    LOCK_BUILD,     /* one thread at a time reads the policy (policy_loader.c) */
    LOCK_POLICY,    /* which image is current, and how many use each (policy_loader.c) */
    LOCK_LOADER,    /* waited for only a while: see loader_lists_are_safe */
    LOCK_PROVIDERS, /* the list of libcurls and their callers (provider.c, caller.c) */
    LOCK_BINDING,   /* re-pointing GOT entries (repoint.c) */
    LOCK_PEERS,     /* TLS libraries, and certificates that were found good (verifier.c) */
    LOCK_RECORDS,   /* the first of RECORD_SHARDS, each on one shard of the handles (record.c) */
    LOCK_COUNT = LOCK_RECORDS + RECORD_SHARDS,
};

/* No other thread exists, nor can one appear while this one is in a critical section of ours. */
static inline bool lock_is_alone(void)
{
    return late.single_threaded != NULL && *late.single_threaded;
}

/* Once, when the C library is bound. */
void lock_watch_forks(void);

void lock_take_slow(unsigned lock);
bool lock_try_slow(unsigned lock);
void lock_give_slow(unsigned lock);

static inline void lock_take(unsigned lock)
{
    if (!lock_is_alone())
        lock_take_slow(lock);
}

/*
 * The two for where every instruction counts: it is asked once whether this thread is alone, which
 * stays so in between.
 */
static inline bool lock_take_asking(unsigned lock)
{
    bool alone = lock_is_alone();
    if (!alone)
        lock_take_slow(lock);
    return alone;
}

static inline void lock_give_asked(unsigned lock, bool alone)
{
    if (!alone)
        lock_give_slow(lock);
}

static inline bool lock_try(unsigned lock)
{
    return lock_is_alone() || lock_try_slow(lock);
}

static inline void lock_give(unsigned lock)
{
    if (!lock_is_alone())
        lock_give_slow(lock);
}

/*
 * dl_iterate_phdr(3) takes a lock of the C library's that fork(2) does not renew (glibc 2.36,
 * measured): in the child of a threaded process it may be held for ever by a thread that is not
 * there. So our own calls to it are made with LOCK_LOADER, which fork waits for, and none is made
 * in such a child: then this is false. Who calls it for himself may wait in it for us, so lock_try
 * and fork give LOCK_LOADER up after some 20 ms.
 */
bool loader_lists_are_safe(void);

#endif
