/* Our entries go out of the list, and nothing else goes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "cli/preload_out.h"
#include "support/suite.h"

#define OURS  "/usr/lib/libcommissioned-auth.so"
#define OTHER "# the scanner's\n/usr/lib/libscanner.so\n"

static char folder[PATH_MAX], path[PATH_MAX];
static int opened;

static void setup(void)
{
    scratch_make(folder);
    in_folder(path, folder, PRELOAD_NAME);
    opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(opened, 0);
}

static void teardown(void)
{
    close(opened);
    scratch_remove(folder);
}

START_TEST(without_a_list_it_was_off)
{
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_WAS_OFF);
}
END_TEST

START_TEST(a_list_without_us_is_not_touched)
{
    struct stat before, after;
    write_file(path, OTHER, 0644);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_WAS_OFF);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_list_of_us_alone_is_removed)
{
    write_file(path, OURS "\n", 0644);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_DONE);
    ck_assert(!exists(path));
}
END_TEST

START_TEST(what_others_wrote_stays)
{
    write_file(path, OTHER OURS "\n", 0644);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_DONE);
    ck_assert_str_eq(text_of(path), OTHER);
}
END_TEST

/* It takes no lock: an enable may be writing at this moment. */
START_TEST(the_file_that_enable_is_writing_is_not_touched)
{
    char temporary[PATH_MAX];
    in_folder(temporary, folder, "." PRELOAD_NAME ".new");
    write_file(path, OTHER OURS "\n", 0644);
    write_file(temporary, "half of it", 0644);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_DONE);
    ck_assert_str_eq(text_of(temporary), "half of it");
}
END_TEST

/* As a power cut may leave it. The loader reads what stands in front of it. */
START_TEST(a_list_with_a_nul_keeps_all_but_our_entry)
{
    static const char before[] = OURS "\n/a.so\n\0\0";
    char after[sizeof before], blank[] = OURS;
    memset(blank, ' ', sizeof blank - 1);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_eq(write(fd, before, sizeof before), sizeof before);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_DONE);
    ck_assert_int_eq(pread(fd, after, sizeof after, 0), sizeof after);
    ck_assert_mem_eq(after, blank, sizeof blank - 1);
    ck_assert_mem_eq(after + sizeof blank - 1, before + sizeof blank - 1,
                     sizeof before - sizeof blank + 1);
    close(fd);
}
END_TEST

START_TEST(a_link_in_the_lists_place_is_not_followed)
{
    char target[PATH_MAX];
    in_folder(target, folder, "elsewhere");
    write_file(target, OURS "\n", 0644);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(preload_take_out(opened), PRELOAD_OUT_FAILED);
    ck_assert_int_eq(errno, ELOOP);
    ck_assert_str_eq(text_of(target), OURS "\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preload out");
    TCase *out = tcase_create("out");
    tcase_add_checked_fixture(out, setup, teardown);
    tcase_add_test(out, without_a_list_it_was_off);
    tcase_add_test(out, a_list_without_us_is_not_touched);
    tcase_add_test(out, a_list_of_us_alone_is_removed);
    tcase_add_test(out, what_others_wrote_stays);
    tcase_add_test(out, a_list_with_a_nul_keeps_all_but_our_entry);
    tcase_add_test(out, the_file_that_enable_is_writing_is_not_touched);
    tcase_add_test(out, a_link_in_the_lists_place_is_not_followed);
    suite_add_tcase(suite, out);
    return suite_run(suite);
}
