/*
 * What a rule says, seen from the server: which of the program's requests came with which key, and
 * what became of the program's own headers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "support/old_libcurl.h"
#include "support/origin.h"
#include "support/preloaded.h"
#include "support/suite.h"

#define APP "https://app.commissioned.tech"
#define KEYS                                                                                       \
    "keys = ( { name = \"a\"; api_key = \"@A\"; }, { name = \"b\"; api_key = \"@B\"; } );\n"

/* ---- existing -------------------------------------------------------------------------------- */

struct existing_row {
    const char *setting;
    const char *headers[5]; /* the program's, in order */
    const char *seen;       /* A, -, or the program's own value */
    const char *names;      /* of the headers that came after libcurl's own */
};

#define KEEP    "existing = \"keep\";"
#define REPLACE "existing = \"replace\";"
#define UNUSED  "existing = \"replace-placeholder\"; placeholder = \"Bearer unused\";"
#define MINE    "Authorization: Bearer mine"
#define HOLDER  "Authorization: Bearer unused"

static const struct existing_row existing_rows[] = {
    {KEEP, {"X-A: 1", "X-B: 2"}, "A", "Authorization X-A X-B "},
    {KEEP, {MINE, "X-A: 1"}, "Bearer mine", "Authorization X-A "},
    {KEEP, {"X-A: 1", MINE, "X-B: 2"}, "Bearer mine", "X-A Authorization X-B "},
    {KEEP, {"X-A: 1", "authorization:"}, "-", "X-A "},
    {REPLACE, {"X-A: 1", "X-B: 2"}, "A", "Authorization X-A X-B "},
    {REPLACE, {MINE, "X-A: 1", "X-B: 2"}, "A", "Authorization X-A X-B "},
    {REPLACE, {"X-A: 1", MINE, "X-B: 2"}, "A", "Authorization X-A X-B "},
    {REPLACE, {"X-A: 1", "X-B: 2", MINE}, "A", "Authorization X-A X-B "},
    {REPLACE, {MINE, "X-A: 1", MINE, "X-B: 2"}, "A", "Authorization X-A X-B "},
    {REPLACE, {MINE, MINE}, "A", "Authorization "},
    {REPLACE, {"X-A: 1", "X-B: 2", MINE, HOLDER}, "A", "Authorization X-A X-B "},
    {REPLACE, {"X-A: 1", "AUTHORIZATION:Basic eA=="}, "A", "Authorization X-A "},
    {REPLACE,
     {"X-Authorization: 1", "Authorization-X: 2"},
     "A",
     "Authorization X-Authorization Authorization-X "},
    {UNUSED, {"X-A: 1", HOLDER, "X-B: 2"}, "A", "Authorization X-A X-B "},
    {UNUSED, {HOLDER}, "A", "Authorization "},
    {UNUSED, {"X-A: 1", HOLDER, "X-B: 2", HOLDER}, "A", "Authorization X-A X-B "},
    {UNUSED, {"X-A: 1", MINE, "X-B: 2"}, "Bearer mine", "X-A Authorization X-B "},
    {UNUSED, {"Authorization: Bearer unused2"}, "Bearer unused2", "Authorization "},
    {UNUSED, {"X-A: 1"}, "A", "Authorization X-A "},
};

/* What libcurl adds by itself is left out of the names. */
static const char *names_of(const struct seen *request)
{
    static char names[ORIGIN_TEXT];
    char all[ORIGIN_TEXT], *state = NULL;
    snprintf(all, sizeof all, "%s", request->headers);
    names[0] = '\0';
    for (char *name = strtok_r(all, " ", &state); name != NULL; name = strtok_r(NULL, " ", &state))
        if (strcmp(name, "Host") != 0 && strcmp(name, "Accept") != 0) {
            strcat(names, name);
            strcat(names, " ");
        }
    return names;
}

