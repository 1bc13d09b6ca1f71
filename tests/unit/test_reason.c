/* Each reason has words of its own. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "core/decide.h"
#include "support/suite.h"

START_TEST(a_code_is_short_and_stable_and_the_text_is_half_a_sentence)
{
    const char *code = reason_code((enum reason)_i), *text = reason_text((enum reason)_i);
    ck_assert_uint_gt(strlen(code), 0);
    ck_assert_uint_lt(strlen(code), 20); /* the room it is kept in, with its NUL */
    ck_assert_uint_eq(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
    ck_assert_uint_gt(strlen(text), 10);
    ck_assert_uint_lt(strlen(text), 100);
    ck_assert_int_ne(text[strlen(text) - 1], '.');
}
END_TEST

START_TEST(no_two_reasons_share_their_words)
{
    for (int a = 0; a < REASON_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            ck_assert_str_ne(reason_code((enum reason)a), reason_code((enum reason)b));
            ck_assert_str_ne(reason_text((enum reason)a), reason_text((enum reason)b));
        }
    }
}
END_TEST

START_TEST(what_is_no_reason_is_called_unknown)
{
    static const int others[] = {-1, REASON_COUNT, REASON_COUNT + 1, 1 << 30};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        volatile int number = others[i];
        ck_assert_str_eq(reason_code((enum reason)number), "unknown");
        ck_assert_str_eq(reason_text((enum reason)number), "unknown");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reason");
    TCase *tests = tcase_create("reason");
    tcase_add_loop_test(tests, a_code_is_short_and_stable_and_the_text_is_half_a_sentence, 0,
                        REASON_COUNT);
    tcase_add_test(tests, no_two_reasons_share_their_words);
    tcase_add_test(tests, what_is_no_reason_is_called_unknown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
