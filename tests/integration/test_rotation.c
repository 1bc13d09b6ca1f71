/*
 * Keys that change while a program runs: what its next requests carry, and what it costs.
 *
 * The file of a key is replaced by rename(2). "A tick" is one of the coarse clock, 10 ms at most.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "support/old_libcurl.h"
#include "support/origin.h"
#include "support/other_libc.h"
#include "support/preloaded.h"
#include "support/sanitized.h"
#include "support/suite.h"

#define APP  "https://app.commissioned.tech"

#define TICK "20"
#define NEW(letter)                                                                                \
    "run", "printf '%s\\n' @" letter " >@D/new && chmod 600 @D/new && mv @D/new @D/key", "sleep",  \
        TICK
#define RELOAD "run", "touch @D/auth.conf", "sleep", TICK

static void one_key(const char *key_settings)
{
    char policy[1024];
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"k\"; file = \"@D/key\"; %s } );\n"
             "rules = ( { name = \"r\"; key = \"k\"; } );\n",
             key_settings);
    preloaded_policy(policy);
    preloaded_store("key", "@A\n");
}

/* ---- one after the other --------------------------------------------------------------------- */

START_TEST(the_next_transfer_carries_the_new_key)
{
    one_key("");
    RUN("get", APP "/1", NEW("B"), "get", APP "/2", NEW("C"), "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 B\nGET /3 C\n");
}
END_TEST

