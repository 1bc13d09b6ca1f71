/* A kill at any system call of a verb that changes files leaves each of them whole, old or new. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/fault.h"
#include "support/suite.h"
#include "support/switch_root.h"

#define LIBRARY SWITCH_LIBRARY
#define OTHER   "# the scanner's\n/usr/lib/libscanner.so\n"
#define BOTH    OTHER LIBRARY "\n"

enum { MAX_CALLS = 2000, FEWEST_CALLS = 20 };

static char root[PATH_MAX], preload[PATH_MAX], backup[PATH_MAX], mark[PATH_MAX];

static void setup(void)
{
    switch_root_make(root);
    in_folder(preload, root, "etc/ld.so.preload");
    in_folder(backup, root, "etc/ld.so.preload.before");
    in_folder(mark, root, "etc/ld.so.preload.pending");
}

static void teardown(void)
{
    scratch_remove(root);
}

static void is_one_of(const char *path, unsigned nth, const char *a, const char *b)
{
    const char *text = text_of(path);
    ck_assert_msg(text && (strcmp(text, a) == 0 || strcmp(text, b) == 0),
                  "%s after a kill at system call %u: '%s'", path, nth, text ? text : "(gone)");
}

static void whole(const char *const argv[])
{
    int status;
    ck_assert_int_eq(fault_at(0, NULL, argv, &status), FAULT_COMPLETED);
    ck_assert_int_eq(status, 0);
}

/* Kills `argv` at each of its system calls in turn; `before` sets the stage, `after` judges it. */
static void kill_everywhere(const char *name, const char *input, const char *const argv[],
                            void (*before)(void), void (*after)(unsigned nth))
{
    for (unsigned nth = 1; nth < MAX_CALLS; nth++) {
        int status;
        before();
        switch (fault_at(nth, input, argv, &status)) {
        case FAULT_UNAVAILABLE:
            printf("SKIP %s: this process may not trace its children\n", name);
            return;
        case FAULT_COMPLETED:
            ck_assert_int_eq(status, 0);
            after(nth);
            ck_assert_uint_ge(nth, FEWEST_CALLS); /* else nothing was tried */
            return;
        case FAULT_KILLED:
        case FAULT_HELD:
            after(nth);
        }
    }
    ck_abort_msg("it never came to its end");
}

static const char *const enable_call[] = {
    "commissioned-auth", "enable", "--no-trial", "--wait", "1", "--root", root, NULL};
static const char *const slow_enable_call[] = {
    "commissioned-auth", "enable", "--no-trial", "--wait", "600", "--root", root, NULL};
static const char *const disable_call[] = {"commissioned-auth", "disable", "--root", root, NULL};

static void switched_off(void)
{
    write_file(preload, OTHER, 0644);
}

static void switched_on(void)
{
    write_file(preload, BOTH, 0644);
}

static void enable_left_it_whole(unsigned nth)
{
    is_one_of(preload, nth, OTHER, BOTH);
    if (exists(backup))
        is_one_of(backup, nth, OTHER, BOTH);
    whole(disable_call); /* and what was left is no hindrance */
    ck_assert_str_eq(text_of(preload), OTHER);
}

static void disable_left_it_whole(unsigned nth)
{
    is_one_of(preload, nth, BOTH, OTHER);
    if (exists(backup))
        is_one_of(backup, nth, OTHER, BOTH);
    whole(disable_call);
    ck_assert_str_eq(text_of(preload), OTHER);
}

START_TEST(a_kill_at_any_moment_of_enable_leaves_the_file_whole)
{
    kill_everywhere("a_kill_at_any_moment_of_enable_leaves_the_file_whole", NULL, enable_call,
                    switched_off, enable_left_it_whole);
}
END_TEST

START_TEST(a_kill_at_any_moment_of_disable_leaves_the_file_whole)
{
    kill_everywhere("a_kill_at_any_moment_of_disable_leaves_the_file_whole", NULL, disable_call,
                    switched_on, disable_left_it_whole);
}
END_TEST

/* A killed enable that had named the library is taken back by the watcher that it had started. */
static void wait_until_it_is_off(unsigned nth)
{
    for (int i = 0; i < 3000 && strcmp(text_of(preload), OTHER) != 0; i++)
        usleep(10000);
    is_one_of(preload, nth, OTHER, OTHER);
}

static void judge_watcher(unsigned nth)
{
    if (strcmp(text_of(preload), BOTH) == 0)
        wait_until_it_is_off(nth);
    whole(disable_call);
}

