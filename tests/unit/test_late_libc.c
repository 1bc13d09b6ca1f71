/* The C library's table: complete, the same for whoever binds it, read-only, and errno as it was.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "preload/late_libc.h"

/* ld(1), --wrap: a C library that lacks a name. */
void *__real_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name);

static const char *missing; /* a name that this C library is said not to have */

void *__wrap_dlsym(void *handle, const char *name)
{
    if (missing != NULL && strcmp(name, missing) == 0)
        return NULL;
    return __real_dlsym(handle, name);
}

enum { THREADS = 32 };

static pthread_barrier_t barrier;

static void *bind_at_once(void *data)
{
    (void)data;
    pthread_barrier_wait(&barrier);
    errno = ENOTTY;
    bool bound = late_libc_bind();
    bool kept = errno == ENOTTY;
    return (void *)(uintptr_t)(bound && kept && late.getpid() == getpid());
}

START_TEST(any_number_of_threads_may_bind_at_once)
{
    pthread_t threads[THREADS];
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, bind_at_once, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        ck_assert_ptr_nonnull(good);
    }
}
END_TEST

START_TEST(every_member_is_the_function_of_its_name)
{
    ck_assert(late_libc_bind());
#define SAME(name) ck_assert_msg((void *)late.name == __real_dlsym(RTLD_DEFAULT, #name), #name);
    LATE_LIBC(SAME)
#undef SAME
    ck_assert_ptr_eq(*late.standard_error, stderr);
    ck_assert(late.single_threaded == NULL || *late.single_threaded == 0 ||
              *late.single_threaded == 1);
}
END_TEST

START_TEST(binding_keeps_errno)
{
    errno = ENOTTY;
    ck_assert(late_libc_bind());
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert(late_libc_bind());
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(a_function_that_is_missing_leaves_the_library_unbound_for_good)
{
    missing = "vsnprintf";
    errno = ENOTTY;
    ck_assert(!late_libc_bind());
    ck_assert_int_eq(errno, ENOTTY);
    missing = NULL;
    ck_assert(!late_libc_bind());
}
END_TEST

START_TEST(the_table_is_read_only_once_it_is_bound)
{
    int status;
    if (sysconf(_SC_PAGESIZE) != LATE_PAGE) {
        printf("SKIP the_table_is_read_only_once_it_is_bound: the page has another size\n");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        if (late_libc_bind())
            *(void *volatile *)(void *)&late = NULL;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late_libc");
    TCase *tests = tcase_create("late_libc");
    tcase_add_test(tests, any_number_of_threads_may_bind_at_once);
    tcase_add_test(tests, every_member_is_the_function_of_its_name);
    tcase_add_test(tests, binding_keeps_errno);
    tcase_add_test(tests, a_function_that_is_missing_leaves_the_library_unbound_for_good);
    tcase_add_test(tests, the_table_is_read_only_once_it_is_bound);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
