/* Which libcurl a call belongs to, where two flavours are loaded that do not see each other. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <check.h>

#include "preload/binding/caller.h"
#include "support/old_libcurl.h"
#include "support/suite.h"

static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
static void *libraries[2];
static const void *inits[2]; /* an address inside each, as if it called itself */

static bool load(int number)
{
    libraries[number] = dlopen(names[number], RTLD_NOW | RTLD_LOCAL);
    if (libraries[number] == NULL)
        return false;
    inits[number] = dlsym(libraries[number], "curl_easy_init");
    ck_assert_ptr_nonnull(inits[number]);
    return true;
}

static bool skipped_without(bool both, const char *test)
{
    for (int i = 0; i <= (int)both; i++) {
        if (load(i))
            continue;
        printf("SKIP %s: %s is not installed\n", test, names[i]);
        fflush(stdout);
        return true;
    }
    return false;
}

START_TEST(until_somebody_asks_there_is_no_provider)
{
    ck_assert_ptr_null(provider_any);
    ck_assert_ptr_null(provider_sole);
}
END_TEST

START_TEST(one_libcurl_is_the_sole_provider_and_wholly_known)
{
    if (skips_old_libcurl("one_libcurl_is_the_sole_provider_and_wholly_known"))
        return;
    if (skipped_without(false, "one_libcurl_is_the_sole_provider_and_wholly_known"))
        return;
    struct origin_of_call origin = caller_origin(inits[0]);
    const struct provider *provider = origin.provider;
    ck_assert_ptr_nonnull(provider);
    ck_assert(!origin.ambiguous);
    ck_assert_ptr_eq(provider_sole, provider);
    ck_assert_ptr_eq(provider_any, provider);
    ck_assert((void *)provider_sole_setopt == (void *)provider->real.easy_setopt);
    ck_assert(provider->real.easy_init == (CURL * (*)(void)) inits[0]);
    ck_assert((void *)provider->real.url_set == dlsym(libraries[0], "curl_url_set"));
    ck_assert((void *)provider->real.free == dlsym(libraries[0], "curl_free"));
    ck_assert((void *)provider->real.multi_info_read ==
              dlsym(libraries[0], "curl_multi_info_read"));
    ck_assert_uint_ge(provider->version, CURL_HAS_URL_PARSER);
    ck_assert(provider_is_caller(provider, inits[0]));
    ck_assert(!provider_is_caller(provider, (const void *)(provider->start - 1)));
    ck_assert(provider_is_caller(provider, (const void *)provider->start));
    ck_assert(!provider_is_caller(provider, (const void *)(provider->start + provider->size)));
    ck_assert(!provider_is_caller(provider, &origin));
}
END_TEST

START_TEST(each_of_two_flavours_is_its_own_provider)
{
    if (skipped_without(true, "each_of_two_flavours_is_its_own_provider"))
        return;
    struct origin_of_call first = caller_origin(inits[0]), second = caller_origin(inits[1]);
    ck_assert(!first.ambiguous && !second.ambiguous);
    ck_assert_ptr_ne(first.provider, second.provider);
    ck_assert(first.provider->real.easy_init == (CURL * (*)(void)) inits[0]);
    ck_assert(second.provider->real.easy_init == (CURL * (*)(void)) inits[1]);
    ck_assert(!provider_is_caller(first.provider, inits[1]));
    ck_assert(!provider_is_caller(second.provider, inits[0]));
    ck_assert_ptr_null(provider_sole);
    ck_assert_ptr_nonnull(provider_any);
}
END_TEST

START_TEST(a_call_from_nowhere_is_ambiguous_between_two)
{
    void *code = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (skipped_without(true, "a_call_from_nowhere_is_ambiguous_between_two"))
        return;
    struct origin_of_call origin = caller_origin(code);
    ck_assert(origin.ambiguous);
    ck_assert_ptr_nonnull(origin.provider); /* the call is forwarded all the same */
}
END_TEST

