/* Objects of one size: zeroed, apart, taken again; and what happens where memory runs out. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <check.h>

#include "preload/loader/slab.h"
#include "support/mmap_fails.h"
#include "support/suite.h"

enum { SIZE = 44, MANY = 500, LARGE = 3000 };

static bool is_zero(const char *object, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (object[i] != 0)
            return false;
    return true;
}

START_TEST(what_is_taken_is_zeroed_aligned_and_nobody_elses)
{
    struct slab slab = {0};
    char *objects[MANY];
    for (int i = 0; i < MANY; i++) {
        objects[i] = slab_take(&slab, SIZE);
        ck_assert_ptr_nonnull(objects[i]);
        ck_assert(is_zero(objects[i], SIZE));
        ck_assert_uint_eq((uintptr_t)objects[i] % 8, 0);
        memset(objects[i], i % 255 + 1, SIZE);
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq((unsigned char)objects[i][SIZE - 1], i % 255 + 1);
}
END_TEST

START_TEST(what_was_put_back_is_taken_again_and_zeroed)
{
    struct slab slab = {0};
    char *first = slab_take(&slab, SIZE);
    char *second = slab_take(&slab, SIZE);
    memset(first, 1, SIZE);
    memset(second, 1, SIZE);
    slab_put(&slab, first);
    slab_put(&slab, second);
    ck_assert_ptr_eq(slab_take(&slab, SIZE), second);
    ck_assert_ptr_eq(slab_take(&slab, SIZE), first);
    ck_assert(is_zero(first, SIZE));
    ck_assert(is_zero(second, SIZE));
}
END_TEST

START_TEST(an_object_of_most_of_a_page_has_room)
{
    struct slab slab = {0};
    for (int i = 0; i < 20; i++) {
        char *object = slab_take(&slab, LARGE);
        ck_assert_ptr_nonnull(object);
        ck_assert(is_zero(object, LARGE));
        memset(object, 1, LARGE);
    }
}
END_TEST

START_TEST(without_memory_there_is_none_and_errno_is_kept)
{
    struct slab slab = {0};
    mmap_fails = true;
    errno = ENOTTY;
    ck_assert_ptr_null(slab_take(&slab, SIZE));
    ck_assert_int_eq(errno, ENOTTY);
    mmap_fails = false;
    ck_assert_ptr_nonnull(slab_take(&slab, SIZE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slab");
    TCase *tests = tcase_create("slab");
    tcase_add_test(tests, what_is_taken_is_zeroed_aligned_and_nobody_elses);
    tcase_add_test(tests, what_was_put_back_is_taken_again_and_zeroed);
    tcase_add_test(tests, an_object_of_most_of_a_page_has_room);
    tcase_add_test(tests, without_memory_there_is_none_and_errno_is_kept);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
