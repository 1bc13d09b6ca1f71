/* The switch in states that the machine or somebody else has brought it into: it can be taken back,
 * and what is told of it is what the loader does. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "support/suite.h"

#define NAMED OWN_LIBRARY "\n"

enum { BOUND = 60 /* seconds; only ends a test that has failed */ };

static struct outcome outcome;

static void bounded(void *unused)
{
    (void)unused;
    alarm(BOUND);
}

#define RUN(...) outcome_of(&outcome, NULL, bounded, NULL, (const char *const[]){__VA_ARGS__, NULL})

static void ended_with(int status)
{
    ck_assert_msg(outcome.status == status, "status %d: %s%s", outcome.status, outcome.out,
                  outcome.err);
}

#define SUCCEEDS(...) (RUN(__VA_ARGS__), ended_with(0))

static bool loader_has_it(void)
{
    RUN("cat", "/proc/self/maps");
    return strstr(outcome.out, OWN_LIBRARY) != NULL;
}

static void leave(void)
{
    unlink(OWN_MARK);
}

static pid_t watcher(void)
{
    return (pid_t)strtol(text_of(OWN_MARK), NULL, 10);
}

/* Or is waited for by nobody. */
static void wait_for_the_end_of(pid_t pid)
{
    char path[64], state = 'R';
    const char *text;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    while (state != 'Z' && (text = text_of(path)) != NULL) {
        ck_assert_int_eq(sscanf(text, "%*d (%*[^)]) %c", &state), 1);
        usleep(10000);
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* glibc's loader takes the end of a second comment for entries. */
static const char in_a_comment[] = "# what is below was switched off by hand, on a Friday evening\n"
                                   "# " NAMED;

START_TEST(what_the_loader_reads_in_a_comment_is_told_and_taken_out)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, in_a_comment, 0644);
    if (!loader_has_it()) {
        puts("SKIP what_the_loader_reads_in_a_comment_is_told_and_taken_out: this one does not");
        return;
    }
    RUN(OWN_COMMAND, "status");
    ended_with(0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "in a comment that the loader reads all the same"));
    SUCCEEDS(OWN_COMMAND, "disable", "--dry-run");
    ck_assert_ptr_nonnull(strstr(outcome.out, "would take " OWN_LIBRARY " out of"));
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(!loader_has_it());
    RUN(OWN_COMMAND, "status");
    ended_with(1);
}
END_TEST

START_TEST(an_entry_of_others_that_cannot_be_loaded_is_not_ours)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, "/opt/gone.so\n" NAMED, 0644);
    RUN(OWN_COMMAND, "status");
    ended_with(0);
    ck_assert_ptr_null(strstr(outcome.out, "broken"));
}
END_TEST

START_TEST(an_entry_of_ours_that_has_gone_is_broken)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, "/opt/gone.so\n" NAMED, 0644);
    ck_assert_int_eq(unlink(OWN_LIBRARY), 0);
    RUN(OWN_COMMAND, "status");
    ended_with(2);
}
END_TEST

/* { disable, commissioned-auth-off } */
static void switch_off_by(int way)
{
    if (way == 0)
        SUCCEEDS(OWN_COMMAND, "disable");
    else
        SUCCEEDS(OWN_OFF);
    ck_assert(!loader_has_it());
}

START_TEST(a_list_that_is_a_link_is_switched_off)
{
    struct stat st;
    if (own_system_lacks(__func__))
        return;
    write_file("/etc/list", "# others\n" NAMED, 0644);
    ck_assert_int_eq(symlink("list", OWN_PRELOAD), 0);
    ck_assert(loader_has_it());
    switch_off_by(_i);
    ck_assert_str_eq(text_of(OWN_PRELOAD), "# others\n");
    ck_assert_int_eq(lstat(OWN_PRELOAD, &st), 0);
    ck_assert_int_eq(st.st_mode, S_IFREG | 0644);
    ck_assert_str_eq(text_of("/etc/list"), "# others\n" NAMED);
}
END_TEST

START_TEST(a_list_that_is_a_link_is_switched_off_when_etc_is_full)
{
    if (own_system_lacks(__func__))
        return;
    write_file("/etc/list", "# others\n" NAMED, 0644);
    ck_assert_int_eq(symlink("list", OWN_PRELOAD), 0);
    own_system_fill_etc();
    switch_off_by(_i);
    ck_assert_ptr_null(strstr(text_of("/etc/list"), "commissioned"));
}
END_TEST