START_TEST(a_call_from_nowhere_with_one_libcurl_means_that_one)
{
    void *code = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (skipped_without(false, "a_call_from_nowhere_with_one_libcurl_means_that_one"))
        return;
    struct origin_of_call origin = caller_origin(code);
    ck_assert(!origin.ambiguous);
    ck_assert_ptr_nonnull(origin.provider);
    ck_assert(origin.provider->real.easy_init == (CURL * (*)(void)) inits[0]);
}
END_TEST

START_TEST(asking_again_and_again_gives_the_same_and_enters_nothing_twice)
{
    if (skipped_without(true, "asking_again_and_again_gives_the_same_and_enters_nothing_twice"))
        return;
    const struct provider *first = caller_origin(inits[0]).provider;
    const struct provider *second = caller_origin(inits[1]).provider;
    for (int i = 0; i < 100; i++) {
        ck_assert_ptr_eq(caller_origin(inits[0]).provider, first);
        ck_assert_ptr_eq(caller_origin(inits[1]).provider, second);
    }
}
END_TEST

START_TEST(a_library_that_is_loaded_again_and_again_does_not_use_the_places_up)
{
    static const char test[] =
        "a_library_that_is_loaded_again_and_again_does_not_use_the_places_up";
    if (skipped_without(true, test))
        return;
    const struct provider *stays = caller_origin(inits[0]).provider;
    for (int i = 0; i < 40; i++) {
        const struct provider *again = caller_origin(inits[1]).provider;
        ck_assert_ptr_nonnull(again);
        ck_assert(again->real.easy_init == (CURL * (*)(void)) inits[1]);
        dlclose(libraries[1]);
        ck_assert(load(1));
        ck_assert_ptr_eq(caller_origin(inits[0]).provider, stays);
    }
}
END_TEST

START_TEST(neither_errno_nor_dlerror_is_spoiled)
{
    if (skipped_without(true, "neither_errno_nor_dlerror_is_spoiled"))
        return;
    dlerror();
    for (int i = 0; i < 2; i++) {
        errno = ENOTTY;
        caller_origin(inits[i]);
        ck_assert_int_eq(errno, ENOTTY);
        caller_origin(&errno);
        ck_assert_int_eq(errno, ENOTTY);
        ck_assert_ptr_null(dlerror());
    }
}
END_TEST

enum { THREADS = 16 };

static void *ask(void *data)
{
    size_t number = (size_t)(uintptr_t)data;
    for (int i = 0; i < 200; i++) {
        const struct provider *provider = caller_origin(inits[(number + (size_t)i) % 2]).provider;
        if (provider == NULL || provider->real.easy_init != (CURL * (*)(void))
                                                                inits[(number + (size_t)i) % 2])
            return NULL;
    }
    return (void *)1;
}

START_TEST(threads_that_ask_at_once_get_what_they_asked_for)
{
    pthread_t threads[THREADS];
    if (skipped_without(true, "threads_that_ask_at_once_get_what_they_asked_for"))
        return;
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, (void *)(uintptr_t)i), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        ck_assert_ptr_nonnull(good);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("provider");
    TCase *tests = tcase_create("provider");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, until_somebody_asks_there_is_no_provider);
    tcase_add_test(tests, one_libcurl_is_the_sole_provider_and_wholly_known);
    tcase_add_test(tests, each_of_two_flavours_is_its_own_provider);
    tcase_add_test(tests, a_call_from_nowhere_is_ambiguous_between_two);
    tcase_add_test(tests, a_call_from_nowhere_with_one_libcurl_means_that_one);
    tcase_add_test(tests, asking_again_and_again_gives_the_same_and_enters_nothing_twice);
    tcase_add_test(tests, a_library_that_is_loaded_again_and_again_does_not_use_the_places_up);
    tcase_add_test(tests, neither_errno_nor_dlerror_is_spoiled);
    tcase_add_test(tests, threads_that_ask_at_once_get_what_they_asked_for);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
