/* The names that this library exports: each has its number, and nothing else has one. */
#include <string.h>

#include <check.h>

#include "preload/binding/late_binding.h"
#include "preload/binding/own_names.h"
#include "support/fake_curl.h"
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

START_TEST(late_binding_answers_for_libcurls_names_and_not_for_the_loaders)
{
    for (unsigned i = 0; i < OWN_NAMES; i++)
        ck_assert_int_eq(late_binding_is_ours(texts[i]), i < OWN_LIBCURLS);
    ck_assert(!late_binding_is_ours("curl_version"));
}
END_TEST

START_TEST(our_functions_are_known_by_their_address)
{
    for (unsigned i = 0; i < OWN_LIBCURLS; i++)
        ck_assert(late_binding_is_exported(own_function(i)));
    ck_assert(!late_binding_is_exported(own_function(OWN_dlsym)));
    ck_assert(!late_binding_is_exported((void *)strlen));
    ck_assert_ptr_null(own_function(OWN_NAMES));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own names");
    TCase *tests = tcase_create("own names");
    tcase_add_test(tests, each_name_has_its_number);
    tcase_add_test(tests, no_other_name_has_one);
    tcase_add_test(tests, late_binding_answers_for_libcurls_names_and_not_for_the_loaders);
    tcase_add_test(tests, our_functions_are_known_by_their_address);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