START_TEST(a_killed_enable_never_leaves_the_switch_on_for_good)
{
    kill_everywhere("a_killed_enable_never_leaves_the_switch_on_for_good", NULL, enable_call,
                    switched_off, judge_watcher);
}
END_TEST

/* ---- enable over an entry that was confirmed ------------------------------------------------- */

#define ELSEWHERE OTHER "/opt/lib/libcommissioned-auth.so\n"

static void confirmed_elsewhere(void)
{
    unlink(mark);
    write_file(preload, ELSEWHERE, 0644);
}

static void wait_until_nothing_pends(void)
{
    for (int i = 0; i < 3000 && exists(mark); i++)
        usleep(10000);
    ck_assert(!exists(mark));
}

/* What it had named is taken back: see above. What nobody changed stays. */
static void judge_confirmed(unsigned nth)
{
    if (strcmp(text_of(preload), BOTH) != 0) {
        wait_until_nothing_pends();
        is_one_of(preload, nth, ELSEWHERE, ELSEWHERE);
    }
    whole(disable_call);
}

START_TEST(a_killed_enable_leaves_a_confirmed_entry_that_it_had_not_replaced)
{
    kill_everywhere("a_killed_enable_leaves_a_confirmed_entry_that_it_had_not_replaced", NULL,
                    enable_call, confirmed_elsewhere, judge_confirmed);
}
END_TEST

/* Kills the call as soon as its mark is there, which comes before the entry. */
static bool killed_at_its_mark(const char *const argv[])
{
    char before[256], now[256] = "";
    int status;
    snprintf(before, sizeof before, "%s", exists(mark) ? text_of(mark) : "");
    snprintf(now, sizeof now, "%s", before);
    for (unsigned nth = 1; strcmp(now, before) == 0; nth++) {
        if (fault_at(nth, NULL, argv, &status) == FAULT_UNAVAILABLE)
            return false;
        snprintf(now, sizeof now, "%s", exists(mark) ? text_of(mark) : "");
    }
    ck_assert_str_eq(text_of(preload), ELSEWHERE);
    return true;
}

START_TEST(a_second_killed_enable_leaves_the_confirmed_entry_too)
{
    confirmed_elsewhere();
    if (!killed_at_its_mark(slow_enable_call) || !killed_at_its_mark(enable_call)) {
        puts("SKIP a_second_killed_enable_leaves_the_confirmed_entry_too: this process may not "
             "trace its children");
        return;
    }
    wait_until_nothing_pends();
    ck_assert_str_eq(text_of(preload), ELSEWHERE);
}
END_TEST

/* What the first of them named is not confirmed, whatever became of the second. */
START_TEST(what_was_not_confirmed_is_taken_back_after_a_killed_enable)
{
    switched_off();
    unlink(mark);
    whole(slow_enable_call);
    write_file(preload, ELSEWHERE, 0644); /* as if it had named this one */
    if (!killed_at_its_mark(enable_call)) {
        puts("SKIP what_was_not_confirmed_is_taken_back_after_a_killed_enable: this process may "
             "not trace its children");
        return;
    }
    wait_until_nothing_pends();
    ck_assert_str_eq(text_of(preload), OTHER);
}
END_TEST

/* ---- disable while enable is on its way ------------------------------------------------------ */

static void disable_meanwhile(void)
{
    static struct outcome outcome;
    char command[PATH_MAX];
    built(command, "commissioned-auth");
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
}

/* It is off; or the enable that had hardly begun came after, and then it takes itself back. */
static void off_or_watched(unsigned nth)
{
    is_one_of(preload, nth, OTHER, BOTH);
    if (strcmp(text_of(preload), BOTH) == 0)
        ck_assert_msg(exists(mark), "on for good after a disable at system call %u", nth);
    whole(disable_call);
    ck_assert(!exists(mark));
}

