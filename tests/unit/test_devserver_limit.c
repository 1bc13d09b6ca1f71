/* How many requests a key has left. Time is a number here: nothing waits. */
#include <pthread.h>
#include <stdlib.h>

#include <check.h>

#include "devserver/limit.h"
#include "support/suite.h"

static const int64_t second = 1000000000;
static const struct ds_rate six_a_minute = {6, 60}; /* one comes back every ten seconds */
static struct ds_limits *limits;

static void setup(void)
{
    limits = ds_limits_new();
    ck_assert_ptr_nonnull(limits);
}

static void teardown(void)
{
    ds_limits_free(limits);
}

static void use_up(int64_t id, int64_t now)
{
    for (int i = 0; i < 6; i++)
        ck_assert(ds_limits_take(limits, id, six_a_minute, now).allowed);
}

START_TEST(a_key_without_a_rate_is_not_limited)
{
    for (int i = 0; i < 1000; i++) {
        struct ds_limit limit = ds_limits_take(limits, 1, (struct ds_rate){0, 0}, second);
        ck_assert(limit.allowed);
        ck_assert(!limit.limited);
    }
}
END_TEST

START_TEST(all_of_a_rate_may_be_used_at_once_and_no_more)
{
    use_up(1, 5 * second);
    ck_assert(!ds_limits_take(limits, 1, six_a_minute, 5 * second).allowed);
}
END_TEST

START_TEST(what_is_left_counts_down)
{
    for (uint32_t left = 6; left-- > 0;)
        ck_assert_uint_eq(ds_limits_take(limits, 1, six_a_minute, second).left, left);
}
END_TEST

START_TEST(a_refused_request_is_told_when_to_come_back_and_passes_then)
{
    use_up(1, 5 * second);
    struct ds_limit refused = ds_limits_take(limits, 1, six_a_minute, 7 * second);
    ck_assert(!refused.allowed);
    ck_assert_int_eq(refused.retry_ns, 8 * second);
    ck_assert(!ds_limits_take(limits, 1, six_a_minute, 15 * second - 1).allowed);
    ck_assert(ds_limits_take(limits, 1, six_a_minute, 15 * second).allowed);
}
END_TEST

START_TEST(refused_requests_cost_nothing)
{
    use_up(1, second);
    for (int i = 0; i < 100; i++)
        ck_assert(!ds_limits_take(limits, 1, six_a_minute, 2 * second).allowed);
    ck_assert(ds_limits_take(limits, 1, six_a_minute, 11 * second).allowed);
}
END_TEST

START_TEST(after_a_window_all_are_back_and_not_one_more)
{
    use_up(1, second);
    use_up(1, 61 * second);
    ck_assert(!ds_limits_take(limits, 1, six_a_minute, 61 * second).allowed);
    use_up(1, 100000 * second);
    ck_assert(!ds_limits_take(limits, 1, six_a_minute, 100000 * second).allowed);
}
END_TEST

START_TEST(the_reset_is_when_all_are_back)
{
    ck_assert_int_eq(ds_limits_take(limits, 1, six_a_minute, second).reset_ns, 10 * second);
    ck_assert_int_eq(ds_limits_take(limits, 1, six_a_minute, second).reset_ns, 20 * second);
    ck_assert_int_eq(ds_limits_take(limits, 1, six_a_minute, 11 * second).reset_ns, 20 * second);
}
END_TEST

START_TEST(keys_do_not_share_a_rate)
{
    use_up(1, second);
    use_up(2, second);
    ck_assert(!ds_limits_take(limits, 1, six_a_minute, second).allowed);
}
END_TEST

START_TEST(a_rate_that_does_not_divide_its_window_never_gives_too_much)
{
    const struct ds_rate seven = {7, 60};
    int allowed = 0;
    for (int64_t now = second; now < 61 * second; now += second / 10)
        allowed += ds_limits_take(limits, 1, seven, now).allowed;
    ck_assert_int_le(allowed, 14); /* the seven at once, and the seven that came back */
    ck_assert_int_ge(allowed, 13);
}
END_TEST

static void *take_many(void *allowed)
{
    for (int i = 0; i < 1000; i++)
        *(int *)allowed += ds_limits_take(limits, 1, (struct ds_rate){1000, 3600}, second).allowed;
    return NULL;
}

START_TEST(threads_together_get_the_rate_once)
{
    pthread_t threads[4];
    int allowed[4] = {0};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, &allowed[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(allowed[0] + allowed[1] + allowed[2] + allowed[3], 1000);
}
END_TEST

START_TEST(times_are_printed_rounded_up)
{
    static const struct {
        int64_t ns;
        const char *text;
        int64_t seconds;
    } rows[] = {
        {0, "0ms", 1},
        {1, "1ms", 1},
        {250000000, "250ms", 1},
        {1000000000, "1s", 1},
        {1000000001, "2s", 2},
        {59000000000, "59s", 59},
        {60000000000, "1m0s", 60},
        {90500000000, "1m31s", 91},
        {86400000000000, "1440m0s", 86400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        ds_limit_print(rows[i].ns, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_int_eq(ds_limit_seconds(rows[i].ns), rows[i].seconds);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver limits");
    TCase *all = tcase_create("limits");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_key_without_a_rate_is_not_limited);
    tcase_add_test(all, all_of_a_rate_may_be_used_at_once_and_no_more);
    tcase_add_test(all, what_is_left_counts_down);
    tcase_add_test(all, a_refused_request_is_told_when_to_come_back_and_passes_then);
    tcase_add_test(all, refused_requests_cost_nothing);
    tcase_add_test(all, after_a_window_all_are_back_and_not_one_more);
    tcase_add_test(all, the_reset_is_when_all_are_back);
    tcase_add_test(all, keys_do_not_share_a_rate);
    tcase_add_test(all, a_rate_that_does_not_divide_its_window_never_gives_too_much);
    tcase_add_test(all, threads_together_get_the_rate_once);
    tcase_add_test(all, times_are_printed_rounded_up);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
