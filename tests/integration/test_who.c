/* Who asks: each case of tests/who in namespaces of its own, by what the server saw. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "support/command.h"
#include "support/suite.h"

static struct outcome outcome;

/* One line of a case that was run but for some of its programs. */
static void say_what_was_lacking(const char *test)
{
    static const char mark[] = "SKIP ";
    const char *at = strstr(outcome.out, mark), *between = "not with ";
    if (at == NULL)
        return;
    printf("SKIP %s: ", test);
    for (; at != NULL; at = strstr(at, mark)) {
        at += sizeof mark - 1;
        printf("%s%.*s", between, (int)strcspn(at, "\n"), at);
        between = " or ";
    }
    puts(", which is not installed");
}

static void run_case(const char *test, const char *name)
{
#ifdef __SANITIZE_ADDRESS__
    printf("SKIP %s: a sanitised library cannot be preloaded into other programs\n", test);
    (void)name;
    return;
#endif
    OUTCOME(&outcome, "tests/who/lab", name);
    if (outcome.status == 77) {
        printf("SKIP %s: %s", test, outcome.err);
        return;
    }
    const char *failed = strstr(outcome.out, "FAIL ");
    ck_assert_msg(outcome.status == 0 && strstr(outcome.out, "ok ") != NULL, "%.2000s%.2000s",
                  failed != NULL ? failed : outcome.out, outcome.err);
    say_what_was_lacking(test);
}

START_TEST(a_program_is_known_by_its_file_whatever_it_is_called)
{
    run_case("a_program_is_known_by_its_file_whatever_it_is_called", "programs");
}
END_TEST

START_TEST(a_script_is_known_or_may_be_any)
{
    run_case("a_script_is_known_or_may_be_any", "scripts");
}
END_TEST

START_TEST(an_upgraded_program_keeps_its_rules_and_denials)
{
    run_case("an_upgraded_program_keeps_its_rules_and_denials", "upgrade");
}
END_TEST

START_TEST(ids_are_those_of_the_moment_of_the_request)
{
    run_case("ids_are_those_of_the_moment_of_the_request", "ids");
}
END_TEST

START_TEST(a_sentence_about_the_system_s_policy_is_right_for_everybody)
{
    run_case("a_sentence_about_the_system_s_policy_is_right_for_everybody", "sentences");
}
END_TEST

START_TEST(the_system_s_policy_may_be_in_drop_ins_alone)
{
    run_case("the_system_s_policy_may_be_in_drop_ins_alone", "drop_ins");
}
END_TEST

START_TEST(nobody_owns_nothing)
{
    run_case("nobody_owns_nothing", "nobody");
}
END_TEST

START_TEST(a_file_in_somebody_elses_folder_is_as_if_it_were_not_there)
{
    run_case("a_file_in_somebody_elses_folder_is_as_if_it_were_not_there", "homes");
}
END_TEST

START_TEST(explain_says_what_the_server_sees)
{
    run_case("explain_says_what_the_server_sees", "explain");
}
END_TEST

START_TEST(names_that_can_never_match_are_told)
{
    run_case("names_that_can_never_match_are_told", "names");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("who asks");
    TCase *tests = tcase_create("cases");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_program_is_known_by_its_file_whatever_it_is_called);
    tcase_add_test(tests, a_script_is_known_or_may_be_any);
    tcase_add_test(tests, an_upgraded_program_keeps_its_rules_and_denials);
    tcase_add_test(tests, ids_are_those_of_the_moment_of_the_request);
    tcase_add_test(tests, a_sentence_about_the_system_s_policy_is_right_for_everybody);
    tcase_add_test(tests, the_system_s_policy_may_be_in_drop_ins_alone);
    tcase_add_test(tests, nobody_owns_nothing);
    tcase_add_test(tests, a_file_in_somebody_elses_folder_is_as_if_it_were_not_there);
    tcase_add_test(tests, explain_says_what_the_server_sees);
    tcase_add_test(tests, names_that_can_never_match_are_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
