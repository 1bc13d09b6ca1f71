/* The method that options make, of a libcurl that is decided on before it begins. */
#include <check.h>

#include "preload/record/record_method.h"
#include "support/suite.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(array)[0]))

enum { MAX_SET = 4 };

static const struct {
    struct {
        CURLoption option;
        bool on;
    } set[MAX_SET];
    enum record_method method;
} sequences[] = {
    {{{CURLOPT_HTTPGET, true}}, METHOD_GET},
    {{{CURLOPT_NOBODY, true}}, METHOD_HEAD},
    {{{CURLOPT_NOBODY, false}}, METHOD_GET},
    {{{CURLOPT_NOBODY, true}, {CURLOPT_NOBODY, false}}, METHOD_GET},
    {{{CURLOPT_NOBODY, true}, {CURLOPT_UPLOAD, false}}, METHOD_HEAD},
    {{{CURLOPT_NOBODY, true}, {CURLOPT_POST, false}}, METHOD_HEAD},
    {{{CURLOPT_NOBODY, true}, {CURLOPT_POST, true}}, METHOD_POST},
    {{{CURLOPT_POST, true}}, METHOD_POST},
    {{{CURLOPT_POST, true}, {CURLOPT_POST, false}}, METHOD_GET},
    {{{CURLOPT_POST, true}, {CURLOPT_HTTPGET, true}}, METHOD_GET},
    {{{CURLOPT_POST, true}, {CURLOPT_HTTPGET, false}}, METHOD_POST},
    {{{CURLOPT_POST, true}, {CURLOPT_NOBODY, false}}, METHOD_POST},
    {{{CURLOPT_POSTFIELDS, true}}, METHOD_POST},
    {{{CURLOPT_POSTFIELDS, false}}, METHOD_POST},
    {{{CURLOPT_COPYPOSTFIELDS, true}}, METHOD_POST},
    {{{CURLOPT_MIMEPOST, true}}, METHOD_POST},
    {{{CURLOPT_UPLOAD, true}}, METHOD_PUT},
    {{{CURLOPT_UPLOAD, true}, {CURLOPT_UPLOAD, false}}, METHOD_GET},
    {{{CURLOPT_POST, true}, {CURLOPT_UPLOAD, true}}, METHOD_PUT},
    /* As the command of 7.74 sets them for -I and for -d. */
    {{{CURLOPT_NOBODY, true}, {CURLOPT_UPLOAD, false}, {CURLOPT_HTTPGET, false}}, METHOD_HEAD},
    {{{CURLOPT_NOBODY, false}, {CURLOPT_UPLOAD, false}, {CURLOPT_POSTFIELDS, true}}, METHOD_POST},
    /* Where versions differ. */
    {{{CURLOPT_UPLOAD, true}, {CURLOPT_POST, true}}, METHOD_UNKNOWN},
    {{{CURLOPT_UPLOAD, true}, {CURLOPT_POSTFIELDS, true}}, METHOD_UNKNOWN},
    {{{CURLOPT_POST, true}, {CURLOPT_NOBODY, true}}, METHOD_UNKNOWN},
    {{{CURLOPT_POST, true}, {CURLOPT_NOBODY, true}, {CURLOPT_NOBODY, false}}, METHOD_UNKNOWN},
    {{{CURLOPT_NOBODY, true}, {CURLOPT_POSTFIELDS, true}}, METHOD_UNKNOWN},
    {{{(CURLoption)54, true}}, METHOD_UNKNOWN}, /* PUT */
    {{{(CURLoption)54, true}, {CURLOPT_POST, true}}, METHOD_UNKNOWN},
    {{{(CURLoption)54, true}, {CURLOPT_HTTPGET, true}}, METHOD_GET},
};

START_TEST(options_make_the_method)
{
    enum record_method method = METHOD_GET;
    for (int i = 0; i < MAX_SET && sequences[_i].set[i].option != 0; i++)
        method = record_method_behind(method, sequences[_i].set[i].option, sequences[_i].set[i].on);
    ck_assert_int_eq(method, sequences[_i].method);
}
END_TEST

START_TEST(an_old_libcurl_is_not_asked)
{
    static const struct provider old = {.version = 0x074a00};
    struct record_rare rare = {0};
    struct record record = {.provider = &old};
    ck_assert_str_eq(record_method_find(&record), "GET");
    record.rare = &rare;
    rare.method = METHOD_POST;
    ck_assert_str_eq(record_method_find(&record), "POST");
    rare.method = METHOD_UNKNOWN;
    ck_assert_ptr_null(record_method_find(&record));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record method");
    TCase *tests = tcase_create("method");
    tcase_add_loop_test(tests, options_make_the_method, 0, COUNT_OF(sequences));
    tcase_add_test(tests, an_old_libcurl_is_not_asked);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
