#include "preload/loader/locks.h"

#include <poll.h>
#include <pthread.h>

#include "core/cleanup.h"

/* A mutex each, a cache line apart, so that threads with handles of their own do not meet. */
static struct {
    pthread_mutex_t mutex;
} __attribute__((aligned(64))) locks[LOCK_COUNT]; /* all zero is PTHREAD_MUTEX_INITIALIZER */

/* Set once the fork handlers stand: registering twice is prevented. */
static int fork_handlers;

/* Set in the child of a threaded process. */
static bool is_orphan;

/* In the thread that forks, between its handlers. */
static bool has_loader;

enum { MAX_TRIES = 20 }; /* a millisecond each */

/*
 * Waits for a while only: whoever holds it may be waiting for a lock of the loader's, and whoever
 * holds that one for us.
 */
bool lock_try_slow(unsigned lock)
{
    auto_errno int saved = errno;
    bool taken = pthread_mutex_trylock(&locks[lock].mutex) == 0;
    for (int i = 0; i < MAX_TRIES && !taken; i++) {
        poll(NULL, 0, 1);
        taken = pthread_mutex_trylock(&locks[lock].mutex) == 0;
    }
    return taken;
}

static void take_all(void)
{
    if (lock_is_alone())
        return;
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        if (i != LOCK_LOADER)
            pthread_mutex_lock(&locks[i].mutex);
        else
            has_loader = lock_try_slow(i);
}

static void give_all(void)
{
    if (lock_is_alone())
        return;
    for (unsigned i = LOCK_COUNT; i > 0; i--)
        if (i - 1 != LOCK_LOADER || has_loader)
            pthread_mutex_unlock(&locks[i - 1].mutex);
}

/* The child's thread is the one that took them, but not by its old identity: start them anew. */
static void renew_all(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    if (lock_is_alone())
        return; /* as its parent was */
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        locks[i].mutex = fresh;
    is_orphan = !libc_lists_survive_fork();
}

bool loader_lists_are_safe(void)
{
    return !is_orphan;
}

void lock_watch_forks(void)
{
    int expected = 0;
    if (__atomic_compare_exchange_n(&fork_handlers, &expected, 1, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        libc_watch_forks(take_all, give_all, renew_all);
}

void lock_take_slow(unsigned lock)
{
    pthread_mutex_lock(&locks[lock].mutex);
}

void lock_give_slow(unsigned lock)
{
    pthread_mutex_unlock(&locks[lock].mutex);
}
