/* `enable`, `disable` and `status` on a tree of their own. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "support/suite.h"
#include "support/switch_root.h"

#define LIBRARY SWITCH_LIBRARY
#define OTHER   "# the scanner's\n/usr/lib/libscanner.so\n"

static char command[PATH_MAX], root[PATH_MAX], preload[PATH_MAX], backup[PATH_MAX];
static char library[PATH_MAX], pending[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    switch_root_make(root);
    built(command, "commissioned-auth");
    in_folder(preload, root, "etc/ld.so.preload");
    in_folder(backup, root, "etc/ld.so.preload.before");
    in_folder(library, root, &LIBRARY[1]);
    in_folder(pending, root, "etc/ld.so.preload.pending");
}

static pid_t watcher(void)
{
    const char *text = text_of(pending);
    return text != NULL ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void teardown(void)
{
    pid_t pid = watcher();
    if (pid > 0)
        kill(pid, SIGKILL);
    scratch_remove(root);
}

static void enable(void)
{
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
}

static void confirm(void)
{
    OUTCOME(&outcome, command, "enable", "--confirm", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
}

static const char *state(void)
{
    static char word[32];
    json_t *object;
    OUTCOME(&outcome, command, "status", "--json", "--root", root);
    object = json_loads(outcome.out, 0, NULL);
    ck_assert_msg(object != NULL, "%s", outcome.out);
    snprintf(word, sizeof word, "%s", json_string_value(json_object_get(object, "state")));
    json_decref(object);
    return word;
}

/* Waits for what another process does; the bound only ends a test that has failed. */
static void wait_for(bool (*condition)(void))
{
    for (int i = 0; i < 3000 && !condition(); i++)
        usleep(10000);
    ck_assert(condition());
}

static bool nothing_pends(void)
{
    return !exists(pending);
}

START_TEST(enable_names_the_library_behind_other_entries)
{
    write_file(preload, OTHER, 0644);
    enable();
    ck_assert_str_eq(text_of(preload), OTHER LIBRARY "\n");
    ck_assert_str_eq(state(), "pending");
}
END_TEST

START_TEST(enable_keeps_the_old_file_beside_it)
{
    write_file(preload, OTHER, 0644);
    enable();
    ck_assert_str_eq(text_of(backup), OTHER);
}
END_TEST

