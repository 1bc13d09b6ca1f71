#include "locks.h"

#include <pthread.h>

/* A mutex each, a cache line apart, so that threads with handles of their own do not meet. */
static struct {
    pthread_mutex_t mutex;
} __attribute__((aligned(64))) locks[LOCK_COUNT]; /* all zero is PTHREAD_MUTEX_INITIALIZER */

/* Set once the fork handlers stand; raced for at most once a thread, and registering twice is
 * prevented. */
static int fork_handlers;

/* Set in the child of a threaded process. */
static bool is_orphan;

extern void *__dso_handle __attribute__((visibility("hidden")));

static void take_all(void)
{
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        pthread_mutex_lock(&locks[i].mutex);
}

static void give_all(void)
{
    for (unsigned i = LOCK_COUNT; i > 0; i--)
        pthread_mutex_unlock(&locks[i - 1].mutex);
}

/* The child's thread is the one that took them, but not by its old identity: start them anew. */
static void renew_all(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        locks[i].mutex = fresh;
    is_orphan = true;
}

bool loader_lists_are_safe(void)
{
    return !is_orphan;
}

static void watch_forks(void)
{
    int expected = 0;
    if (__atomic_load_n(&fork_handlers, __ATOMIC_RELAXED) == 0 &&
        __atomic_compare_exchange_n(&fork_handlers, &expected, 1, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        __register_atfork(take_all, give_all, renew_all, &__dso_handle);
}

void lock_take_shared(unsigned lock)
{
    watch_forks();
    pthread_mutex_lock(&locks[lock].mutex);
}

bool lock_try_shared(unsigned lock)
{
    watch_forks();
    return pthread_mutex_trylock(&locks[lock].mutex) == 0;
}

void lock_give_shared(unsigned lock)
{
    pthread_mutex_unlock(&locks[lock].mutex);
}