START_TEST(an_existing_authorization_is_treated_as_the_rule_says)
{
    const struct existing_row *row = &existing_rows[_i];
    char policy[1024], expected[256];
    const char *words[16] = {NULL};
    size_t n = 0, count;
    snprintf(policy, sizeof policy, KEYS "rules = ( { name = \"r\"; key = \"a\"; %s } );\n",
             row->setting);
    preloaded_policy(policy);
    for (size_t i = 0; row->headers[i] != NULL; i++) {
        words[n++] = "header";
        words[n++] = row->headers[i];
    }
    words[n++] = "get";
    words[n++] = APP "/one";
    words[n++] = "get"; /* the list must serve again */
    words[n++] = APP "/two";
    preloaded_run(words);
    snprintf(expected, sizeof expected, "GET /one %s\nGET /two %s\n", row->seen, row->seen);
    ck_assert_str_eq(preloaded_seen(), expected);
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(strcasecmp(names_of(&seen[i]), row->names), 0);
}
END_TEST

START_TEST(a_placeholder_beside_a_credential_of_its_own_is_not_replaced)
{
    char *line = NULL;
    size_t count, size;
    preloaded_policy(KEYS "rules = ( { name = \"r\"; key = \"a\"; " UNUSED " } );\n");
    RUN("header", HOLDER, "header", MINE, "get", APP "/one");
    const struct seen *seen = origin_seen(&count);
    FILE *out = open_memstream(&line, &size);
    fprintf(out, "%zu %u %s", count, seen[0].authorizations, seen[0].authorization);
    fclose(out);
    ck_assert_str_eq(line, "1 2 Bearer unused");
    free(line);
}
END_TEST

START_TEST(out_of_the_rules_reach_the_programs_own_header_stays)
{
    if (skips_old_libcurl("out_of_the_rules_reach_the_programs_own_header_stays"))
        return;
    preloaded_policy(KEYS "rules = ( { name = \"r\"; key = \"a\"; url = \"" APP "/v1\"; " REPLACE
                          " } );\n");
    RUN("header", "X-A: 1", "header", MINE, "follow", "get", APP "/to/" APP "/v1/in", "get",
        APP "/v1/in", "get", APP "/out");
    ck_assert_str_eq(preloaded_seen(), "GET /to/" APP "/v1/in Bearer mine\n"
                                       "GET /v1/in A\n"
                                       "GET /v1/in A\n"
                                       "GET /out Bearer mine\n");
}
END_TEST

/* ---- missing --------------------------------------------------------------------------------- */

START_TEST(a_missing_key_fails_the_request_with_the_sentence)
{
    preloaded_policy("keys = ( { name = \"a\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"a\"; } );\n");
    RUN("get", APP "/one", "get", "https://localhost/two", "get", APP "/three");
    /* A transfer that never began has the status of the one before. */
    char *expected = preloaded_expand(
        old_libcurl() ? "94 0 @D/key: no such file: commissioned-auth key add --dir @D key\n0 200\n"
                        "94 200 @D/key: no such file: commissioned-auth key add --dir @D key\n"
                      : "94 0 @D/key: no such file: commissioned-auth key add --dir @D key\n0 200\n"
                        "94 0 @D/key: no such file: commissioned-auth key add --dir @D key\n");
    ck_assert_str_eq(preloaded_outcome.out, expected);
    ck_assert_str_eq(preloaded_seen(), "GET /two -\n");
    free(expected);
}
END_TEST

START_TEST(a_missing_key_may_be_passed_over)
{
    preloaded_policy("keys = ( { name = \"a\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"a\"; missing = \"pass\"; } );\n");
    RUN("header", "X-A: 1", "get", APP "/one");
    ck_assert_str_eq(preloaded_outcome.out, "0 200\n");
    ck_assert_str_eq(preloaded_seen(), "GET /one -\n");
}
END_TEST

START_TEST(a_missing_key_does_not_take_the_programs_own_header)
{
    preloaded_policy("keys = ( { name = \"a\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"a\"; missing = \"pass\"; " REPLACE
                     " } );\n");
    RUN("header", MINE, "get", APP "/one");
    ck_assert_str_eq(preloaded_seen(), "GET /one Bearer mine\n");
}
END_TEST

/* ---- who and what ---------------------------------------------------------------------------- */

