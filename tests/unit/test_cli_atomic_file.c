/* A file is the old one or the new one, never something between. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "cli/atomic_file.h"
#include "support/suite.h"

static char folder[PATH_MAX], path[PATH_MAX];
static int opened;

static void setup(void)
{
    scratch_make(folder);
    in_folder(path, folder, "file");
    opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(opened, 0);
}

static void teardown(void)
{
    close(opened);
    umount2(folder, MNT_DETACH);
    scratch_remove(folder);
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(stat(name, &st), 0);
    return st.st_mode & 07777;
}

static void no_temporary_is_left(void)
{
    char temporary[PATH_MAX];
    in_folder(temporary, folder, ".file.new");
    ck_assert(!exists(temporary));
}

START_TEST(a_new_file_is_made_readable_for_all)
{
    umask(077);
    ck_assert_int_eq(atomic_replace(opened, "file", "text", 4, NULL), 0);
    ck_assert_str_eq(text_of(path), "text");
    ck_assert_int_eq(mode_of(path), 0644);
    no_temporary_is_left();
}
END_TEST

START_TEST(an_old_file_keeps_its_mode)
{
    write_file(path, "old", 0640);
    ck_assert_int_eq(atomic_replace(opened, "file", "new", 3, NULL), 0);
    ck_assert_str_eq(text_of(path), "new");
    ck_assert_int_eq(mode_of(path), 0640);
}
END_TEST

/* Its own mode is 0777. */
START_TEST(a_link_in_the_files_place_gives_no_mode)
{
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(atomic_replace(opened, "file", "text", 4, NULL), 0);
    ck_assert_int_eq(mode_of(path), 0644);
}
END_TEST

START_TEST(an_old_file_keeps_its_owner)
{
    struct stat st;
    if (getuid() != 0) {
        puts("SKIP an_old_file_keeps_its_owner: only root can give a file away");
        return;
    }
    write_file(path, "old", 0640);
    ck_assert_int_eq(chown(path, 65534, 65533), 0);
    ck_assert_int_eq(atomic_replace(opened, "file", "new", 3, NULL), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_uid, 65534);
    ck_assert_uint_eq(st.st_gid, 65533);
}
END_TEST

START_TEST(an_owner_that_is_named_wins_over_the_old_one)
{
    struct atomic_owner owner = {0600, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    write_file(path, "old", 0644);
    ck_assert_int_eq(atomic_replace(opened, "file", "new", 3, &owner), 0);
    ck_assert_int_eq(mode_of(path), 0600);
}
END_TEST

START_TEST(what_an_interrupted_call_left_is_taken_over)
{
    char temporary[PATH_MAX];
    in_folder(temporary, folder, ".file.new");
    write_file(temporary, "half of someth", 0666);
    ck_assert_int_eq(atomic_replace(opened, "file", "new", 3, NULL), 0);
    ck_assert_str_eq(text_of(path), "new");
    ck_assert_int_eq(mode_of(path), 0644);
    no_temporary_is_left();
}
END_TEST

START_TEST(a_link_put_in_the_temporary_files_place_is_not_followed)
{
    char temporary[PATH_MAX], victim[PATH_MAX];
    in_folder(temporary, folder, ".file.new");
    in_folder(victim, folder, "victim");
    write_file(victim, "precious", 0644);
    ck_assert_int_eq(symlink(victim, temporary), 0);
    ck_assert_int_eq(atomic_replace(opened, "file", "new", 3, NULL), 0);
    ck_assert_str_eq(text_of(victim), "precious");
    ck_assert_str_eq(text_of(path), "new");
}
END_TEST

START_TEST(beyond_the_file_size_limit_the_old_file_stays_whole)
{
    struct rlimit limit = {16, 16};
    static const char large[64 * 1024];
    write_file(path, "old", 0600);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(atomic_replace(opened, "file", large, sizeof large, NULL), -1);
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_str_eq(text_of(path), "old");
    no_temporary_is_left();
}
END_TEST

START_TEST(on_a_full_disk_the_old_file_stays_whole)
{
    static const char large[256 * 1024];
    if (mount("none", folder, "tmpfs", 0, "size=64k") != 0) {
        puts("SKIP on_a_full_disk_the_old_file_stays_whole: only root can mount a small disk");
        return;
    }
    close(opened);
    opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file(path, "old", 0600);
    ck_assert_int_eq(atomic_replace(opened, "file", large, sizeof large, NULL), -1);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_str_eq(text_of(path), "old");
    no_temporary_is_left();
}
END_TEST

START_TEST(removing_a_file_that_is_not_there_is_fine)
{
    ck_assert_int_eq(atomic_remove(opened, "file"), 0);
}
END_TEST

START_TEST(a_symbolic_link_is_not_read)
{
    size_t size;
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_ptr_null(atomic_read(opened, "file", 1 << 20, &size));
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(a_fifo_does_not_hang_the_reader)
{
    size_t size;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(atomic_read(opened, "file", 1 << 20, &size));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_file_over_the_limit_is_not_read)
{
    size_t size;
    write_file(path, "12345", 0600);
    ck_assert_ptr_null(atomic_read(opened, "file", 4, &size));
    ck_assert_int_eq(errno, EFBIG);
}
END_TEST

START_TEST(a_file_is_read_whole_and_ends_in_nul)
{
    size_t size;
    char *text;
    write_file(path, "12345", 0600);
    text = atomic_read(opened, "file", 5, &size);
    ck_assert_uint_eq(size, 5);
    ck_assert_str_eq(text, "12345");
    free(text);
}
END_TEST

START_TEST(folders_are_made_with_those_above_them)
{
    char deep[PATH_MAX];
    umask(022);
    in_folder(deep, folder, "a/b/c");
    ck_assert_int_eq(atomic_make_folder(deep, 0700), 0);
    ck_assert_int_eq(mode_of(deep), 0700);
    ck_assert_int_eq(atomic_make_folder(deep, 0755), 0);
    ck_assert_int_eq(mode_of(deep), 0700);
}
END_TEST

START_TEST(a_file_where_a_folder_should_be_is_an_error)
{
    write_file(path, "", 0600);
    ck_assert_int_eq(atomic_make_folder(path, 0700), -1);
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("atomic file");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, a_new_file_is_made_readable_for_all);
    tcase_add_test(files, an_old_file_keeps_its_mode);
    tcase_add_test(files, a_link_in_the_files_place_gives_no_mode);
    tcase_add_test(files, an_old_file_keeps_its_owner);
    tcase_add_test(files, an_owner_that_is_named_wins_over_the_old_one);
    tcase_add_test(files, what_an_interrupted_call_left_is_taken_over);
    tcase_add_test(files, a_link_put_in_the_temporary_files_place_is_not_followed);
    tcase_add_test(files, beyond_the_file_size_limit_the_old_file_stays_whole);
    tcase_add_test(files, on_a_full_disk_the_old_file_stays_whole);
    tcase_add_test(files, removing_a_file_that_is_not_there_is_fine);
    tcase_add_test(files, a_symbolic_link_is_not_read);
    tcase_add_test(files, a_fifo_does_not_hang_the_reader);
    tcase_add_test(files, a_file_over_the_limit_is_not_read);
    tcase_add_test(files, a_file_is_read_whole_and_ends_in_nul);
    tcase_add_test(files, folders_are_made_with_those_above_them);
    tcase_add_test(files, a_file_where_a_folder_should_be_is_an_error);
    suite_add_tcase(suite, files);

    return suite_run(suite);
}
