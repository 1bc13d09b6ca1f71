/* What people write and read: mistyped words, spans of time, numbers, ports. */
#include <string.h>

#include <check.h>

#include "core/text.h"
#include "support/suite.h"

static const char *const verbs[] = {"run",    "explain", "doctor", "key",        "config",
                                    "enable", "disable", "status", "completion", NULL};
static const char *const settings[] = {"api_key", "key_file", "url", "users", "rules", NULL};

static const struct {
    const char *const *words;
    const char *typed, *meant;
} slips[] = {
    {verbs, "rnu", "run"},
    {verbs, "rn", "run"},
    {verbs, "enabel", "enable"},
    {verbs, "disabel", "disable"},
    {verbs, "explian", "explain"},
    {verbs, "doc", "doctor"},
    {verbs, "staus", "status"},
    {verbs, "xyzzy", NULL},
    {verbs, "r", NULL},
    {verbs, "", NULL},
    {verbs, "complete", "completion"},
    {settings, "api_kee", "api_key"},
    {settings, "keyfile", "key_file"},
    {settings, "user", "users"},
    {settings, "apikey", "api_key"},
    {settings, "colour", NULL},
    {settings, "", NULL},
    {settings, "a_name_that_is_far_longer_than_any_of_ours", NULL},
};

START_TEST(the_nearest_word_is_the_one_that_was_meant)
{
    const char *nearest = text_nearest(slips[_i].typed, slips[_i].words);
    if (slips[_i].meant == NULL)
        ck_assert_msg(nearest == NULL, "'%s' gave '%s'", slips[_i].typed, nearest);
    else
        ck_assert_pstr_eq(nearest, slips[_i].meant);
}
END_TEST

START_TEST(a_word_of_any_length_is_compared)
{
    static const char *const words[] = {"run", NULL};
    char typed[5000];
    memset(typed, 'r', sizeof typed - 1);
    typed[sizeof typed - 1] = '\0';
    ck_assert_ptr_null(text_nearest(typed, words));
}
END_TEST

static const struct {
    const char *text;
    int64_t seconds;
} spans[] = {
    {"1s", 1},
    {"2m", 120},
    {"12h", 43200},
    {"90d", 7776000},
    {"4w", 2419200},
    {"0d", 0},
    {"999999999w", INT64_C(604799999395200)},
    {"9999999999s", -1},
    {"", -1},
    {"d", -1},
    {"90", -1},
    {"90 d", -1},
    {"-1d", -1},
    {"90dd", -1},
    {"90y", -1},
    {"1.5h", -1},
};

START_TEST(a_span_of_time_is_digits_and_a_unit)
{
    ck_assert_int_eq(text_span_read(spans[_i].text), spans[_i].seconds);
}
END_TEST

START_TEST(a_span_is_written_in_the_largest_unit_that_fits)
{
    static const char *const texts[] = {"1s", "61s", "2m", "25h", "2d", "3w", "90d"};
    char text[TEXT_MAX_SPAN];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text_span_write(text_span_read(texts[i]), text);
        ck_assert_str_eq(text, texts[i]);
    }
    text_span_write(INT64_MAX, text);
    ck_assert_str_eq(text, "9223372036854775807s");
}
END_TEST

static const struct {
    const char *text;
    uint32_t most;
    int64_t number; /* -1: none */
} numbers[] = {
    {"0", 9, 0},
    {"007", 9, 7},
    {"65535", UINT16_MAX, 65535},
    {"65536", UINT16_MAX, -1},
    {"4294967295", UINT32_MAX, UINT32_MAX},
    {"4294967295", UINT32_MAX - 1, -1},
    {"4294967296", UINT32_MAX, -1},
    {"18446744073709551617", UINT32_MAX, -1}, /* one more than what 64 bits hold */
    {"", 9, -1},
    {"+1", 9, -1},
    {"-1", UINT32_MAX, -1},
    {" 1", 9, -1},
    {"1 ", 9, -1},
    {"0x1", 9, -1},
};

START_TEST(a_number_is_digits_and_not_too_large)
{
    uint32_t number = 12345;
    bool taken = text_number_read(numbers[_i].text, numbers[_i].most, &number);
    ck_assert_int_eq(taken, numbers[_i].number >= 0);
    ck_assert_int_eq(number, taken ? numbers[_i].number : 12345);
}
END_TEST

START_TEST(a_port_is_written_unless_it_is_meant_anyway)
{
    char text[TEXT_MAX_PORT];
    text_port_write(443, text);
    ck_assert_str_eq(text, "");
    text_port_write(8443, text);
    ck_assert_str_eq(text, ":8443");
    text_port_write(UINT16_MAX, text);
    ck_assert_str_eq(text, ":65535");
}
END_TEST

START_TEST(a_base_name_is_what_stands_behind_the_last_slash)
{
    ck_assert_str_eq(text_base_name("/usr/bin/curl"), "curl");
    ck_assert_str_eq(text_base_name("curl"), "curl");
    ck_assert_str_eq(text_base_name("/usr/bin/"), "");
    ck_assert_str_eq(text_base_name(""), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_loop_test(tests, the_nearest_word_is_the_one_that_was_meant, 0,
                        sizeof slips / sizeof slips[0]);
    tcase_add_test(tests, a_word_of_any_length_is_compared);
    tcase_add_loop_test(tests, a_span_of_time_is_digits_and_a_unit, 0,
                        sizeof spans / sizeof spans[0]);
    tcase_add_test(tests, a_span_is_written_in_the_largest_unit_that_fits);
    tcase_add_loop_test(tests, a_number_is_digits_and_not_too_large, 0,
                        sizeof numbers / sizeof numbers[0]);
    tcase_add_test(tests, a_port_is_written_unless_it_is_meant_anyway);
    tcase_add_test(tests, a_base_name_is_what_stands_behind_the_last_slash);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
