/* The policy module's own memory, and the sort that takes none. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "module/heap.h"
#include "module/sort.h"
#include "support/mmap_fails.h"
#include "support/suite.h"

enum { BLOCKS = 300, ROUNDS = 20000, LARGE = 3 * 1024 * 1024 };

static struct held {
    unsigned char *data;
    size_t size;
    unsigned char fill;
} held[BLOCKS];

static bool is_filled(const unsigned char *data, size_t size, unsigned char fill)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != fill)
            return false;
    return true;
}

static void fill_block(struct held *block, size_t size)
{
    block->size = size;
    block->fill = (unsigned char)(rand() | 1);
    ck_assert_ptr_nonnull(block->data);
    ck_assert_uint_eq((uintptr_t)block->data % _Alignof(max_align_t), 0);
    memset(block->data, block->fill, size);
}

/* Takes, resizes or gives back one block. */
static void take_step(struct held *block)
{
    size_t size = (size_t)(rand() % 5000);
    ck_assert(is_filled(block->data, block->size, block->fill));
    if (block->data == NULL) {
        bool zeroed = rand() % 2 != 0;
        block->data = zeroed ? heap_take_zeroed(size) : heap_take(size);
        ck_assert(!zeroed || is_filled(block->data, size, 0));
        fill_block(block, size);
    } else if (rand() % 2 != 0) {
        size_t kept = size < block->size ? size : block->size;
        block->data = heap_resize(block->data, size);
        ck_assert(is_filled(block->data, kept, block->fill));
        fill_block(block, size);
    } else {
        heap_give(block->data);
        *block = (struct held){0};
    }
}

START_TEST(blocks_are_apart_aligned_and_keep_what_they_hold)
{
    srand(1);
    for (int i = 0; i < ROUNDS; i++)
        take_step(&held[rand() % BLOCKS]);
    for (int i = 0; i < BLOCKS; i++) {
        ck_assert(is_filled(held[i].data, held[i].size, held[i].fill));
        heap_give(held[i].data);
        held[i] = (struct held){0};
    }
}
END_TEST

START_TEST(what_was_given_back_is_zeroed_when_that_is_asked)
{
    unsigned char *other = heap_take(1), *data = heap_take(100);
    memset(data, 0xa5, 100);
    heap_give(data);
    data = heap_take_zeroed(100);
    ck_assert(is_filled(data, 100, 0));
    heap_give(data);
    heap_give(other);
}
END_TEST

START_TEST(large_blocks_and_impossible_ones)
{
    unsigned char *data = heap_take_zeroed(LARGE);
    ck_assert_ptr_nonnull(data);
    ck_assert(is_filled(data, LARGE, 0));
    ck_assert_ptr_null(heap_take(SIZE_MAX));
    ck_assert_ptr_null(heap_take(SIZE_MAX / 4));
    ck_assert_ptr_null(heap_resize(data, SIZE_MAX / 2));
    ck_assert(is_filled(data, LARGE, 0));
    heap_give(data);
    heap_give(NULL);
}
END_TEST

/* As file.c does before libconfig starts. */
START_TEST(what_was_asked_for_and_given_back_is_there)
{
    void *small[2000], *live = heap_take(1);
    heap_give(heap_take(LARGE));
    mmap_fails = true;
    for (int i = 0; i < 2000; i++) {
        small[i] = heap_take_zeroed((size_t)(i % 500));
        ck_assert_ptr_nonnull(small[i]);
        ck_assert(is_filled(small[i], (size_t)(i % 500), 0));
        memset(small[i], 0xa5, (size_t)(i % 500));
    }
    ck_assert_ptr_null(heap_take(2 * LARGE));
    mmap_fails = false;
    for (int i = 0; i < 2000; i++)
        heap_give(small[i]);
    heap_give(live);
}
END_TEST

START_TEST(what_was_taken_last_and_written_to_is_zeroed_again)
{
    void *live = heap_take(1);
    unsigned char *data = heap_take(3000);
    memset(data, 0xa5, 3000);
    heap_give(data);
    data = heap_take_zeroed(1000);
    ck_assert(is_filled(data, 1000, 0));
    heap_give(data);
    heap_give(live);
}
END_TEST

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

START_TEST(entries_are_sorted)
{
    uint32_t numbers[100] = {0}, expected[100] = {0};
    srand(2);
    for (unsigned count = 0; count <= 100; count++) {
        for (unsigned i = 0; i < count; i++)
            numbers[i] = expected[i] = (uint32_t)(rand() % 50);
        sort(numbers, count, sizeof *numbers, compare_numbers);
        qsort(expected, count, sizeof *expected, compare_numbers);
        ck_assert_mem_eq(numbers, expected, count * sizeof *numbers);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("module heap");
    TCase *tests = tcase_create("heap");
    tcase_add_test(tests, blocks_are_apart_aligned_and_keep_what_they_hold);
    tcase_add_test(tests, what_was_given_back_is_zeroed_when_that_is_asked);
    tcase_add_test(tests, large_blocks_and_impossible_ones);
    tcase_add_test(tests, what_was_asked_for_and_given_back_is_there);
    tcase_add_test(tests, what_was_taken_last_and_written_to_is_zeroed_again);
    tcase_add_test(tests, entries_are_sorted);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