START_TEST(a_list_with_a_nul_behind_our_entry_is_switched_off)
{
    static const char list[] = NAMED "\0\0";
    if (own_system_lacks(__func__))
        return;
    FILE *file = fopen(OWN_PRELOAD, "w");
    ck_assert_uint_eq(fwrite(list, 1, sizeof list, file), sizeof list);
    fclose(file);
    ck_assert(loader_has_it());
    switch_off_by(_i);
}
END_TEST

START_TEST(a_line_with_a_carriage_return_is_broken_and_can_be_taken_out)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, OWN_LIBRARY "\r\n", 0644);
    RUN(OWN_COMMAND, "status");
    ended_with(2);
    switch_off_by(_i);
    ck_assert(!exists(OWN_PRELOAD));
}
END_TEST

START_TEST(where_the_list_is_a_mount_enable_says_so)
{
    if (own_system_lacks(__func__))
        return;
    write_file("/etc/list", "# others\n", 0644);
    write_file(OWN_PRELOAD, "", 0644);
    ck_assert_int_eq(mount("/etc/list", OWN_PRELOAD, NULL, MS_BIND, NULL), 0);
    RUN(OWN_COMMAND, "enable");
    ended_with(2);
    ck_assert_msg(strstr(outcome.err, "a mount of its own") != NULL, "%s", outcome.err);
    ck_assert(!exists(OWN_MARK));
}
END_TEST

/* ---- the mark -------------------------------------------------------------------------------- */

START_TEST(a_mark_that_cannot_be_read_waits_for_its_confirmation)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    ck_assert_int_eq(unlink(OWN_MARK), 0);
    ck_assert_int_eq(symlink("elsewhere", OWN_MARK), 0);
    RUN(OWN_COMMAND, "status");
    ended_with(1);
    ck_assert_ptr_nonnull(strstr(outcome.out, "pending"));
    SUCCEEDS(OWN_COMMAND, "enable", "--confirm");
    ck_assert_ptr_nonnull(strstr(outcome.out, "it stays"));
    struct stat st;
    ck_assert_int_ne(lstat(OWN_MARK, &st), 0);
    SUCCEEDS(OWN_COMMAND, "status");
}
END_TEST

START_TEST(where_nobody_would_take_it_back_any_more_enable_sees_to_it)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    pid_t first = watcher();
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    wait_for_the_end_of(first);
    SUCCEEDS(OWN_COMMAND, "enable", "--wait", "2");
    ck_assert_int_ne(watcher(), first);
    for (int i = 0; i < BOUND * 100 && exists(OWN_PRELOAD); i++)
        usleep(10000);
    ck_assert(!exists(OWN_PRELOAD));
}
END_TEST

START_TEST(a_second_enable_that_fails_leaves_the_first_to_be_taken_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    write_file(OWN_PRELOAD, "/opt/libcommissioned-auth.so\n", 0644);
    ck_assert_int_eq(mount(OWN_PRELOAD, OWN_PRELOAD, NULL, MS_BIND, NULL), 0);
    RUN(OWN_COMMAND, "enable", "--no-trial");
    ended_with(2);
    ck_assert(exists(OWN_MARK));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-odd");
    TCase *list = tcase_create("list"), *mark = tcase_create("mark");
    tcase_set_timeout(list, 4 * BOUND);
    tcase_set_timeout(mark, 4 * BOUND);
    tcase_add_checked_fixture(list, NULL, leave);
    tcase_add_checked_fixture(mark, NULL, leave);
    tcase_add_test(list, what_the_loader_reads_in_a_comment_is_told_and_taken_out);
    tcase_add_test(list, an_entry_of_others_that_cannot_be_loaded_is_not_ours);
    tcase_add_test(list, an_entry_of_ours_that_has_gone_is_broken);
    tcase_add_loop_test(list, a_list_that_is_a_link_is_switched_off, 0, 2);
    tcase_add_loop_test(list, a_list_that_is_a_link_is_switched_off_when_etc_is_full, 0, 2);
    tcase_add_loop_test(list, a_list_with_a_nul_behind_our_entry_is_switched_off, 0, 2);
    tcase_add_loop_test(list, a_line_with_a_carriage_return_is_broken_and_can_be_taken_out, 0, 2);
    tcase_add_test(list, where_the_list_is_a_mount_enable_says_so);
    tcase_add_test(mark, a_mark_that_cannot_be_read_waits_for_its_confirmation);
    tcase_add_test(mark, where_nobody_would_take_it_back_any_more_enable_sees_to_it);
    tcase_add_test(mark, a_second_enable_that_fails_leaves_the_first_to_be_taken_back);
    suite_add_tcase(suite, list);
    suite_add_tcase(suite, mark);
    return suite_run(suite);
}