START_TEST(enable_keeps_the_files_mode)
{
    struct stat st;
    write_file(preload, OTHER, 0600);
    enable();
    ck_assert_int_eq(stat(preload, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(enable_twice_changes_nothing_more)
{
    enable();
    enable();
    ck_assert_str_eq(text_of(preload), LIBRARY "\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "not yet confirmed"));
}
END_TEST

START_TEST(a_confirmed_switch_is_on)
{
    enable();
    confirm();
    ck_assert_str_eq(state(), "on");
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(a_watcher_told_to_end_takes_an_unconfirmed_switch_back)
{
    write_file(preload, OTHER, 0644);
    enable();
    ck_assert_int_eq(kill(watcher(), SIGTERM), 0);
    wait_for(nothing_pends);
    ck_assert_str_eq(text_of(preload), OTHER);
    ck_assert_str_eq(state(), "off");
}
END_TEST

START_TEST(an_unconfirmed_switch_is_taken_back_when_its_time_has_passed)
{
    OUTCOME(&outcome, command, "enable", "--wait", "1", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    wait_for(nothing_pends);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(a_watcher_told_to_end_leaves_a_confirmed_switch)
{
    pid_t pid;
    enable();
    pid = watcher();
    confirm();
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    for (int i = 0; i < 3000 && kill(pid, 0) == 0; i++)
        usleep(10000);
    ck_assert_str_eq(state(), "on");
}
END_TEST

static pid_t killed;

/* Or waits for a parent that does not ask for its end, which is all the same. */
static bool killed_is_gone(void)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", killed);
    const char *text = text_of(path);
    return text == NULL || sscanf(text, "%*d (%*[^)]) %c", &state) != 1 || state == 'Z';
}

/* As the kernel's killer leaves it that looks for memory: the time goes on, and nobody is there. */
START_TEST(nobody_is_said_to_take_back_what_nobody_will)
{
    enable();
    killed = watcher();
    ck_assert_int_eq(kill(killed, SIGKILL), 0);
    wait_for(killed_is_gone);
    OUTCOME(&outcome, command, "status", "--root", root);
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_msg(strstr(outcome.out, "taken back     by nobody") != NULL, "%s", outcome.out);
    ck_assert_str_eq(state(), "pending");
    ck_assert_ptr_nonnull(strstr(outcome.out, "\"taken_back_in\": 0,"));
    confirm();
    ck_assert_str_eq(state(), "on");
}
END_TEST

START_TEST(a_switch_whose_watcher_has_gone_is_told_to_be_overdue)
{
    char text[64];
    pid_t pid;
    enable();
    pid = watcher();
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    snprintf(text, sizeof text, "%d 1 -\n", pid); /* its time has passed */
    write_file(pending, text, 0644);
    OUTCOME(&outcome, command, "status", "--root", root);
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.out, "overdue"));
    confirm();
    ck_assert_str_eq(state(), "on");
}
END_TEST

START_TEST(confirming_what_is_off_is_refused)
{
    OUTCOME(&outcome, command, "enable", "--confirm", "--root", root);
    ck_assert_int_eq(outcome.status, 1);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(confirming_twice_is_fine)
{
    enable();
    confirm();
    confirm();
}
END_TEST

START_TEST(disable_leaves_what_others_wrote)
{
    write_file(preload, OTHER, 0644);
    enable();
    confirm();
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(text_of(preload), OTHER);
    ck_assert_str_eq(state(), "off");
}
END_TEST

START_TEST(disable_removes_a_file_that_holds_nothing_more)
{
    enable();
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert(!exists(preload));
    ck_assert(!exists(pending));
}
END_TEST

START_TEST(disable_works_when_the_library_is_gone)
{
    enable();
    confirm();
    ck_assert_int_eq(unlink(library), 0);
    ck_assert_str_eq(state(), "broken");
    ck_assert_int_eq(outcome.status, 2);
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(disable_twice_is_fine)
{
    OUTCOME(&outcome, command, "disable", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.out, "off already\n");
}
END_TEST

START_TEST(a_library_that_is_not_installed_is_not_named)
{
    ck_assert_int_eq(unlink(library), 0);
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(a_library_that_ends_programs_fails_its_trial)
{
    write_file(preload, OTHER, 0644);
    switch_root_install(root, "harmful.so");
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "/bin/true ends with status 3"));
    ck_assert_str_eq(text_of(preload), OTHER);
    ck_assert(!exists(pending));
}
END_TEST

START_TEST(a_library_that_prints_fails_its_trial)
{
    switch_root_install(root, "talkative.so");
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "hello"));
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(a_library_that_breaks_transfers_fails_its_trial)
{
    switch_root_install(root, "deaf.so");
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, "a transfer on loopback fails") != NULL, "%s", outcome.err);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(a_library_that_the_loader_cannot_load_fails_its_trial)
{
    write_file(library, "this is no library\n", 0644);
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(without_a_trial_a_foreign_tree_can_be_prepared)
{
    write_file(library, "another machine's library\n", 0644);
    OUTCOME(&outcome, command, "enable", "--no-trial", "--root", root);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(text_of(preload), LIBRARY "\n");
}
END_TEST

START_TEST(a_library_that_others_can_write_is_refused)
{
    ck_assert_int_eq(chmod(library, 0666), 0);
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "go-w"));
    ck_assert(!exists(preload));
}
END_TEST

START_TEST(a_library_in_a_folder_that_others_can_write_is_refused)
{
    char path[PATH_MAX];
    in_folder(path, root, "usr/lib");
    ck_assert_int_eq(chmod(path, 0777), 0);
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert(!exists(preload));
}
END_TEST

static void install_second_architecture(void)
{
    const unsigned char machine = 3; /* EM_386 */
    char path[PATH_MAX];
    int fd;
    in_folder(path, root, "usr/lib/i386-linux-gnu");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(path, root, "usr/lib/i386-linux-gnu/libcommissioned-auth.so");
    copy_file(library, path, 0644);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, &machine, 1, 18), 1); /* e_machine */
    close(fd);
}

START_TEST(a_second_architecture_is_reached_through_the_loaders_own_word)
{
    install_second_architecture();
    OUTCOME(&outcome, command, "enable", "--no-trial", "--root", root); /* nothing runs there */
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(text_of(preload), "/usr/$LIB/libcommissioned-auth.so\n");
    ck_assert_str_eq(state(), "pending");
}
END_TEST

/* The 32-bit loader, where a 64-bit machine has one. */
static void install_loader(mode_t mode)
{
    char path[PATH_MAX];
    in_folder(path, root, "lib");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(path, root, "lib/ld-linux.so.2");
    write_file(path, "", mode);
}

START_TEST(a_machine_that_runs_32_bit_programs_is_told_what_they_miss)
{
    if (sizeof(void *) != 8) {
        puts("SKIP a_machine_that_runs_32_bit_programs_is_told_what_they_miss: this is one");
        return;
    }
    install_loader(0755);
    enable();
    ck_assert_ptr_nonnull(strstr(outcome.err, "32-bit programs can run here"));
}
END_TEST

