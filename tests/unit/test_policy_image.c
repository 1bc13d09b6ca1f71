/* An image that is current, one that is not, one that is an error, and one that is gone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/mmap_fails.h"
#include "../support/tmpdir.h"
#include "commissioned/policy_image.h"
#include "support/suite.h"

static char *dir;

static void setup(void)
{
    dir = tmpdir_make();
}

static void teardown(void)
{
    tmpdir_remove(dir);
}

/* ---- watches --------------------------------------------------------------------------------- */

static struct policy_watch watch_on(const char *path)
{
    struct stat now;
    struct policy_watch watch = {.path = path, .exists = stat(path, &now) == 0};
    if (watch.exists) {
        watch.dev = now.st_dev;
        watch.ino = now.st_ino;
        watch.size = now.st_size;
        watch.mtime = now.st_mtim;
        watch.ctime = now.st_ctim;
    }
    return watch;
}

static bool holds(const struct policy_watch *watch)
{
    struct policy_image image = {.nwatches = 1, .watches = watch};
    return policy_image_current(&image);
}

/* Puts the modification time back, as somebody who hides a change would. */
static void hide_change(const char *path, const struct policy_watch *watch)
{
    struct timespec times[] = {watch->mtime, watch->mtime};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(an_untouched_file_holds)
{
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    struct policy_watch watch = watch_on(path);
    ck_assert(holds(&watch));
    ck_assert(holds(&watch));
    free(path);
}
END_TEST

START_TEST(another_size_another_time_or_another_file_does_not_hold)
{
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    const struct policy_watch before = watch_on(path);
    struct policy_watch watch = before;
    watch.size++;
    ck_assert(!holds(&watch));
    watch = before;
    watch.mtime.tv_nsec ^= 1;
    ck_assert(!holds(&watch));
    watch = before;
    watch.ctime.tv_sec--;
    ck_assert(!holds(&watch));
    watch = before;
    watch.ino++;
    ck_assert(!holds(&watch));
    watch = before;
    watch.dev++;
    ck_assert(!holds(&watch));
    free(path);
}
END_TEST

START_TEST(a_rewrite_of_the_same_length_with_its_time_put_back_is_seen)
{
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    struct policy_watch watch = watch_on(path);
    struct policy_watch now = watch;
    /* The file system's clock ticks every few milliseconds: write until it has. */
    while (now.ctime.tv_sec == watch.ctime.tv_sec && now.ctime.tv_nsec == watch.ctime.tv_nsec) {
        free(tmpdir_write(dir, "f", 0600, "xyz", 3));
        hide_change(path, &watch);
        now = watch_on(path);
    }
    ck_assert_int_eq(now.mtime.tv_nsec, watch.mtime.tv_nsec);
    ck_assert(!holds(&watch));
    free(path);
}
END_TEST

START_TEST(a_file_moved_into_its_place_is_seen)
{
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    struct policy_watch watch = watch_on(path);
    char *other = tmpdir_write(dir, "g", 0600, "abc", 3);
    hide_change(other, &watch);
    ck_assert_int_eq(rename(other, path), 0);
    ck_assert(!holds(&watch));
    free(other);
    free(path);
}
END_TEST

START_TEST(a_file_that_was_removed_is_seen)
{
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    struct policy_watch watch = watch_on(path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!holds(&watch));
    free(path);
}
END_TEST

START_TEST(a_file_that_appears_is_seen_and_its_absence_held)
{
    char *path = tmpdir_path(dir, "f");
    struct policy_watch watch = watch_on(path);
    ck_assert(!watch.exists);
    ck_assert(holds(&watch));
    free(tmpdir_write(dir, "f", 0600, "", 0));
    ck_assert(!holds(&watch));
    free(path);
}
END_TEST

START_TEST(a_symbolic_link_that_points_elsewhere_now_is_seen)
{
    char *first = tmpdir_write(dir, "f", 0600, "abc", 3);
    char *second = tmpdir_write(dir, "g", 0600, "abc", 3);
    char *link = tmpdir_path(dir, "link"), *fresh = tmpdir_path(dir, "fresh");
    ck_assert_int_eq(symlink(first, link), 0);
    struct policy_watch watch = watch_on(link);
    hide_change(second, &watch);
    ck_assert(holds(&watch));
    ck_assert_int_eq(symlink(second, fresh), 0);
    ck_assert_int_eq(rename(fresh, link), 0);
    ck_assert(!holds(&watch));
    unlink(link);
    ck_assert_int_eq(symlink("nowhere", link), 0);
    ck_assert(!holds(&watch));
    free(first);
    free(second);
    free(link);
    free(fresh);
}
END_TEST

START_TEST(each_of_many_watches_counts)
{
    enum { COUNT = 50 };
    struct policy_watch watches[COUNT];
    char *path = tmpdir_write(dir, "f", 0600, "abc", 3);
    struct policy_image image = {.nwatches = COUNT, .watches = watches};
    for (int i = 0; i < COUNT; i++)
        watches[i] = watch_on(path);
    ck_assert(policy_image_current(&image));
    for (int i = 0; i < COUNT; i++) {
        watches[i].ino++;
        ck_assert(!policy_image_current(&image));
        watches[i].ino--;
    }
    image.nwatches = 0;
    ck_assert(policy_image_current(&image));
    free(path);
}
END_TEST

/* ---- the error image ------------------------------------------------------------------------- */

START_TEST(an_error_image_says_what_is_wrong_and_where)
{
    errno = ENOTTY;
    struct policy_image *image = policy_image_error("/etc/x.conf", "line 3 is no setting");
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert_ptr_nonnull(image);
    ck_assert_uint_eq(image->abi, POLICY_IMAGE_ABI);
    ck_assert_str_eq(image->error, "line 3 is no setting");
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_uint_eq(image->nkeys, 1);
    ck_assert_uint_eq(image->nwatches, 0);
    ck_assert_str_eq(image->rules[0].file, "/etc/x.conf");
    ck_assert_str_eq(image->rules[0].host, COMMISSIONED_HOST);
    ck_assert_str_eq(image->rules[0].path, "/");
    ck_assert_ptr_null(image->keys[0].header);
    ck_assert_ptr_null(image->keys[0].prefix);
    ck_assert_str_eq(image->keys[0].error, "line 3 is no setting");
    ck_assert_str_eq(image->keys[0].source, "/etc/x.conf");
    ck_assert_uint_eq(image->euid, geteuid());
    ck_assert_uint_eq(image->egid, getegid());
    ck_assert(policy_image_current(image));
    policy_image_free(image);
}
END_TEST

START_TEST(a_long_sentence_is_cut_to_what_the_application_has_room_for)
{
    static char text[10001];
    memset(text, 's', sizeof text - 1);
    struct policy_image *image = policy_image_error(text, text);
    ck_assert_uint_eq(strlen(image->error), POLICY_MAX_SENTENCE - 1);
    ck_assert_uint_lt(strlen(image->rules[0].file), sizeof text - 1);
    policy_image_free(image);
}
END_TEST

START_TEST(every_pointer_of_an_error_image_points_into_it)
{
    struct policy_image *image = policy_image_error("f", "s");
    const char *start = (const char *)image, *end = start + image->size;
    const void *const pointers[] = {
        image->rules,          image->keys,           image->origins,       image->index.slots,
        image->index.chain,    image->error,          image->rules[0].name, image->rules[0].host,
        image->rules[0].path,  image->rules[0].file,  image->keys[0].name,  image->keys[0].error,
        image->keys[0].source, image->origins[0].host};
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++)
        ck_assert_msg((const char *)pointers[i] >= start && (const char *)pointers[i] < end,
                      "pointer %zu", i);
    policy_image_free(image);
}
END_TEST

