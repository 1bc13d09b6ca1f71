/* The names that this library exports: each has its number, and nothing else has one. */
#include <check.h>

#include "preload/binding/own_names.h"
#include "support/suite.h"

static const char *const texts[OWN_NAMES] = {
#define TEXT(name) #name,
    OWN_NAME_LIST(TEXT)
#undef TEXT
};

START_TEST(each_name_has_its_number)
{
    for (unsigned i = 0; i < OWN_NAMES; i++)
        ck_assert_uint_eq(own_name(texts[i]), i);
}
END_TEST

START_TEST(no_other_name_has_one)
{
    static const char *const others[] = {"",
                                         "c",
                                         "curl_",
                                         "curl_easy_",
                                         "dlsy",
                                         "dlsyms",
                                         "curl_dlsym",
                                         "curl_easy_initial",
                                         "dlopen",
                                         "easy_init",
                                         "curl_easy_strerror"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(own_name(others[i]) == OWN_NAMES, "%s", others[i]);
}
END_TEST

START_TEST(a_number_that_is_no_names_has_no_function)
{
    for (unsigned i = 0; i < OWN_NAMES; i++)
        ck_assert_ptr_nonnull(own_function(i));
    ck_assert_ptr_null(own_function(OWN_NAMES));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own names");
    TCase *tests = tcase_create("own names");
    tcase_add_test(tests, each_name_has_its_number);
    tcase_add_test(tests, no_other_name_has_one);
    tcase_add_test(tests, a_number_that_is_no_names_has_no_function);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