START_TEST(nobody_else_is_told_of_32_bit_programs)
{
    enable();
    ck_assert_ptr_null(strstr(outcome.err, "32-bit"));
}
END_TEST

START_TEST(a_library_for_both_needs_no_word_of_32_bit_programs)
{
    install_second_architecture();
    install_loader(0755);
    OUTCOME(&outcome, command, "enable", "--no-trial", "--root", root); /* nothing runs there */
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_ptr_null(strstr(outcome.err, "32-bit"));
}
END_TEST

START_TEST(a_symbolic_link_in_the_files_place_is_refused)
{
    ck_assert_int_eq(symlink("/dev/null", preload), 0);
    OUTCOME(&outcome, command, "enable", "--root", root);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "symbolic link"));
}
END_TEST

START_TEST(a_tree_without_etc_is_a_sentence)
{
    OUTCOME(&outcome, command, "enable", "--root", "/nonexistent");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "/nonexistent"));
}
END_TEST

START_TEST(status_lists_other_entries)
{
    json_t *object;
    write_file(preload, "/one.so:/two.so # three\n", 0644);
    OUTCOME(&outcome, command, "status", "--json", "--root", root);
    ck_assert_int_eq(outcome.status, 1);
    object = json_loads(outcome.out, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "other_entries")), 2);
    json_decref(object);
}
END_TEST

START_TEST(a_wait_that_is_no_number_is_refused)
{
    static const char *const bad[] = {"", "0", "-1", "1x", "99999999999999999999", NULL};
    for (const char *const *b = bad; *b != NULL; b++) {
        OUTCOME(&outcome, command, "enable", "--wait", *b, "--root", root);
        ck_assert_msg(outcome.status == 2, "--wait '%s'", *b);
    }
    ck_assert(!exists(preload));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch");
    TCase *tree = tcase_create("tree");
    tcase_add_checked_fixture(tree, setup, teardown);
    tcase_set_timeout(tree, 120);
    tcase_add_test(tree, enable_names_the_library_behind_other_entries);
    tcase_add_test(tree, enable_keeps_the_old_file_beside_it);
    tcase_add_test(tree, enable_keeps_the_files_mode);
    tcase_add_test(tree, enable_twice_changes_nothing_more);
    tcase_add_test(tree, a_confirmed_switch_is_on);
    tcase_add_test(tree, a_watcher_told_to_end_takes_an_unconfirmed_switch_back);
    tcase_add_test(tree, an_unconfirmed_switch_is_taken_back_when_its_time_has_passed);
    tcase_add_test(tree, a_watcher_told_to_end_leaves_a_confirmed_switch);
    tcase_add_test(tree, nobody_is_said_to_take_back_what_nobody_will);
    tcase_add_test(tree, a_switch_whose_watcher_has_gone_is_told_to_be_overdue);
    tcase_add_test(tree, confirming_what_is_off_is_refused);
    tcase_add_test(tree, confirming_twice_is_fine);
    tcase_add_test(tree, disable_leaves_what_others_wrote);
    tcase_add_test(tree, disable_removes_a_file_that_holds_nothing_more);
    tcase_add_test(tree, disable_works_when_the_library_is_gone);
    tcase_add_test(tree, disable_twice_is_fine);
    tcase_add_test(tree, a_library_that_is_not_installed_is_not_named);
    tcase_add_test(tree, a_library_that_ends_programs_fails_its_trial);
    tcase_add_test(tree, a_library_that_prints_fails_its_trial);
    tcase_add_test(tree, a_library_that_breaks_transfers_fails_its_trial);
    tcase_add_test(tree, a_library_that_the_loader_cannot_load_fails_its_trial);
    tcase_add_test(tree, without_a_trial_a_foreign_tree_can_be_prepared);
    tcase_add_test(tree, a_library_that_others_can_write_is_refused);
    tcase_add_test(tree, a_library_in_a_folder_that_others_can_write_is_refused);
    tcase_add_test(tree, a_second_architecture_is_reached_through_the_loaders_own_word);
    tcase_add_test(tree, a_machine_that_runs_32_bit_programs_is_told_what_they_miss);
    tcase_add_test(tree, nobody_else_is_told_of_32_bit_programs);
    tcase_add_test(tree, a_library_for_both_needs_no_word_of_32_bit_programs);
    tcase_add_test(tree, a_symbolic_link_in_the_files_place_is_refused);
    tcase_add_test(tree, a_tree_without_etc_is_a_sentence);
    tcase_add_test(tree, status_lists_other_entries);
    tcase_add_test(tree, a_wait_that_is_no_number_is_refused);
    suite_add_tcase(suite, tree);

    return suite_run(suite);
}