START_TEST(a_disable_that_does_not_wait_for_enable_has_the_last_word)
{
    for (unsigned nth = 1; nth < MAX_CALLS; nth++) {
        int status;
        switched_off();
        enum fault_end end = fault_hold_at(nth, slow_enable_call, disable_meanwhile, &status);
        if (end == FAULT_UNAVAILABLE) {
            puts("SKIP a_disable_that_does_not_wait_for_enable_has_the_last_word: this process may "
                 "not trace its children");
            return;
        }
        off_or_watched(nth);
        if (end == FAULT_COMPLETED)
            return;
    }
    ck_abort_msg("it never came to its end");
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------------ */

/* Not keys of anything: what is asked is only which of the two a file holds, and whether whole. */
#define CURRENT "current-0123456789012345678901234567890123456789\n"
#define NEXT    "next-9876543210987654321098765432109876543210987\n"

static char store[PATH_MAX], key[PATH_MAX], next_key[PATH_MAX];

static const char *const rotate_call[] = {
    "commissioned-auth", "key", "rotate", "prod", "--dir", store, NULL};
static const char *const promote_call[] = {
    "commissioned-auth", "key", "promote", "prod", "--dir", store, NULL};

static void make_store(void)
{
    in_folder(store, root, "keys.d");
    in_folder(key, root, "keys.d/prod");
    in_folder(next_key, root, "keys.d/prod.next");
    ck_assert_int_eq(mkdir(store, 0700), 0);
}

static void without_next(void)
{
    write_file(key, CURRENT, 0600);
    unlink(next_key);
}

static void with_next(void)
{
    write_file(key, CURRENT, 0600);
    write_file(next_key, NEXT, 0600);
}

static void mode_is_0600(const char *path)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}

static void rotate_left_it_whole(unsigned nth)
{
    is_one_of(key, nth, CURRENT, CURRENT);
    mode_is_0600(key);
    if (!exists(next_key))
        return;
    is_one_of(next_key, nth, NEXT, NEXT);
    mode_is_0600(next_key);
}

static void promote_left_it_whole(unsigned nth)
{
    is_one_of(key, nth, CURRENT, NEXT);
    mode_is_0600(key);
    /* The next key is never lost: it is still there, or it is the current one. */
    ck_assert(exists(next_key) != (strcmp(text_of(key), NEXT) == 0));
}

START_TEST(a_kill_at_any_moment_of_key_rotate_leaves_the_key_whole)
{
    make_store();
    kill_everywhere("a_kill_at_any_moment_of_key_rotate_leaves_the_key_whole", NEXT, rotate_call,
                    without_next, rotate_left_it_whole);
}
END_TEST

START_TEST(a_kill_at_any_moment_of_key_promote_leaves_the_key_whole)
{
    make_store();
    kill_everywhere("a_kill_at_any_moment_of_key_promote_leaves_the_key_whole", NULL, promote_call,
                    with_next, promote_left_it_whole);
}
END_TEST

/* ---- config edit ----------------------------------------------------------------------------- */

#define POLICY     "rules = ();\n"
#define NEW_POLICY "rules = (); # new\n"

static char conf[PATH_MAX];
static const char *const edit_call[] = {"commissioned-auth", "config", "edit", conf, NULL};

static void policy_of_before(void)
{
    write_file(conf, POLICY, 0644);
}

static void policy_is_whole(unsigned nth)
{
    is_one_of(conf, nth, POLICY, NEW_POLICY);
}

START_TEST(a_kill_at_any_moment_of_config_edit_leaves_the_policy_whole)
{
    char editor[PATH_MAX];
    in_folder(conf, root, "my.conf");
    in_folder(editor, root, "editor");
    write_file(editor, "#!/bin/sh\necho 'rules = (); # new' >\"$1\"\n", 0755);
    setenv("EDITOR", editor, 1);
    unsetenv("VISUAL");
    kill_everywhere("a_kill_at_any_moment_of_config_edit_leaves_the_policy_whole", NULL, edit_call,
                    policy_of_before, policy_is_whole);
    ck_assert_str_eq(text_of(conf), NEW_POLICY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kill");
    TCase *kills = tcase_create("kills");
    tcase_add_checked_fixture(kills, setup, teardown);
    tcase_set_timeout(kills, 300);
    tcase_add_test(kills, a_kill_at_any_moment_of_enable_leaves_the_file_whole);
    tcase_add_test(kills, a_kill_at_any_moment_of_disable_leaves_the_file_whole);
    tcase_add_test(kills, a_killed_enable_never_leaves_the_switch_on_for_good);
    tcase_add_test(kills, a_killed_enable_leaves_a_confirmed_entry_that_it_had_not_replaced);
    tcase_add_test(kills, a_second_killed_enable_leaves_the_confirmed_entry_too);
    tcase_add_test(kills, what_was_not_confirmed_is_taken_back_after_a_killed_enable);
    tcase_add_test(kills, a_disable_that_does_not_wait_for_enable_has_the_last_word);
    tcase_add_test(kills, a_kill_at_any_moment_of_key_rotate_leaves_the_key_whole);
    tcase_add_test(kills, a_kill_at_any_moment_of_key_promote_leaves_the_key_whole);
    tcase_add_test(kills, a_kill_at_any_moment_of_config_edit_leaves_the_policy_whole);
    suite_add_tcase(suite, kills);

    return suite_run(suite);
}
