/* The library's locks: who waits how long, and what the child of a threaded program finds. */
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "preload/loader/locks.h"
#include "support/suite.h"

/* Holds a lock until it is told to let go. */
static pthread_barrier_t held, told;
static unsigned lock_held;

static void *hold(void *unused)
{
    (void)unused;
    lock_take(lock_held);
    pthread_barrier_wait(&held);
    pthread_barrier_wait(&told);
    lock_give(lock_held);
    return NULL;
}

static pthread_t start_holder(unsigned lock)
{
    pthread_t thread;
    lock_held = lock;
    pthread_barrier_init(&held, NULL, 2);
    pthread_barrier_init(&told, NULL, 2);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold, NULL), 0);
    pthread_barrier_wait(&held);
    return thread;
}

static void end_holder(pthread_t thread)
{
    pthread_barrier_wait(&told);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static bool is_free(unsigned lock)
{
    bool taken = lock_try(lock);
    if (taken)
        lock_give(lock);
    return taken;
}

START_TEST(a_lock_that_somebody_holds_is_given_up_and_errno_kept)
{
    pthread_t holder = start_holder(LOCK_BINDING);
    errno = ENOTTY;
    ck_assert(!lock_try(LOCK_BINDING));
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert(is_free(LOCK_POLICY));
    end_holder(holder);
    ck_assert(is_free(LOCK_BINDING));
}
END_TEST

/* 0: it found every lock free, and takes the loader's lists for unsafe. */
static int look_in_child(void)
{
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        if (!is_free(i))
            return 1;
    return loader_lists_are_safe() ? 2 : 0;
}

static int status_of_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(look_in_child());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(the_child_of_a_threaded_program_finds_them_free)
{
    lock_watch_forks();
    pthread_t holder = start_holder(LOCK_LOADER);
    ck_assert_int_eq(status_of_child(), 0);
    end_holder(holder);
    for (unsigned i = 0; i < LOCK_COUNT; i++)
        ck_assert(is_free(i));
    ck_assert(loader_lists_are_safe());
}
END_TEST

static void *let_go_soon(void *unused)
{
    (void)unused;
    usleep(20000);
    pthread_barrier_wait(&told);
    return NULL;
}

START_TEST(fork_waits_for_whoever_holds_one)
{
    pthread_t helper;
    lock_watch_forks();
    pthread_t holder = start_holder(LOCK_POLICY);
    ck_assert_int_eq(pthread_create(&helper, NULL, let_go_soon, NULL), 0);
    ck_assert_int_eq(status_of_child(), 0);
    pthread_join(helper, NULL);
    pthread_join(holder, NULL);
}
END_TEST

START_TEST(watching_twice_is_watching_once)
{
    lock_watch_forks();
    lock_watch_forks(); /* a second pair of handlers would wait for itself */
    pthread_t holder = start_holder(LOCK_LOADER);
    ck_assert_int_eq(status_of_child(), 0);
    end_holder(holder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("locks");
    TCase *tests = tcase_create("locks");
    tcase_add_test(tests, a_lock_that_somebody_holds_is_given_up_and_errno_kept);
    tcase_add_test(tests, the_child_of_a_threaded_program_finds_them_free);
    tcase_add_test(tests, fork_waits_for_whoever_holds_one);
    tcase_add_test(tests, watching_twice_is_watching_once);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
