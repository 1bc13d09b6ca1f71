/* The C library's table: complete, the same for whoever binds it, errno as it was. */
#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "preload/loader/late_libc.h"
#include "support/sanitized.h"
#include "support/suite.h"

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

/*
 * glibc before 2.33 has stat and its like under other names. One before 2.36 finds the oldest
 * version of a name by RTLD_NEXT and the newest by RTLD_DEFAULT; of what is used both do the same.
 * A sanitizer puts functions of its own in front of the C library's.
 */
static bool is_same(const void *member, const char *name)
{
    const void *found = dlsym(RTLD_DEFAULT, name);
    if (found == NULL || SANITIZED)
        return member != NULL;
    return found == member || dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5") == member;
}

START_TEST(every_member_is_the_function_of_its_name)
{
    ck_assert(late_libc_bind());
#define SAME(name) ck_assert_msg(is_same((void *)late.name, #name), #name);
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

START_TEST(the_flag_of_a_lone_thread_is_the_c_librarys)
{
    const char *flag = dlsym(RTLD_DEFAULT, "__libc_single_threaded");
    pthread_t thread;
    void *good = NULL;
    ck_assert(flag == NULL || late_flag_slow() == flag);
    ck_assert(late_libc_is_alone() == (flag != NULL && *flag));
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 1), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, bind_at_once, NULL), 0);
    ck_assert(!late_libc_is_alone());
    pthread_join(thread, &good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late_libc");
    TCase *tests = tcase_create("late_libc");
    tcase_add_test(tests, any_number_of_threads_may_bind_at_once);
    tcase_add_test(tests, every_member_is_the_function_of_its_name);
    tcase_add_test(tests, binding_keeps_errno);
    tcase_add_test(tests, the_flag_of_a_lone_thread_is_the_c_librarys);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