START_TEST(a_transfer_under_way_ends_with_its_own_key)
{
    if (skips_old_libcurl("a_transfer_under_way_ends_with_its_own_key"))
        return;
    one_key("");
    RUN("follow", "meanwhile", NEW("B"), "get", APP "/2", "done", "begin", APP "/to/" APP "/1",
        "end", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /to/" APP "/1 A\nGET /2 B\nGET /1 A\nGET /3 B\n");
}
END_TEST

/* It waited in its multi handle, or for its connection: the server may
 * refuse the old key by now. */
START_TEST(a_transfer_takes_the_key_in_force_when_its_first_request_goes_out)
{
    if (skips_old_libcurl("a_transfer_takes_the_key_in_force_when_its_first_request_goes_out"))
        return;
    one_key("");
    RUN("follow", "begin", APP "/to/" APP "/1", NEW("B"), "end");
    ck_assert_str_eq(preloaded_seen(), "GET /to/" APP "/1 B\nGET /1 B\n");
}
END_TEST

START_TEST(a_new_policy_counts_from_the_next_transfer_on)
{
    one_key("");
    RUN("get", APP "/1", "run",
        "umask 022; sed 's|key = \"k\";|key = \"k\"; url = \"" APP "/v1\";|' "
        "@D/auth.conf >@D/new && mv @D/new @D/auth.conf",
        "sleep", TICK, "get", APP "/2", "get", APP "/v1/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 -\nGET /v1/3 A\n");
}
END_TEST

START_TEST(a_key_that_comes_later_ends_the_failures)
{
    one_key("");
    RUN("run", "rm @D/key", "get", APP "/1", NEW("B"), "get", APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /2 B\n");
    ck_assert_int_eq(strncmp(preloaded_outcome.out, "94 0 ", 5), 0);
}
END_TEST

/* ---- next ------------------------------------------------------------------------------------ */

static void two_keys(void)
{
    one_key("next = \"@D/next\";");
    preloaded_store("next", "@B\n");
}

START_TEST(after_a_401_later_requests_carry_the_next_key)
{
    two_keys();
    RUN("get", APP "/1", "get", APP "/status/401", "get", APP "/2", RELOAD, "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /status/401 A\nGET /2 B\nGET /3 B\n");
    ck_assert_str_eq(preloaded_outcome.out, "0 200\n0 401\n0 200\n0 200\n");
}
END_TEST

START_TEST(no_other_status_lets_the_next_key_take_over)
{
    two_keys();
    RUN("get", APP "/status/403", "get", APP "/status/429", "get", APP "/status/500", "get",
        APP "/1");
    ck_assert_str_eq(preloaded_seen(), "GET /status/403 A\nGET /status/429 A\nGET /status/500 A\n"
                                       "GET /1 A\n");
}
END_TEST

START_TEST(a_401_without_our_key_does_not_let_the_next_one_take_over)
{
    two_keys();
    RUN("get", "https://localhost/status/401", "header", "Authorization: Bearer mine", "get",
        APP "/status/401", "headers", "get", APP "/1");
    ck_assert_str_eq(preloaded_seen(),
                     "GET /status/401 -\nGET /status/401 Bearer mine\nGET /1 A\n");
}
END_TEST

START_TEST(a_changed_key_file_is_tried_before_the_next_key)
{
    two_keys();
    RUN("get", APP "/status/401", "get", APP "/1", NEW("C"), "get", APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /status/401 A\nGET /1 B\nGET /2 C\n");
}
END_TEST

START_TEST(a_changed_next_key_stays_in_force)
{
    two_keys();
    RUN("get", APP "/status/401", "get", APP "/1", "run",
        "printf @C >@D/new && chmod 600 @D/new && mv @D/new @D/next", "sleep", TICK, "get",
        APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /status/401 A\nGET /1 B\nGET /2 C\n");
}
END_TEST

/* Learned by a transfer that began before the reload: the reload must not forget it. */
START_TEST(a_401_to_a_transfer_that_outlived_a_reload_counts)
{
    if (skips_old_libcurl("a_401_to_a_transfer_that_outlived_a_reload_counts"))
        return;
    two_keys();
    RUN("meanwhile", RELOAD, "get", APP "/1", "done", "begin", APP "/status/401", "end", "get",
        APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /status/401 A\nGET /1 A\nGET /2 B\n");
}
END_TEST

START_TEST(a_401_to_a_key_that_was_replaced_meanwhile_counts_for_nothing)
{
    if (skips_old_libcurl("a_401_to_a_key_that_was_replaced_meanwhile_counts_for_nothing"))
        return;
    two_keys();
    RUN("meanwhile", NEW("C"), "get", APP "/1", "done", "begin", APP "/status/401", "end", "get",
        APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /status/401 A\nGET /1 C\nGET /2 C\n");
}
END_TEST

START_TEST(a_next_key_that_is_not_there_yet_does_not_take_over)
{
    one_key("next = \"@D/next\";");
    RUN("get", APP "/status/401", "get", APP "/1", "run",
        "printf @B >@D/new && chmod 600 @D/new && mv @D/new @D/next", "sleep", TICK, "get",
        APP "/2", "get", APP "/status/401", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(),
                     "GET /status/401 A\nGET /1 A\nGET /2 A\nGET /status/401 A\nGET /3 B\n");
}
END_TEST

/* What an administrator does at the end of a rotation. */
START_TEST(the_next_key_may_move_into_the_place_of_the_first)
{
    one_key("next = \"@D/next\"; stale = \"1h\";");
    preloaded_store("next", "@B\n");
    RUN("get", APP "/1", "run", "mv @D/next @D/key", "sleep", TICK, "get", APP "/2", "sleep",
        "1100", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 B\nGET /3 B\n");
}
END_TEST

/* ---- stale ----------------------------------------------------------------------------------- */

START_TEST(without_stale_a_lost_key_fails_at_once)
{
    one_key("");
    RUN("get", APP "/1", "run", "rm @D/key", "sleep", TICK, "get", APP "/2");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\n");
    char *expected = preloaded_expand(
        old_libcurl()
            ? "0 200\n94 200 @D/key: no such file: commissioned-auth key add --dir @D key\n"
            : "0 200\n94 0 @D/key: no such file: commissioned-auth key add --dir @D key\n");
    ck_assert_str_eq(preloaded_outcome.out, expected);
    free(expected);
}
END_TEST

START_TEST(an_emptied_or_opened_file_is_a_lost_key)
{
    one_key("");
    RUN("get", APP "/1", "run", ": >@D/key", "sleep", TICK, "get", APP "/2", NEW("B"), "run",
        "chmod 644 @D/key", "sleep", TICK, "get", APP "/3", "run", "chmod 600 @D/key", "sleep",
        TICK, "get", APP "/4");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /4 B\n");
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.out, "/key: is empty"));
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.out, "mode 0644 lets others read the key"));
}
END_TEST

START_TEST(the_last_good_key_serves_as_long_as_stale_says)
{
    one_key("stale = \"2s\";");
    RUN("get", APP "/1", "run", "rm @D/key", "sleep", TICK, "get", APP "/2", "sleep", "500", "get",
        APP "/3", "sleep", "3000", "get", APP "/4", NEW("B"), "get", APP "/5");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 A\nGET /3 A\nGET /5 B\n");
}
END_TEST

START_TEST(a_new_key_ends_the_time_of_the_stale_one)
{
    one_key("stale = \"1h\";");
    RUN("get", APP "/1", "run", "rm @D/key", "sleep", TICK, "get", APP "/2", NEW("B"), "sleep",
        "1100", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 A\nGET /3 B\n");
}
END_TEST

/* The file comes back just as it was, and is lost again: its time begins anew. */
START_TEST(a_loss_that_is_over_does_not_shorten_the_next_one)
{
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/keys/key\"; stale = \"2s\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; } );\n");
    preloaded_store("key", "@A\n");
    RUN("run", "mkdir -m 700 @D/keys && mv @D/key @D/keys/key", "get", APP "/1", "run",
        "mv @D/keys @D/away", "sleep", TICK, "get", APP "/2", "run", "mv @D/away @D/keys", "sleep",
        "1100", "get", APP "/3", "sleep", "1500", "run", "mv @D/keys @D/away", "sleep", "1100",
        "get", APP "/4");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 A\nGET /3 A\nGET /4 A\n");
}
END_TEST

/* stale is for a source that cannot be read, not for what the administrator takes away. */
START_TEST(a_rule_that_was_taken_away_counts_at_once_despite_stale)
{
    one_key("stale = \"1h\";");
    RUN("get", APP "/1", "run", "echo 'deny = ( { programs = [\"@P\"]; } );' >>@D/auth.conf",
        "sleep", TICK, "get", APP "/2", "sleep", "1100", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 -\nGET /3 -\n");
}
END_TEST

/* Privileges that were given up take the key along. */
START_TEST(another_effective_user_does_not_inherit_a_stale_key)
{
    if (geteuid() != 0) {
        printf("SKIP another_effective_user_does_not_inherit_a_stale_key: only root can become "
               "another user\n");
        return;
    }
    one_key("stale = \"1h\";");
    RUN("get", APP "/1", "user", "65534", "sleep", TICK, "get", APP "/2", "sleep", "1100", "get",
        APP "/3", "user", "0", "sleep", "1100", "get", APP "/4");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /4 A\n");
}
END_TEST

START_TEST(a_policy_that_cannot_be_read_keeps_the_last_one_as_long_as_stale_says)
{
    one_key("stale = \"1s\";");
    RUN("get", APP "/1", "run", "echo '}' >>@D/auth.conf", "sleep", TICK, "get", APP "/2", "sleep",
        "2500", "get", APP "/3");
    ck_assert_str_eq(preloaded_seen(), "GET /1 A\nGET /2 A\n");
    ck_assert_ptr_nonnull(strstr(preloaded_outcome.out, old_libcurl() ? "94 200 " : "94 0 "));
}
END_TEST

/* ---- what it costs --------------------------------------------------------------------------- */

struct memory {
    long kb;
    long maps;
    long descriptors;
};

/* The client's two reports, before and after. A sanitizer keeps freed memory: with one the
 * descriptors alone say something. */
static void read_memory(struct memory memory[2])
{
    const char *text = preloaded_outcome.out;
    for (int i = 0; i < 2; i++) {
        text = strstr(text, "memory ");
        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(sscanf(text++, "memory %ld kB %ld maps %ld descriptors", &memory[i].kb,
                                &memory[i].maps, &memory[i].descriptors),
                         3);
    }
}

/* How many of the requests came with another Authorization than the one before. */
static size_t count_changes(void)
{
    size_t count, changes = 0;
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 1; i < count; i++)
        changes += strcmp(seen[i].authorization, seen[i - 1].authorization) != 0;
    return changes;
}

START_TEST(a_thousand_reloads_leave_memory_and_descriptors_as_they_were)
{
    struct memory memory[2];
    one_key("");
    RUN("get", APP "/1", "memory", "rotate", "1000", "@D/key", APP "/2", "memory");
    read_memory(memory);
    printf("1,000 reloads: %+ld kB, %+ld mappings, %+ld descriptors\n", memory[1].kb - memory[0].kb,
           memory[1].maps - memory[0].maps, memory[1].descriptors - memory[0].descriptors);
    ck_assert_uint_eq(count_changes(), 1000);
    ck_assert_int_eq(memory[1].descriptors, memory[0].descriptors);
    if (SANITIZED)
        return;
    ck_assert_int_le(memory[1].kb - memory[0].kb, 64);
    /* musl's allocator maps and unmaps as it goes. */
    ck_assert_int_le(memory[1].maps, memory[0].maps + (on_musl() ? 8 : 0));
}
END_TEST

/* ---- under load ------------------------------------------------------------------------------ */

/*
 * The server takes a key until GRACE after the next one was put in the file. A program that reads
 * the file itself at the begin of each transfer would be refused only where the transfer began
 * before the switch; the library may take a tick longer to see it.
 */
enum { ROTATIONS = 1000, WARM = ROTATIONS / 4, PERIOD_US = 40000 };
#define GRACE   INT64_C(50000000)
#define TICK_NS INT64_C(10000000)

static struct {
    pthread_mutex_t lock; /* for all of it */
    unsigned current;
    char keys[ROTATIONS + 1][TEST_KEY_LENGTH + 1];
    int64_t since[ROTATIONS + 1]; /* when it was in the file */
    unsigned long requests, excused, wrongly_refused, unknown;
    int64_t latest; /* after the switch, that a transfer began and carried the old key */
} ledger = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The number of a key among the newest, or -1. */
static int find_key(const char *authorization)
{
    for (unsigned i = 0; authorization != NULL && i < 50 && i <= ledger.current + 1; i++) {
        unsigned number = ledger.current + 1 - i;
        if (number <= ROTATIONS && strncmp(authorization, "Bearer ", 7) == 0 &&
            strcmp(authorization + 7, ledger.keys[number]) == 0)
            return (int)number;
    }
    return -1;
}

static unsigned judge_old(unsigned number, int64_t began, int64_t now)
{
    int64_t switched = ledger.since[number + 1];
    if (began - switched > ledger.latest)
        ledger.latest = began - switched;
    if (now <= switched + GRACE)
        return 200;
    if (began <= switched + TICK_NS)
        ledger.excused++;
    else
        ledger.wrongly_refused++;
    return 401;
}

static unsigned judge(const char *authorization, const char *began)
{
    unsigned status = 200;
    int64_t now = now_ns();
    pthread_mutex_lock(&ledger.lock);
    int number = find_key(authorization);
    ledger.requests++;
    if (number < 0) {
        ledger.unknown++;
        status = 401;
    } else if ((unsigned)number < ledger.current) {
        status = judge_old((unsigned)number, began != NULL ? strtoll(began, NULL, 10) : 0, now);
    }
    pthread_mutex_unlock(&ledger.lock);
    return status;
}

static void put_key(unsigned number)
{
    char *fresh = tmpdir_printf(preloaded_folder, "fresh", 0600, "%s\n", ledger.keys[number]);
    char *path = tmpdir_path(preloaded_folder, "key");
    pthread_mutex_lock(&ledger.lock);
    ck_assert_int_eq(rename(fresh, path), 0);
    ledger.since[number] = now_ns();
    ledger.current = number;
    pthread_mutex_unlock(&ledger.lock);
    free(path);
    free(fresh);
}

static void put_mark(const char *name)
{
    free(tmpdir_write(preloaded_folder, name, 0600, "", 0));
}

static void *turn_keys(void *unused)
{
    for (unsigned number = 1; number <= ROTATIONS; number++) {
        usleep(PERIOD_US);
        put_key(number);
        if (number == WARM)
            put_mark("warm");
    }
    usleep(PERIOD_US);
    put_mark("done");
    return unused;
}

static void set_up_load(void)
{
    origin_judges = judge;
    preloaded_start();
}

START_TEST(a_thousand_rotations_under_a_hundred_transfers_fail_no_request)
{
    struct memory memory[2];
    pthread_t turner;
    one_key("");
    for (int i = 0; i <= ROTATIONS; i++)
        test_key_make(ledger.keys[i]);
    put_key(0);
    int64_t began = now_ns();
    ck_assert_int_eq(pthread_create(&turner, NULL, turn_keys, NULL), 0);
    RUN("load", "@D/warm", "memory", "load", "@D/done", "memory");
    pthread_join(turner, NULL);
    read_memory(memory);
    printf("%d rotations: %lu requests in %.1f s; %lu came after their key's grace as they would "
           "have by hand; a new key was carried %.1f ms after the switch at the latest; %+ld kB, "
           "%+ld mappings, %+ld descriptors\n%s",
           ROTATIONS, ledger.requests, (double)(now_ns() - began) / 1e9, ledger.excused,
           (double)ledger.latest / 1e6, memory[1].kb - memory[0].kb,
           memory[1].maps - memory[0].maps, memory[1].descriptors - memory[0].descriptors,
           preloaded_outcome.out);
    fflush(stdout);
    ck_assert_uint_eq(ledger.unknown, 0); /* a torn key, or none */
    ck_assert_uint_eq(ledger.wrongly_refused, 0);
    const char *end = strstr(preloaded_outcome.out, " refused ");
    for (; end != NULL; end = strstr(end + 1, " refused "))
        ck_assert_int_eq(strncmp(end, " refused 0 failed\n", 18), 0);
    ck_assert_uint_ge(ledger.requests, 10 * ROTATIONS);
    ck_assert_int_eq(memory[1].descriptors, memory[0].descriptors);
    if (SANITIZED)
        return;
    /* Of those behind the warming up the images would be 3 MB. */
    ck_assert_int_le(memory[1].kb - memory[0].kb, on_musl() ? 2048 : 512);
    ck_assert_int_le(memory[1].maps - memory[0].maps, 64);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotation");
    TCase *tests = tcase_create("rotation");
    tcase_add_checked_fixture(tests, preloaded_start, preloaded_stop);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, the_next_transfer_carries_the_new_key);
    tcase_add_test(tests, a_transfer_under_way_ends_with_its_own_key);
    tcase_add_test(tests, a_transfer_takes_the_key_in_force_when_its_first_request_goes_out);
    tcase_add_test(tests, a_new_policy_counts_from_the_next_transfer_on);
    tcase_add_test(tests, a_key_that_comes_later_ends_the_failures);
    tcase_add_test(tests, after_a_401_later_requests_carry_the_next_key);
    tcase_add_test(tests, no_other_status_lets_the_next_key_take_over);
    tcase_add_test(tests, a_401_without_our_key_does_not_let_the_next_one_take_over);
    tcase_add_test(tests, a_changed_key_file_is_tried_before_the_next_key);
    tcase_add_test(tests, a_changed_next_key_stays_in_force);
    tcase_add_test(tests, a_401_to_a_transfer_that_outlived_a_reload_counts);
    tcase_add_test(tests, a_401_to_a_key_that_was_replaced_meanwhile_counts_for_nothing);
    tcase_add_test(tests, a_next_key_that_is_not_there_yet_does_not_take_over);
    tcase_add_test(tests, the_next_key_may_move_into_the_place_of_the_first);
    tcase_add_test(tests, without_stale_a_lost_key_fails_at_once);
    tcase_add_test(tests, an_emptied_or_opened_file_is_a_lost_key);
    tcase_add_test(tests, the_last_good_key_serves_as_long_as_stale_says);
    tcase_add_test(tests, a_new_key_ends_the_time_of_the_stale_one);
    tcase_add_test(tests, a_loss_that_is_over_does_not_shorten_the_next_one);
    tcase_add_test(tests, a_rule_that_was_taken_away_counts_at_once_despite_stale);
    tcase_add_test(tests, another_effective_user_does_not_inherit_a_stale_key);
    tcase_add_test(tests, a_policy_that_cannot_be_read_keeps_the_last_one_as_long_as_stale_says);
    tcase_add_test(tests, a_thousand_reloads_leave_memory_and_descriptors_as_they_were);
    suite_add_tcase(suite, tests);
    TCase *load = tcase_create("load");
    tcase_add_checked_fixture(load, set_up_load, preloaded_stop);
    tcase_set_timeout(load, 300);
    tcase_add_test(load, a_thousand_rotations_under_a_hundred_transfers_fail_no_request);
    suite_add_tcase(suite, load);
    return suite_run(suite);
}
