/* `make install`: whole or not at all, and readable to everybody. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "core/journal.h"
#include "support/suite.h"

#define LIBRARY "usr/local/lib/libcommissioned-auth.so"

static char top[PATH_MAX], library[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    umask(022);
    scratch_make(top);
    in_folder(library, top, LIBRARY);
}

static void teardown(void)
{
    umount2(top, MNT_DETACH);
    scratch_remove(top);
}

static void plain_umask(void *unused)
{
    (void)unused;
    umask(022);
}

static void narrow_umask(void *unused)
{
    (void)unused;
    umask(077);
}

static const char *in(char path[PATH_MAX], const char *name)
{
    in_folder(path, top, name);
    return path;
}

static int make_install(void (*before)(void *))
{
    char build[PATH_MAX], destination[PATH_MAX + sizeof "DESTDIR="];
    built(build, "");
    snprintf(destination, sizeof destination, "DESTDIR=%s", top);
    const char *const argv[] = {
        "env",       "-u",
        "MAKEFLAGS", "-u",
        "MAKELEVEL", "sh",
        "-c",        "exec make -s install BUILD=\"$1\" \"$2\" PREFIX=/usr/local",
        "sh",        build,
        destination, NULL};
    outcome_of(&outcome, NULL, before, NULL, argv);
    return outcome.status;
}

static void fill(const char *folder)
{
    static const char zeros[4096];
    char path[PATH_MAX];
    in_folder(path, folder, "fills-the-disk");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
}

START_TEST(a_full_disk_leaves_the_library_that_was_there)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", top, "tmpfs", 0, "size=16m,mode=755") != 0) {
        puts("SKIP a_full_disk_leaves_the_library_that_was_there: this process may not mount");
        return;
    }
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    /* An earlier version, and shorter: there is no room for the new one in its place. */
    write_file(library, "the library of before\n", 0644);
    fill(top);
    ck_assert_int_ne(make_install(plain_umask), 0);
    ck_assert_str_eq(text_of(library), "the library of before\n");
}
END_TEST

START_TEST(what_is_installed_under_a_narrow_umask_is_readable_to_everybody)
{
    struct stat st;
    char path[PATH_MAX];
    ck_assert_msg(make_install(narrow_umask) == 0, "%s", outcome.err);
    ck_assert_int_eq(stat(library, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    in_folder(path, top, "usr/local/lib/commissioned-auth");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0755);
}
END_TEST

START_TEST(the_folder_may_have_a_blank_in_its_name)
{
    char path[PATH_MAX];
    strcat(top, "/a b");
    OUTCOME(&outcome, "mkdir", top);
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    in_folder(path, top,
              "usr/local/lib/systemd/system/sysinit.target.wants/"
              "commissioned-auth-unconfirmed.service");
    ck_assert(exists(path));
    *strrchr(top, '/') = '\0';
}
END_TEST

/* The part with the SDK, which pip would fetch, is skipped without a Python. */
START_TEST(the_demo_works_in_a_folder_with_a_blank)
{
    static const char line[] =
        "mkdir \"$2/a b\" \"$2/bin\" && printf '#!/bin/sh\\nexit 1\\n' >\"$2/bin/python3\" &&\n"
        "chmod +x \"$2/bin/python3\" && cd \"$1\" && cp commissioned-auth commissioned-devserver "
        "*.so \"$2/a b\" && cd - >/dev/null && PATH=\"$2/bin:$PATH\" TMPDIR=\"$2/a b\" "
        "scripts/demo \"$2/a b\"";
    char build[PATH_MAX];
    built(build, "");
    OUTCOME(&outcome, "sh", "-c", line, "sh", build, top);
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.out, "== Done"));
}
END_TEST

/* What every profile includes names the library where it was put, and so
 * does what a profile may. */
