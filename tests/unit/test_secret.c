/* What a key may be, how much of it may be shown, and that it is wiped. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "core/secret.h"
#include "support/suite.h"

START_TEST(wiping_clears_every_byte_and_no_more)
{
    unsigned char room[66];
    for (size_t size = 0; size <= 64; size++) {
        memset(room, 0xa5, sizeof room);
        secret_wipe(room + 1, size);
        ck_assert_uint_eq(room[0], 0xa5);
        ck_assert_uint_eq(room[size + 1], 0xa5);
        for (size_t i = 1; i <= size; i++)
            ck_assert_uint_eq(room[i], 0);
    }
}
END_TEST

START_TEST(nothing_may_be_wiped_and_freed)
{
    secret_wipe(NULL, 0);
    secret_wipe(NULL, 10);
    secret_free(NULL, 0);
    secret_free(NULL, 10);
    secret_free(malloc(1), 0);
}
END_TEST

START_TEST(never_more_than_a_quarter_nor_twelve_characters_are_shown)
{
    ck_assert_uint_eq(secret_prefix_length(0), 0);
    ck_assert_uint_eq(secret_prefix_length(3), 0);
    ck_assert_uint_eq(secret_prefix_length(4), 1);
    ck_assert_uint_eq(secret_prefix_length(47), 11);
    ck_assert_uint_eq(secret_prefix_length(48), 12);
    for (size_t length = 0; length < 5000; length++)
        ck_assert(secret_prefix_length(length) <= length / 4 && secret_prefix_length(length) <= 12);
}
END_TEST

START_TEST(a_key_is_visible_ascii_and_nothing_else)
{
    for (int c = 0; c < 256; c++) {
        char text[] = {'a', (char)c, 'b'};
        bool visible = c > ' ' && c < 0x7f;
        ck_assert_int_eq(secret_is_key(text, 3), visible);
        ck_assert_int_eq(secret_is_key(text + 1, 1), visible);
        ck_assert_int_eq(secret_is_key(text, 2), visible);
    }
    ck_assert(!secret_is_key("", 0));
    ck_assert(!secret_is_key("a", 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secret");
    TCase *tests = tcase_create("secret");
    tcase_add_test(tests, wiping_clears_every_byte_and_no_more);
    tcase_add_test(tests, nothing_may_be_wiped_and_freed);
    tcase_add_test(tests, never_more_than_a_quarter_nor_twelve_characters_are_shown);
    tcase_add_test(tests, a_key_is_visible_ascii_and_nothing_else);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
