/*
 * Which policy is in force as files come, change and go, and what of it is remembered.
 *
 * The module is linked here: module_find is this file's, and says what a test wants. How the real
 * one is found is for tests/integration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "preload/policy/find_module.h"
#include "preload/policy/policy_loader.h"
#include "support/mmap_fails.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static char *dir;
static char keys[2][TEST_KEY_LENGTH + 1];
static struct module module;

struct module __wrap_module_find(void);
struct module __wrap_module_find(void)
{
    return module;
}

static void set_key(int number)
{
    free(tmpdir_printf(dir, "key", 0600, "%s\n", keys[number]));
}

static void set_policy(const char *more)
{
    free(tmpdir_printf(dir, "a.conf", 0600, "key_file = \"%s/key\"; %s\n", dir, more));
}

static void set_rule(const char *path)
{
    free(tmpdir_printf(dir, "a.conf", 0600,
                       "keys = ({ name = \"one\"; file = \"%1$s/key\"; next = \"%1$s/next\"; });\n"
                       "rules = ({ name = \"r\"; key = \"one\"; url = "
                       "\"https://app.commissioned.tech%2$s\"; });\n",
                       dir, path));
}

static void setup(void)
{
    char file[4096];
    dir = tmpdir_make();
    for (int i = 0; i < 2; i++)
        test_key_make(keys[i]);
    snprintf(file, sizeof file, "%s/a.conf", dir);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    module = (struct module){.build = commissioned_policy_build};
}

static void teardown(void)
{
    tmpdir_remove(dir);
}

static struct policy_ref *policy_take(void)
{
    return policy_take_for(NULL, NULL);
}

static bool has_key(const struct policy_ref *policy, int number)
{
    const struct policy_image *image = policy->image;
    const char *header = image->nkeys > 0 ? image->keys[0].header : NULL;
    return header != NULL && strstr(header, keys[number]) != NULL;
}

/* Files are looked at once a tick, and seldom once a second: until it is as it should be. */
enum { MAX_LOOKS = 3000 };
#define TAKE_UNTIL(policy, condition)                                                              \
    for (int looks = 0; (policy = policy_take(), !(condition)) && looks < MAX_LOOKS; looks++) {    \
        policy_release(policy);                                                                    \
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);                                  \
    }                                                                                              \
    ck_assert_msg(condition, "it never came to %s", #condition)

START_TEST(without_a_configuration_there_is_no_policy)
{
    errno = ERANGE;
    struct policy_ref *policy = policy_take();
    ck_assert_int_eq(errno, ERANGE);
    /* Unless this machine has one. */
    ck_assert(policy == NULL || policy->image->error != NULL);
    policy_release(policy);
}
END_TEST

START_TEST(a_policy_stays_the_same_while_its_files_do)
{
    set_key(0);
    set_policy("");
    errno = ERANGE;
    struct policy_ref *policy = policy_take();
    ck_assert_int_eq(errno, ERANGE);
    ck_assert_ptr_nonnull(policy);
    ck_assert(has_key(policy, 0));
    for (int i = 0; i < 10; i++) {
        struct policy_ref *again = policy_take();
        ck_assert_ptr_eq(again, policy);
        policy_release(again);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    policy_release(policy);
}
END_TEST

START_TEST(a_configuration_that_comes_later_is_found)
{
    struct policy_ref *policy = policy_take();
    policy_release(policy);
    set_key(0);
    set_policy("");
    TAKE_UNTIL(policy, policy != NULL && has_key(policy, 0));
    policy_release(policy);
}
END_TEST

START_TEST(who_holds_an_old_policy_may_go_on_reading_it)
{
    set_key(0);
    set_policy("");
    struct policy_ref *old = policy_take(), *policy;
    set_key(1);
    TAKE_UNTIL(policy, has_key(policy, 1));
    ck_assert_ptr_ne(policy, old);
    ck_assert_uint_ne(policy->number, old->number);
    ck_assert(has_key(old, 0));
    policy_release(old);
    policy_release(policy);
}
END_TEST

START_TEST(what_was_learned_of_a_key_outlives_the_policy_but_not_the_key)
{
    set_key(0);
    free(tmpdir_printf(dir, "next", 0600, "%s\n", keys[1]));
    set_rule("/");
    struct policy_ref *old = policy_take(), *policy;
    ck_assert_msg(old->image->error == NULL, "%s", old->image->error);
    ck_assert(policy_learn(old, &old->image->keys[0], 1, true));
    ck_assert(!policy_learn(old, &old->image->keys[0], 1, false));
    ck_assert(old->promoted[0]);
    set_rule("/v1");
    TAKE_UNTIL(policy, policy != old);
    ck_assert(policy->promoted[0]);
    ck_assert(!policy_learn(policy, &policy->image->keys[0], 1, false));
    policy_release(policy);
    set_key(1);
    TAKE_UNTIL(policy, has_key(policy, 1));
    ck_assert(!policy->promoted[0]);
    ck_assert_uint_eq(policy->told[0], 0);
    policy_release(policy);
    policy_release(old);
}
END_TEST

START_TEST(an_answer_to_an_old_policy_counts_for_the_new_one)
{
    set_key(0);
    set_policy("");
    struct policy_ref *old = policy_take(), *policy;
    set_policy("report = \"all\";");
    TAKE_UNTIL(policy, policy != old);
    ck_assert(policy_learn(old, &old->image->keys[0], 2, false));
    ck_assert_uint_eq(policy->told[0], 2);
    policy_release(old);
    policy_release(policy);
}
END_TEST

static const struct {
    enum module_lack lack;
    const char *sentence; /* NULL: no policy at all */
} lacks[] = {
    {MODULE_UNLOADED, "cannot be loaded now"},
    {MODULE_ABSENT, "install commissioned-auth again"},
    {MODULE_REMOVED, NULL},
};

START_TEST(without_the_module_there_is_a_sentence_until_it_comes)
{
    set_key(0);
    set_policy("");
    module = (struct module){.lack = lacks[_i].lack};
    struct policy_ref *policy = policy_take();
    if (lacks[_i].sentence == NULL) {
        ck_assert_ptr_null(policy);
    } else {
        ck_assert_ptr_nonnull(policy);
        ck_assert_ptr_nonnull(strstr(policy->image->error, lacks[_i].sentence));
    }
    policy_release(policy);
    module.build = commissioned_policy_build;
    TAKE_UNTIL(policy, policy != NULL && has_key(policy, 0));
    policy_release(policy);
}
END_TEST

static unsigned builds;

/* It makes its image, and then nothing more is to be had. */
static struct policy_image *build_the_last(const struct policy_request *request)
{
    struct policy_image *image = commissioned_policy_build(request);
    mmap_fails = true;
    builds++;
    return image;
}

START_TEST(a_good_policy_stays_while_there_is_no_memory_for_the_new_one)
{
    set_key(0);
    set_policy("");
    struct policy_ref *old = policy_take(), *policy;
    module.build = build_the_last;
    set_key(1);
    TAKE_UNTIL(policy, builds > 0);
    ck_assert_ptr_eq(policy, old);
    ck_assert(!policy_is_unknown);
    mmap_fails = false;
    module.build = commissioned_policy_build;
    policy_release(policy);
    TAKE_UNTIL(policy, has_key(policy, 1));
    policy_release(policy);
    policy_release(old);
}
END_TEST

START_TEST(without_memory_to_look_for_a_policy_it_is_unknown_until_there_is_some)
{
    set_key(0);
    set_policy("");
    mmap_fails = true;
    ck_assert_ptr_null(policy_take());
    ck_assert(policy_is_unknown);
    mmap_fails = false;
    struct policy_ref *policy;
    TAKE_UNTIL(policy, policy != NULL && has_key(policy, 0));
    ck_assert(!policy_is_unknown);
    policy_release(policy);
}
END_TEST

static struct policy_image *build_nothing(const struct policy_request *request)
{
    (void)request;
    return NULL;
}

/* In a process that changed its root folder and its user. 0: all was as it should be. */
static int judge_locked_in(void)
{
    struct policy_ref *policy = policy_take();
    policy_release(policy);
    if (chroot(dir) != 0 || chdir("/") != 0 || seteuid(65534) != 0)
        return 1;
    module.build = build_nothing;
    for (int i = 0; i < 2; i++)
        if ((policy = policy_take()) != NULL || !policy_is_unknown)
            return 2;
    module.build = commissioned_policy_build;
    if ((policy = policy_take()) == NULL || !has_key(policy, 0) || policy_is_unknown)
        return 3;
    policy_release(policy);
    return 0;
}

/* What of it is for the other user cannot be made out: it is not given, and not lost. */
START_TEST(a_policy_that_cannot_be_judged_for_another_user_waits_until_it_can)
{
    int status;
    if (geteuid() != 0) {
        puts("SKIP a_policy_that_cannot_be_judged_for_another_user: only root may chroot");
        return;
    }
    set_key(0);
    set_policy("");
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(judge_locked_in());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(a_good_policy_stays_while_the_module_cannot_be_loaded)
{
    set_key(0);
    set_policy("");
    struct policy_ref *policy = policy_take(), *again;
    module.build = NULL;
    module.lack = MODULE_UNLOADED;
    set_policy("report = \"all\";");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    again = policy_take();
    ck_assert_ptr_eq(again, policy);
    policy_release(again);
    policy_release(policy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy loader");
    TCase *tests = tcase_create("policy loader");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, without_a_configuration_there_is_no_policy);
    tcase_add_test(tests, a_policy_stays_the_same_while_its_files_do);
    tcase_add_test(tests, a_configuration_that_comes_later_is_found);
    tcase_add_test(tests, who_holds_an_old_policy_may_go_on_reading_it);
    tcase_add_test(tests, what_was_learned_of_a_key_outlives_the_policy_but_not_the_key);
    tcase_add_test(tests, an_answer_to_an_old_policy_counts_for_the_new_one);
    tcase_add_loop_test(tests, without_the_module_there_is_a_sentence_until_it_comes, 0,
                        sizeof lacks / sizeof lacks[0]);
    tcase_add_test(tests, a_good_policy_stays_while_there_is_no_memory_for_the_new_one);
    tcase_add_test(tests, without_memory_to_look_for_a_policy_it_is_unknown_until_there_is_some);
    tcase_add_test(tests, a_policy_that_cannot_be_judged_for_another_user_waits_until_it_can);
    tcase_add_test(tests, a_good_policy_stays_while_the_module_cannot_be_loaded);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