START_TEST(apparmor_is_told_of_a_library_below_usr_local)
{
    static const char *const files[] = {"etc/apparmor.d/abstractions/base.d/commissioned-auth",
                                        "etc/apparmor.d/abstractions/commissioned-auth"};
    char path[PATH_MAX];
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        in_folder(path, top, files[i]);
        ck_assert_msg(strstr(text_of(path), "\n  /usr/local/lib/libcommissioned-auth.so mr,\n") !=
                          NULL,
                      "%s: %s", path, text_of(path));
    }
}
END_TEST

/* Nothing in the build folder can be executed, as if it were for another kind of machine. */
static bool make_build_foreign(void)
{
    char build[PATH_MAX], command[PATH_MAX];
    built(build, "");
    built(command, "commissioned-auth");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(build, build, NULL, MS_BIND, NULL) != 0)
        return false;
    ck_assert_int_eq(mount(NULL, build, NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL), 0);
    ck_assert_int_ne(access(command, X_OK), 0);
    return true;
}

START_TEST(installing_for_another_kind_of_machine_runs_nothing_that_was_built)
{
    char path[PATH_MAX];
    if (!make_build_foreign()) {
        puts("SKIP installing_for_another_kind_of_machine_runs_nothing_that_was_built: this "
             "process may not mount");
        return;
    }
    setenv("NATIVE", "", 1);
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    ck_assert_int_eq(access(library, R_OK), 0);
    in_folder(path, top, "usr/local/share/bash-completion/completions/commissioned-auth");
    ck_assert_int_ne(access(path, F_OK), 0);
    in_folder(path, top, "usr/local/lib/commissioned-auth/libcommissioned-auth.so.sum");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* As root of a tree that has nothing but what was installed. */
START_TEST(the_journal_explains_our_lines)
{
    char root[PATH_MAX + sizeof "--root="], path[PATH_MAX];
    OUTCOME(&outcome, "sh", "-c", "command -v journalctl");
    if (outcome.status != 0) {
        puts("SKIP the_journal_explains_our_lines: journalctl is not installed");
        return;
    }
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    snprintf(root, sizeof root, "--root=%s", top);
    OUTCOME(&outcome, "mkdir", "-p", in(path, "var/lib/systemd/catalog"));
    OUTCOME(&outcome, "journalctl", root, "--update-catalog");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    for (int i = 0; i < JOURNAL_KIND_COUNT; i++) {
        const char *id = journal_id((enum journal_kind)i);
        OUTCOME(&outcome, "journalctl", root, "--dump-catalog", id);
        ck_assert_msg(outcome.status == 0, "%s: %s", id, outcome.err);
        ck_assert_ptr_nonnull(strstr(outcome.out, "Defined-By: commissioned-auth"));
    }
}
END_TEST

START_TEST(a_stripped_library_is_not_taken_for_a_damaged_one)
{
    char trial[PATH_MAX], preload[PATH_MAX + 16];
    ck_assert_msg(make_install(plain_umask) == 0, "%s", outcome.err);
    OUTCOME(&outcome, "strip", "--strip-unneeded", "--remove-section=.comment",
            "--remove-section=.note", library);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    in_folder(trial, top, "usr/local/lib/commissioned-auth/commissioned-auth-trial");
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    OUTCOME(&outcome, "env", preload, trial, library, "load");
    ck_assert_msg(outcome.status == 0, "%s", outcome.out);
}
END_TEST

/* ---- scripts/deps, which `make deb` calls ---------------------------------------------------- */

/* A machine on which all packages are missing, and whose apt-get writes down that it was called. */
static void machine_without_packages(void)
{
    static const char *const tools[] = {"sh", "id", "rm", "env", "tail", "mktemp", NULL};
    char path[PATH_MAX];
    OUTCOME(&outcome, "mkdir", in(path, "bin"));
    for (const char *const *tool = tools; *tool != NULL; tool++)
        OUTCOME(&outcome, "sh", "-c", "ln -s \"$(command -v \"$1\")\" \"$2/\"", "sh", *tool, path);
    in_folder(path, top, "bin/apt-get");
    write_file(path, "#!/bin/sh\necho \"$@\" >>\"${0%/*}/called\"\n", 0755);
}

/* What its --ask does, given this answer at a terminal, or without one. */
static void ask_deps(const char *before, const char *answer)
{
    static const char line[] =
        "deps=$PWD/scripts/deps; before=$2; answer=$3\n"
        "call=\"PATH='$1/bin' $before $1/bin/sh '$deps' --ask lint\"\n"
        "if [ -n \"$answer\" ]; then printf '%s\\n' \"$answer\" | script -qec \"$call\" /dev/null\n"
        "else eval \"$call\" </dev/null; fi";
    OUTCOME(&outcome, "sh", "-c", line, "sh", top, before, answer);
}

START_TEST(packages_are_installed_as_root_only_where_somebody_said_so)
{
    static const struct {
        const char *before, *answer;
        bool called;
    } rows[] = {{"", "", false}, {"", "n", false}, {"", "y", true}, {"YES=1", "", true}};
    char called[PATH_MAX];
    OUTCOME(&outcome, "sh", "-c", "command -v script");
    if (outcome.status != 0 || geteuid() != 0) {
        puts("SKIP packages_are_installed_as_root_only_where_somebody_said_so: this needs root and "
             "script(1)");
        return;
    }
    machine_without_packages();
    in_folder(called, top, "bin/called");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unlink(called);
        ask_deps(rows[i].before, rows[i].answer);
        ck_assert_int_ne(outcome.status, 0); /* the stub installs nothing */
        ck_assert_msg(exists(called) == rows[i].called, "%s%s: %s%s", rows[i].before,
                      rows[i].answer, outcome.out, outcome.err);
        if (rows[i].called || rows[i].answer[0] != '\0')
            continue;
        ck_assert_ptr_nonnull(strstr(outcome.err, "apt-get install clang-format"));
        ck_assert_ptr_nonnull(strstr(outcome.err, "YES=1"));
    }
}
END_TEST

