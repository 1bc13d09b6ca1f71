/* scripts/machines, with stand-ins for what makes a tree of a distribution and what enters it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"

static char top[PATH_MAX], folder[PATH_MAX];
static struct outcome outcome;

static const char *const stand_ins[][2] = {
    {"id", "echo 0"},
    {"debootstrap",
     "for tree; do :; done; case $tree in *nowhere*) echo 'E: No such script: nowhere'; exit 1;;\n"
     "esac; mkdir -p \"$tree/etc/apt/apt.conf.d\" \"$tree/etc/sudoers.d\" \"$tree/root\""},
    {"chroot", "case $* in *pwd) echo /root;; esac"},
    {"git", "for folder; do :; done; mkdir -p \"$folder\""},
    /* It hears as little as the one that it stands for. */
    {"unshare", "trap '' INT TERM; echo $$ >\"$0.new\"; mv \"$0.new\" \"$0.pid\"; exec sleep 600"},
};

static void setup(void)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    scratch_make(top);
    in_folder(folder, top, "bin");
    snprintf(search, sizeof search, "%s:%s", folder, getenv("PATH"));
    OUTCOME(&outcome, "mkdir", folder);
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++) {
        char text[512];
        in_folder(path, folder, stand_ins[i][0]);
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", stand_ins[i][1]);
        write_file(path, text, 0755);
    }
    in_folder(folder, top, "machines");
    setenv("PATH", search, 1);
    setenv("WHO", "root", 1);
}

static void teardown(void)
{
    scratch_remove(top);
}

/* In a group of its own, as a shell starts what a person can interrupt. */
static pid_t start(const char *suite)
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        setpgid(0, 0);
        signal(SIGINT, SIG_DFL);
        for (int fd = 0; fd <= 2; fd++)
            dup2(null, fd);
        execl("scripts/machines", "machines", folder, suite, (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

/* The process that stands for a tree, once it is there. */
static pid_t inside(void)
{
    char path[PATH_MAX];
    in_folder(path, top, "bin/unshare.pid");
    while (!exists(path))
        usleep(10000);
    return (pid_t)atol(text_of(path));
}

static void an_end_by(int number, bool group)
{
    int status;
    char copy[PATH_MAX];
    pid_t run = start("bare"), tree = inside();
    in_folder(copy, folder, "bare-root");
    ck_assert(exists(copy));
    kill(group ? -run : run, number);
    ck_assert_int_eq(waitpid(run, &status, 0), run);
    ck_assert_msg(kill(tree, SIGKILL) != 0, "what was started goes on");
    ck_assert_msg(!exists(copy), "the copy is left");
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 130);
}

START_TEST(who_interrupts_it_ends_all_of_it)
{
    an_end_by(SIGINT, true);
}
END_TEST

START_TEST(who_terminates_it_ends_all_of_it)
{
    an_end_by(SIGTERM, false);
}
END_TEST

START_TEST(a_name_that_debootstrap_does_not_know_is_a_failure)
{
    OUTCOME(&outcome, "scripts/machines", folder, "nowhere");
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.out, "knows no such name"));
}
END_TEST

START_TEST(a_second_run_in_the_same_folder_touches_nothing)
{
    char lock[PATH_MAX];
    OUTCOME(&outcome, "mkdir", folder);
    in_folder(lock, folder, "lock");
    OUTCOME(&outcome, "flock", lock, "scripts/machines", folder, "nowhere");
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "another run"));
    in_folder(lock, folder, "nowhere.debootstrap.log");
    ck_assert(!exists(lock));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machines");
    TCase *machines = tcase_create("machines");
    tcase_add_checked_fixture(machines, setup, teardown);
    tcase_set_timeout(machines, 60);
    tcase_add_test(machines, who_interrupts_it_ends_all_of_it);
    tcase_add_test(machines, who_terminates_it_ends_all_of_it);
    tcase_add_test(machines, a_name_that_debootstrap_does_not_know_is_a_failure);
    tcase_add_test(machines, a_second_run_in_the_same_folder_touches_nothing);
    suite_add_tcase(suite, machines);
    return suite_run(suite);
}