static const struct {
    const char *rules;
    const char *seen; /* of GET /v1/g, POST /v1/p, DELETE /v1/d, GET /w/g */
} choices[] = {
    {"{ name = \"r\"; key = \"a\"; methods = [\"GET\", \"POST\"]; }", "AA-A"},
    {"{ name = \"r\"; key = \"a\"; methods = [\"DELETE\"]; }", "--A-"},
    {"{ name = \"r\"; key = \"a\"; methods = [\"GET\"]; }, { name = \"s\"; key = \"b\"; }", "ABBA"},
    {"{ name = \"r\"; key = \"a\"; programs = [\"@P\"]; }", "AAAA"},
    {"{ name = \"r\"; key = \"a\"; programs = [\"/usr/bin/other\"]; }", "----"},
    {"{ name = \"r\"; key = \"a\"; programs = [\"/usr/bin/other\", \"@P\"]; }", "AAAA"},
    {"{ name = \"r\"; key = \"a\"; users = [\"@U\"]; }", "AAAA"},
    {"{ name = \"r\"; key = \"a\"; users = [\"4294967\"]; }", "----"},
    {"{ name = \"r\"; key = \"a\"; users = [\"4294967\"]; }, { name = \"s\"; key = \"b\"; }",
     "BBBB"},
    {"{ name = \"r\"; key = \"a\"; url = \"" APP "/v1\"; }, { name = \"s\"; key = \"b\"; }",
     "AAAB"},
    {"{ name = \"r\"; key = \"a\"; url = \"" APP "/v1/g\"; },"
     "{ name = \"s\"; key = \"b\"; url = \"" APP "/v1\"; }",
     "ABB-"},
    {"{ name = \"r\"; key = \"a\"; url = \"" APP "/v1\"; methods = [\"POST\"]; },"
     "{ name = \"s\"; key = \"b\"; methods = [\"GET\"]; }",
     "BA-B"},
    {"{ name = \"r\"; key = \"a\"; existing = \"keep\"; }, { name = \"s\"; key = \"b\"; url = "
     "\"" APP "/w\"; }",
     "AAAA"},
};

START_TEST(the_first_rule_for_the_process_and_the_request_wins)
{
    char policy[2048], expected[256];
    snprintf(policy, sizeof policy, KEYS "rules = ( %s );\n", choices[_i].rules);
    preloaded_policy(policy);
    RUN("get", APP "/v1/g", "post", "{}", "get", APP "/v1/p", "any", "method", "DELETE", "get",
        APP "/v1/d", "any", "get", APP "/w/g");
    const char *seen = choices[_i].seen;
    snprintf(expected, sizeof expected,
             "GET /v1/g %c\nPOST /v1/p %c\nDELETE /v1/d %c\nGET /w/g %c\n", seen[0], seen[1],
             seen[2], seen[3]);
    ck_assert_str_eq(preloaded_seen(), expected);
}
END_TEST

START_TEST(a_denied_program_gets_no_key_whatever_the_rules_say)
{
    preloaded_policy(KEYS "rules = ( { name = \"r\"; key = \"a\"; } );\n"
                          "deny = ( { programs = [\"@P\"]; } );\n");
    RUN("get", APP "/one", "header", MINE, "get", APP "/two");
    ck_assert_str_eq(preloaded_seen(), "GET /one -\nGET /two Bearer mine\n");
}
END_TEST

START_TEST(a_denial_of_another_program_is_not_for_this_one)
{
    preloaded_policy(KEYS "rules = ( { name = \"r\"; key = \"a\"; } );\n"
                          "deny = ( { programs = [\"/usr/bin/other\"]; } );\n");
    RUN("get", APP "/one");
    ck_assert_str_eq(preloaded_seen(), "GET /one A\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy at run time");
    TCase *tests = tcase_create("rules");
    tcase_add_checked_fixture(tests, preloaded_start, preloaded_stop);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, an_existing_authorization_is_treated_as_the_rule_says, 0,
                        (int)(sizeof existing_rows / sizeof existing_rows[0]));
    tcase_add_test(tests, a_placeholder_beside_a_credential_of_its_own_is_not_replaced);
    tcase_add_test(tests, out_of_the_rules_reach_the_programs_own_header_stays);
    tcase_add_test(tests, a_missing_key_fails_the_request_with_the_sentence);
    tcase_add_test(tests, a_missing_key_may_be_passed_over);
    tcase_add_test(tests, a_missing_key_does_not_take_the_programs_own_header);
    tcase_add_loop_test(tests, the_first_rule_for_the_process_and_the_request_wins, 0,
                        (int)(sizeof choices / sizeof choices[0]));
    tcase_add_test(tests, a_denied_program_gets_no_key_whatever_the_rules_say);
    tcase_add_test(tests, a_denial_of_another_program_is_not_for_this_one);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
