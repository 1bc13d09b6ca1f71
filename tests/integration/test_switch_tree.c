/* --root TREE never leaves the tree, whatever links are in it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

#define LIBRARY "/usr/lib/x86_64-linux-gnu/libcommissioned-auth.so"

/* `outside` stands for the running system: nothing in it may change. */
static char top[PATH_MAX], root[PATH_MAX], outside[PATH_MAX], command[PATH_MAX];
static struct outcome outcome;

static void make(const char *name)
{
    char path[PATH_MAX];
    in_folder(path, top, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void setup(void)
{
    static const char *const folders[] = {"tree",
                                          "tree/run",
                                          "tree/usr",
                                          "tree/usr/lib",
                                          "tree/usr/lib/x86_64-linux-gnu",
                                          "outside",
                                          "outside/etc",
                                          "outside/run",
                                          NULL};
    char from[PATH_MAX], to[PATH_MAX];
    umask(022);
    scratch_make(top);
    for (const char *const *f = folders; *f != NULL; f++)
        make(*f);
    in_folder(root, top, "tree");
    in_folder(outside, top, "outside");
    built(command, "commissioned-auth");
    built(from, "tests/fixtures/preloaded.so");
    in_folder(to, root, &LIBRARY[1]);
    copy_file(from, to, 0644);
}

static void link_to(const char *target, const char *name)
{
    char path[PATH_MAX];
    in_folder(path, root, name);
    ck_assert_int_eq(symlink(target, path), 0);
}

static bool in_tree(const char *name)
{
    char path[PATH_MAX];
    in_folder(path, root, name);
    return exists(path);
}

static void nothing_came_outside(void)
{
    char path[PATH_MAX];
    in_folder(path, outside, "etc");
    ck_assert_int_eq(rmdir(path), 0); /* as empty as it was */
    in_folder(path, outside, "run");
    ck_assert_int_eq(rmdir(path), 0);
}

static void enable_for_good(void)
{
    OUTCOME(&outcome, command, "enable", "--yes", "--no-trial", "--root", root);
}

static void teardown(void)
{
    scratch_remove(top);
}

START_TEST(etc_as_a_link_with_dots_stays_in_the_tree)
{
    link_to("../outside/etc", "etc");
    enable_for_good();
    ck_assert_int_eq(outcome.status, 2); /* TREE/outside/etc is not there */
    nothing_came_outside();
}
END_TEST

START_TEST(etc_as_an_absolute_link_is_a_name_in_the_tree)
{
    char target[PATH_MAX];
    make("tree/real-etc");
    in_folder(target, outside, "etc");
    link_to("/real-etc", "etc");
    enable_for_good();
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(in_tree("real-etc/ld.so.preload"));
    nothing_came_outside();
}
END_TEST

START_TEST(etc_as_an_absolute_link_out_of_the_tree_is_not_followed)
{
    char target[PATH_MAX];
    in_folder(target, outside, "etc");
    link_to(target, "etc");
    enable_for_good();
    ck_assert_int_eq(outcome.status, 2);
    nothing_came_outside();
}
END_TEST

START_TEST(run_as_a_link_out_of_the_tree_is_not_followed)
{
    char target[PATH_MAX], path[PATH_MAX];
    make("tree/etc");
    in_folder(target, outside, "run");
    in_folder(path, root, "run");
    ck_assert_int_eq(rmdir(path), 0);
    link_to(target, "run");
    enable_for_good();
    nothing_came_outside();
}
END_TEST

START_TEST(a_link_in_place_of_the_lock_is_not_followed)
{
    char target[PATH_MAX];
    make("tree/etc");
    make("tree/run/commissioned-auth");
    in_folder(target, outside, "etc/victim");
    link_to(target, "run/commissioned-auth/lock");
    enable_for_good();
    ck_assert_int_eq(outcome.status, 2);
    nothing_came_outside();
}
END_TEST

START_TEST(the_library_is_found_by_the_trees_own_links)
{
    char path[PATH_MAX];
    make("tree/etc");
    make("tree/stores");
    in_folder(path, root, "usr/lib");
    char moved[PATH_MAX];
    in_folder(moved, root, "stores/lib");
    ck_assert_int_eq(rename(path, moved), 0);
    link_to("/stores/lib",
            "usr/lib"); /* means nothing from here, and the right thing in the tree */
    enable_for_good();
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert(in_tree("etc/ld.so.preload"));
}
END_TEST

/* A kernel of before 5.6. */
static void without_openat2(void *unused)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    (void)unused;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(98);
}

START_TEST(without_openat2_a_tree_is_refused_and_the_running_system_is_not)
{
    make("tree/etc");
    outcome_of(
        &outcome, NULL, without_openat2, NULL,
        (const char *const[]){command, "enable", "--yes", "--no-trial", "--root", root, NULL});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, "chroot(8)") != NULL, "%s", outcome.err);
    ck_assert(!in_tree("etc/ld.so.preload"));
    outcome_of(&outcome, NULL, without_openat2, NULL,
               (const char *const[]){command, "status", NULL});
    ck_assert_int_ne(outcome.status, 98);
    ck_assert_msg(*outcome.err == '\0', "%s", outcome.err);
}
END_TEST

/* Who made the tree may not be who switches on: what it brings to try the library by stays. */
START_TEST(no_program_of_the_tree_is_run)
{
    char path[PATH_MAX], text[2 * PATH_MAX];
    static const char *const programs[] = {
        "bin/true",
        "usr/bin/sudo",
        "usr/sbin/sshd",
        "usr/lib/x86_64-linux-gnu/commissioned-auth/commissioned-auth-trial",
        "usr/lib/x86_64-linux-gnu/commissioned-auth-trial",
        "usr/bin/commissioned-auth-off",
        NULL};
    make("tree/etc");
    make("tree/bin");
    make("tree/usr/bin");
    make("tree/usr/sbin");
    make("tree/usr/lib/x86_64-linux-gnu/commissioned-auth");
    snprintf(text, sizeof text, "#!/bin/sh\n: >%s/was-run\n", top);
    for (const char *const *program = programs; *program != NULL; program++) {
        in_folder(path, root, *program);
        write_file(path, text, 0755);
    }
    OUTCOME(&outcome, command, "enable", "--yes", "--root", root);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    OUTCOME(&outcome, command, "status", "--root", root);
    OUTCOME(&outcome, command, "disable", "--root", root);
    in_folder(path, top, "was-run");
    ck_assert(!exists(path));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-tree");
    TCase *tree = tcase_create("tree");
    tcase_add_checked_fixture(tree, setup, teardown);
    tcase_set_timeout(tree, 60);
    tcase_add_test(tree, etc_as_a_link_with_dots_stays_in_the_tree);
    tcase_add_test(tree, etc_as_an_absolute_link_is_a_name_in_the_tree);
    tcase_add_test(tree, etc_as_an_absolute_link_out_of_the_tree_is_not_followed);
    tcase_add_test(tree, run_as_a_link_out_of_the_tree_is_not_followed);
    tcase_add_test(tree, a_link_in_place_of_the_lock_is_not_followed);
    tcase_add_test(tree, the_library_is_found_by_the_trees_own_links);
    tcase_add_test(tree, without_openat2_a_tree_is_refused_and_the_running_system_is_not);
    tcase_add_test(tree, no_program_of_the_tree_is_run);
    suite_add_tcase(suite, tree);
    return suite_run(suite);
}