START_TEST(without_memory_there_is_no_error_image)
{
    errno = ENOTTY;
    mmap_fails = true;
    struct policy_image *image = policy_image_error("f", "s");
    mmap_fails = false;
    ck_assert_ptr_null(image);
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

/* ---- the end --------------------------------------------------------------------------------- */

START_TEST(freeing_wipes_the_image_before_it_is_unmapped)
{
    enum { SIZE = 3 * 4096 };
    int fd = memfd_create("image", MFD_CLOEXEC);
    static char left[SIZE];
    ck_assert_int_eq(ftruncate(fd, SIZE), 0);
    struct policy_image *image = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(image, MAP_FAILED);
    memset(image, 0x5a, SIZE);
    *image = (struct policy_image){.size = SIZE};
    ck_assert_int_eq(mprotect(image, SIZE, PROT_READ), 0); /* as the module hands it over */
    errno = ENOTTY;
    policy_image_free(image);
    ck_assert_int_eq(errno, ENOTTY);
    unsigned char resident[3];
    ck_assert_int_eq(mincore(image, SIZE, resident), -1);
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_int_eq(pread(fd, left, SIZE, 0), SIZE);
    for (int i = 0; i < SIZE; i++)
        ck_assert_int_eq(left[i], 0);
    close(fd);
}
END_TEST

START_TEST(no_image_may_be_freed)
{
    errno = ENOTTY;
    policy_image_free(NULL);
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(the_hash_of_a_scope_is_that_of_its_origin_continued_with_the_path)
{
    /* FNV-1a over "a", 0x01, 0xbb, worked out from the draft's definition. */
    uint32_t hash = 2166136261u;
    hash = (hash ^ 'a') * 16777619u;
    hash = (hash ^ 0x01) * 16777619u;
    hash = (hash ^ 0xbb) * 16777619u;
    ck_assert_uint_eq(policy_origin_hash("a", 443), hash);
    ck_assert_uint_eq(policy_scope_hash("a", 443, "/v1", 0), hash);
    ck_assert_uint_eq(policy_scope_hash("a", 443, "/\xff", 2),
                      policy_hash_byte(policy_hash_byte(hash, '/'), 0xff));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy_image");
    TCase *tests = tcase_create("policy_image");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_untouched_file_holds);
    tcase_add_test(tests, another_size_another_time_or_another_file_does_not_hold);
    tcase_add_test(tests, a_rewrite_of_the_same_length_with_its_time_put_back_is_seen);
    tcase_add_test(tests, a_file_moved_into_its_place_is_seen);
    tcase_add_test(tests, a_file_that_was_removed_is_seen);
    tcase_add_test(tests, a_file_that_appears_is_seen_and_its_absence_held);
    tcase_add_test(tests, a_symbolic_link_that_points_elsewhere_now_is_seen);
    tcase_add_test(tests, each_of_many_watches_counts);
    tcase_add_test(tests, an_error_image_says_what_is_wrong_and_where);
    tcase_add_test(tests, a_long_sentence_is_cut_to_what_the_application_has_room_for);
    tcase_add_test(tests, every_pointer_of_an_error_image_points_into_it);
    tcase_add_test(tests, without_memory_there_is_no_error_image);
    tcase_add_test(tests, freeing_wipes_the_image_before_it_is_unmapped);
    tcase_add_test(tests, no_image_may_be_freed);
    tcase_add_test(tests, the_hash_of_a_scope_is_that_of_its_origin_continued_with_the_path);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