START_TEST(what_is_there_for_root_is_not_missing_for_others)
{
    static const char line[] = "deps=$PWD/scripts/deps; PATH=$1/bin sh \"$deps\" machines";
    char called[PATH_MAX];
    if (!exists("/usr/sbin/debootstrap")) {
        puts("SKIP what_is_there_for_root_is_not_missing_for_others: debootstrap is not installed");
        return;
    }
    machine_without_packages();
    in_folder(called, top, "bin/called");
    OUTCOME(&outcome, "sh", "-c", line, "sh", top);
    ck_assert_msg(outcome.status == 0 && !exists(called), "%s%s", outcome.out, outcome.err);
}
END_TEST

START_TEST(making_packages_asks)
{
    OUTCOME(&outcome, "make", "-n", "deb");
    ck_assert_ptr_nonnull(strstr(outcome.out, "scripts/deps --ask "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("install");
    TCase *install = tcase_create("install");
    tcase_add_checked_fixture(install, setup, teardown);
    tcase_set_timeout(install, 120);
    tcase_add_test(install, a_full_disk_leaves_the_library_that_was_there);
    tcase_add_test(install, what_is_installed_under_a_narrow_umask_is_readable_to_everybody);
    tcase_add_test(install, the_folder_may_have_a_blank_in_its_name);
    tcase_add_test(install, the_demo_works_in_a_folder_with_a_blank);
    tcase_add_test(install, apparmor_is_told_of_a_library_below_usr_local);
    tcase_add_test(install, installing_for_another_kind_of_machine_runs_nothing_that_was_built);
    tcase_add_test(install, the_journal_explains_our_lines);
    tcase_add_test(install, a_stripped_library_is_not_taken_for_a_damaged_one);
    tcase_add_test(install, packages_are_installed_as_root_only_where_somebody_said_so);
    tcase_add_test(install, what_is_there_for_root_is_not_missing_for_others);
    tcase_add_test(install, making_packages_asks);
    suite_add_tcase(suite, install);
    return suite_run(suite);
}
