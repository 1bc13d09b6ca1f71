/* The hop's place in a handle, between transfers and on copies; libcurl is played (fake_curl.h). */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <check.h>

#include "preload/policy/policy_loader.h"
#include "preload/record/record.h"
#include "preload/request/handle.h"
#include "preload/request/hop.h"
#include "preload/request/transfer.h"
#include "support/fake_curl.h"
#include "support/suite.h"

static char handles[2];
static struct record *record;
static struct record *copy;
static unsigned own_calls;
static void *own_data;

static int own_prereq(void *data, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    own_calls++;
    own_data = data;
    return CURL_PREREQFUNC_ABORT;
}

static void set_up(void)
{
    fake_reset();
    record = record_make(&handles[0], &fake_provider);
    record->state |= RECORD_HOOKED;
    copy = NULL;
}

static void tear_down(void)
{
    record_remove(record);
    record_free(record);
    if (copy != NULL) {
        record_remove(copy);
        record_free(copy);
    }
}

static void set_own_prereq(void)
{
    record_note(record, CURLOPT_PREREQFUNCTION, (uintptr_t)own_prereq);
    record_note(record, CURLOPT_PREREQDATA, (uintptr_t)&own_calls);
}

static void make_copy(void)
{
    copy = record_make(&handles[1], &fake_provider);
    record_copy(copy, record);
    transfer_scrub(copy, record);
}

START_TEST(a_copy_does_not_lead_to_the_record_of_its_original)
{
    make_copy();
    ck_assert_uint_eq(fake_calls, 2);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQFUNCTION), 0);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQDATA), 0);
    ck_assert(!(copy->state & RECORD_HOOKED));
    ck_assert(record->state & RECORD_HOOKED);
}
END_TEST

START_TEST(a_copy_has_the_applications_own_function)
{
    set_own_prereq();
    make_copy();
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQFUNCTION), (uintptr_t)own_prereq);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQDATA), (uintptr_t)&own_calls);
}
END_TEST

START_TEST(a_copy_whose_record_found_no_memory_has_the_applications_own_function)
{
    set_own_prereq();
    copy = record_make(&handles[1], &fake_provider);
    record_copy(copy, record);
    struct record_rare *found = copy->rare;
    copy->rare = NULL;
    transfer_scrub(copy, record);
    copy->rare = found;
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQFUNCTION), (uintptr_t)own_prereq);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQDATA), (uintptr_t)&own_calls);
}
END_TEST

START_TEST(a_handle_that_went_away_unseen_gives_its_policy_back)
{
    struct policy_ref *policy = calloc(1, sizeof *policy);
    ck_assert_ptr_nonnull(policy);
    policy->references = 2;
    record->policy = policy;
    record->state |= RECORD_ACTIVE;
    ck_assert_ptr_eq(handle_record(&handles[0], &fake_provider), record);
    ck_assert_uint_eq(policy->references, 1);
    ck_assert_ptr_null(record->policy);
    ck_assert_uint_eq(fake_calls, 0); /* the handle is not there: nothing is set on it */
    free(policy);
}
END_TEST

START_TEST(a_copy_of_a_handle_without_the_hop_is_left_alone)
{
    record->state = 0;
    make_copy();
    ck_assert_uint_eq(fake_calls, 0);
}
END_TEST

START_TEST(the_hop_is_taken_out_before_the_application_sets_its_own)
{
    set_own_prereq();
    errno = ENOTTY;
    transfer_unhook(record);
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQFUNCTION), (uintptr_t)own_prereq);
    ck_assert_uint_eq(fake_value(CURLOPT_PREREQDATA), (uintptr_t)&own_calls);
    ck_assert(!(record->state & RECORD_HOOKED));
    transfer_unhook(record);
    ck_assert_uint_eq(fake_calls, 2);
}
END_TEST

START_TEST(between_transfers_the_hop_does_nothing)
{
    ck_assert_int_eq(hop_prereq(record, NULL, NULL, 0, 0), CURL_PREREQFUNC_OK);
    ck_assert_uint_eq(fake_calls, 0);
    ck_assert_ptr_null(record->policy);
}
END_TEST

START_TEST(between_transfers_the_hop_calls_the_applications_own_function)
{
    set_own_prereq();
    ck_assert_int_eq(hop_prereq(record, NULL, NULL, 0, 0), CURL_PREREQFUNC_ABORT);
    ck_assert_uint_eq(own_calls, 1);
    ck_assert_ptr_eq(own_data, &own_calls);
    ck_assert_uint_eq(fake_calls, 0);
}
END_TEST

/* A copy that nobody saw being made leads to the record of a handle that is gone. */
START_TEST(the_hop_of_a_freed_record_does_nothing)
{
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            set_own_prereq();
        record->state |= RECORD_HOOKED | RECORD_ACTIVE;
        own_calls = 0;
        record_remove(record);
        record_free(record);
        ck_assert_int_eq(hop_prereq(record, NULL, NULL, 0, 0), CURL_PREREQFUNC_OK);
        ck_assert_uint_eq(own_calls + fake_calls, 0);
        record = record_make(&handles[0], &fake_provider);
    }
}
END_TEST

/* The same of one that lies outside the nest. */
START_TEST(the_hop_of_a_freed_record_of_many_does_nothing)
{
    enum { MANY = 4096 };
    static char many[MANY];
    static struct record *records[MANY];
    for (int i = 0; i < MANY; i++) {
        records[i] = record_make(&many[i], &fake_provider);
        records[i]->state = RECORD_HOOKED | RECORD_ACTIVE;
        record_note(records[i], CURLOPT_PREREQFUNCTION, (uintptr_t)own_prereq);
    }
    own_calls = 0;
    for (int i = 0; i < MANY; i++) {
        record_remove(records[i]);
        record_free(records[i]);
        ck_assert_int_eq(hop_prereq(records[i], NULL, NULL, 0, 0), CURL_PREREQFUNC_OK);
    }
    ck_assert_uint_eq(own_calls, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tests = tcase_create("transfer");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_copy_does_not_lead_to_the_record_of_its_original);
    tcase_add_test(tests, a_copy_has_the_applications_own_function);
    tcase_add_test(tests, a_copy_whose_record_found_no_memory_has_the_applications_own_function);
    tcase_add_test(tests, a_handle_that_went_away_unseen_gives_its_policy_back);
    tcase_add_test(tests, a_copy_of_a_handle_without_the_hop_is_left_alone);
    tcase_add_test(tests, the_hop_is_taken_out_before_the_application_sets_its_own);
    tcase_add_test(tests, between_transfers_the_hop_does_nothing);
    tcase_add_test(tests, between_transfers_the_hop_calls_the_applications_own_function);
    tcase_add_test(tests, the_hop_of_a_freed_record_does_nothing);
    tcase_add_test(tests, the_hop_of_a_freed_record_of_many_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
