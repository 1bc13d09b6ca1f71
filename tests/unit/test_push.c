/* Pushed handles: the application's function sees them scrubbed; libcurl is
 * played (fake_curl.h). */
#include <stdarg.h>
#include <stdint.h>

#include <check.h>

#include "preload/record/record.h"
#include "preload/request/push.h"
#include "support/fake_curl.h"
#include "support/suite.h"

static char handles[3];
enum { MULTI, PARENT, PUSHED };

static struct provider provider;
static uintptr_t push_function, push_data;
static CURLMcode answer_of_multi;
static unsigned calls;
static int answer_of_application;
static bool was_hooked; /* the pushed handle, when the application saw it */
static void *data_seen;
static struct record *multi, *parent;

static CURLMcode multi_setopt(CURLM *handle, CURLMoption option, ...)
{
    va_list arguments;
    (void)handle;
    va_start(arguments, option);
    uintptr_t value = va_arg(arguments, uintptr_t);
    va_end(arguments);
    *(option == CURLMOPT_PUSHFUNCTION ? &push_function : &push_data) = value;
    return answer_of_multi;
}

static int on_application(CURL *from, CURL *pushed, size_t nheaders,
                          struct curl_pushheaders *headers, void *user)
{
    const struct record *record = record_find(pushed);
    (void)from, (void)nheaders, (void)headers;
    calls++;
    data_seen = user;
    was_hooked = record != NULL && record->state & RECORD_HOOKED;
    return answer_of_application;
}

static void set_up(void)
{
    fake_reset();
    provider = fake_provider;
    provider.real.multi_setopt = multi_setopt;
    provider.version = CURL_PUSHES_FRESH - 1;
    multi = record_make(&handles[MULTI], &provider);
    multi->state = RECORD_MULTI;
    parent = record_make(&handles[PARENT], &provider);
    parent->state |= RECORD_HOOKED;
    answer_of_multi = CURLM_OK;
    answer_of_application = CURL_PUSH_OK;
    calls = 0;
}

static int push(void)
{
    curl_push_callback function = (curl_push_callback)push_function;
    return function(&handles[PARENT], &handles[PUSHED], 0, NULL, (void *)push_data);
}

static void set_function_and_data(void)
{
    ck_assert_int_eq(push_set(multi, CURLMOPT_PUSHDATA, (uintptr_t)&calls), CURLM_OK);
    ck_assert_int_eq(push_set(multi, CURLMOPT_PUSHFUNCTION, (uintptr_t)on_application), CURLM_OK);
}

START_TEST(libcurl_gets_our_function_and_the_application_its_data)
{
    set_function_and_data();
    ck_assert_uint_ne(push_function, (uintptr_t)on_application);
    ck_assert_uint_eq(push_data, (uintptr_t)multi);
    ck_assert_int_eq(push(), CURL_PUSH_OK);
    ck_assert_uint_eq(calls, 1);
    ck_assert_ptr_eq(data_seen, &calls);
}
END_TEST

START_TEST(without_the_applications_function_there_is_none)
{
    set_function_and_data();
    ck_assert_int_eq(push_set(multi, CURLMOPT_PUSHFUNCTION, 0), CURLM_OK);
    ck_assert_uint_eq(push_function, 0);
}
END_TEST

START_TEST(what_libcurl_refuses_is_refused)
{
    answer_of_multi = CURLM_UNKNOWN_OPTION;
    ck_assert_int_eq(push_set(multi, CURLMOPT_PUSHFUNCTION, (uintptr_t)on_application),
                     CURLM_UNKNOWN_OPTION);
    ck_assert_uint_eq(push_function, 0);
}
END_TEST

START_TEST(a_copy_is_scrubbed_before_the_application_sees_it)
{
    set_function_and_data();
    ck_assert_int_eq(push(), CURL_PUSH_OK);
    ck_assert(!was_hooked);
    ck_assert_uint_eq(fake_calls, 2); /* the hop's function and its data were taken off the copy */
    const struct record *pushed = record_find(&handles[PUSHED]);
    ck_assert_ptr_nonnull(pushed);
    ck_assert_ptr_eq(pushed->provider, &provider);
}
END_TEST

START_TEST(a_fresh_handle_needs_no_scrubbing)
{
    provider.version = CURL_PUSHES_FRESH;
    set_function_and_data();
    ck_assert_int_eq(push(), CURL_PUSH_OK);
    ck_assert_uint_eq(fake_calls, 0);
    ck_assert_ptr_nonnull(record_find(&handles[PUSHED]));
}
END_TEST

START_TEST(what_the_application_denies_is_forgotten)
{
    answer_of_application = CURL_PUSH_DENY;
    set_function_and_data();
    ck_assert_int_eq(push(), CURL_PUSH_DENY);
    ck_assert_ptr_null(record_find(&handles[PUSHED]));
}
END_TEST

START_TEST(a_push_of_a_handle_that_nobody_saw_is_the_applications_alone)
{
    record_remove(parent);
    record_free(parent);
    set_function_and_data();
    ck_assert_int_eq(push(), CURL_PUSH_OK);
    ck_assert_uint_eq(calls, 1);
    ck_assert_ptr_null(record_find(&handles[PUSHED]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("push");
    TCase *tests = tcase_create("push");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, libcurl_gets_our_function_and_the_application_its_data);
    tcase_add_test(tests, without_the_applications_function_there_is_none);
    tcase_add_test(tests, what_libcurl_refuses_is_refused);
    tcase_add_test(tests, a_copy_is_scrubbed_before_the_application_sees_it);
    tcase_add_test(tests, a_fresh_handle_needs_no_scrubbing);
    tcase_add_test(tests, what_the_application_denies_is_forgotten);
    tcase_add_test(tests, a_push_of_a_handle_that_nobody_saw_is_the_applications_alone);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
