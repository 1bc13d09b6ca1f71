/* The pure parts of the policy: .env files, suggestions, the guard before libconfig, addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "policy/config_guard.h"
#include "policy/dotenv.h"
#include "policy/strmap.h"
#include "policy/url.h"
#include "support/suite.h"

struct dotenv_row {
    const char *text;
    enum dotenv_result result;
    const char *value;
    uint32_t line;
};

static const struct dotenv_row dotenv_rows[] = {
    {"", DOTENV_ABSENT, "", 0},
    {"KEY=abc", DOTENV_FOUND, "abc", 1},
    {"KEY=abc\n", DOTENV_FOUND, "abc", 1},
    {"KEY=abc\r\n", DOTENV_FOUND, "abc", 1},
    {"\xef\xbb\xbfKEY=abc\n", DOTENV_FOUND, "abc", 1},
    {"# comment\n\n  export\tKEY = abc  # mine\n", DOTENV_FOUND, "abc", 3},
    {"export KEY=abc", DOTENV_FOUND, "abc", 1},
    {"exportKEY=abc", DOTENV_ABSENT, "", 0},
    {"KEY=a#b", DOTENV_FOUND, "a#b", 1},
    {"KEY=#b", DOTENV_FOUND, "", 1},
    {"KEY=", DOTENV_FOUND, "", 1},
    {"KEY", DOTENV_ABSENT, "", 0},
    {"KEY2=abc", DOTENV_ABSENT, "", 0},
    {"MY.KEY=abc", DOTENV_ABSENT, "", 0},
    {"KEY=one\nKEY=two\n", DOTENV_FOUND, "two", 2},
    {"KEY='a b # c'", DOTENV_FOUND, "a b # c", 1},
    {"KEY='a\\n${B}'", DOTENV_FOUND, "a\\n${B}", 1},
    {"KEY=\"a\\\"b\\\\c\\nd\\$e\\q\"", DOTENV_FOUND, "a\"b\\c\nd$e\\q", 1},
    {"KEY=\"abc\" # comment", DOTENV_FOUND, "abc", 1},
    {"A=\"x\nKEY=no\n\"\nKEY=yes", DOTENV_FOUND, "yes", 4},
    {"A='\n\n'\nKEY=yes", DOTENV_FOUND, "yes", 4},
    {"A=\"\nKEY=no", DOTENV_OPEN, "", 1},
    {"KEY='abc", DOTENV_OPEN, "", 1},
    {"KEY=${OTHER}", DOTENV_REFERENCE, "${OTHER}", 1},
    {"KEY=\"a${OTHER}\"", DOTENV_REFERENCE, "a${OTHER}", 1},
    {"KEY=a$b", DOTENV_REFERENCE, "a$b", 1},
    {"KEY=$OTHER", DOTENV_REFERENCE, "$OTHER", 1},
    {"KEY=\"$OTHER\"", DOTENV_REFERENCE, "$OTHER", 1},
    {"KEY=\"a$_b\"", DOTENV_REFERENCE, "a$_b", 1},
    {"KEY=$(pass)", DOTENV_REFERENCE, "$(pass)", 1},
    {"KEY='$OTHER'", DOTENV_FOUND, "$OTHER", 1},
    {"KEY=a$", DOTENV_FOUND, "a$", 1},
    {"KEY=a$1", DOTENV_FOUND, "a$1", 1},
    {"KEY=\"\\$OTHER\"", DOTENV_FOUND, "$OTHER", 1},
    {"KEY=0123456789abcde", DOTENV_FOUND, "0123456789abcde", 1},
    {"KEY=0123456789abcdef", DOTENV_TOO_LONG, "0123456789abcde", 1},
};

START_TEST(a_dotenv_file_is_read_as_dotenv_tools_read_it)
{
    const struct dotenv_row *row = &dotenv_rows[_i];
    char value[16] = "";
    size_t length = 99;
    uint32_t line = 0;
    ck_assert_int_eq(dotenv_find(row->text, "KEY", value, sizeof value, &length, &line),
                     row->result);
    ck_assert_uint_eq(line, row->line);
    if (row->result == DOTENV_FOUND) {
        ck_assert_str_eq(value, row->value);
        ck_assert_uint_eq(length, strlen(row->value));
    }
}
END_TEST

START_TEST(names_are_found_among_many)
{
    enum { MANY = 5000 };
    static char names[MANY][8];
    struct strmap map = {0};
    ck_assert_uint_eq(strmap_get(&map, "x"), UINT32_MAX);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "n%u", i);
        ck_assert(strmap_put(&map, names[i], i));
    }
    for (uint32_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(strmap_get(&map, names[i]), i);
    ck_assert_uint_eq(strmap_get(&map, "n"), UINT32_MAX);
    strmap_free(&map);
}
END_TEST

START_TEST(the_guard_blanks_every_key_and_keeps_the_text_s_shape)
{
    char text[] = "a = \"left\"; api_key = \"one\\\"\" // api_key = \"x\"\n \"two\nlines\";\n"
                  "keys = ( { api_key : \"\\x41\"; } );\n";
    const char blanked[] = "a = \"left\"; api_key = \"xxxxx\"                 \n \"xxx\nxxxxx\";\n"
                           "keys = ( { api_key : \"xxxx\"; } );\n";
    struct arena arena = {0};
    struct config_guard guard;
    struct complaint why;
    ck_assert(config_guard(text, &arena, &guard, &why));
    ck_assert_str_eq(text, blanked);
    ck_assert_str_eq(guard.keys->text, "one\"two\nlines");
    ck_assert_str_eq(guard.keys->next->text, "A");
    ck_assert_ptr_null(guard.keys->next->next);
    arena_free(&arena);
}
END_TEST

START_TEST(the_guard_finds_an_include_wherever_a_line_may_begin)
{
    const char *texts[] = {"@include \"x\"", "\n\t @include \"x\"", "a = \"\n@include \\\"x\\\"\";",
                           "/* a */@include \"x\"", "a = 1;@include \"x\""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *text = strdup(texts[i]);
        struct arena arena = {0};
        struct config_guard guard;
        struct complaint why = {0};
        ck_assert_msg(!config_guard(text, &arena, &guard, &why), "%s", texts[i]);
        ck_assert_int_eq(strncmp(why.fact, "@include", 8), 0);
        arena_free(&arena);
        free(text);
    }
}
END_TEST

START_TEST(the_guard_lets_an_at_sign_stand_where_it_includes_nothing)
{
    char text[] = "a = \"x @include y\"; # @include \"z\"\n/*\n@include \"y\"\n*/\n";
    struct arena arena = {0};
    struct config_guard guard;
    struct complaint why;
    ck_assert(config_guard(text, &arena, &guard, &why));
    ck_assert_ptr_null(strstr(text, "@include \"z"));
    ck_assert_ptr_null(strstr(text, "@include \"y"));
    arena_free(&arena);
}
END_TEST

struct url_row {
    const char *url;
    const char *host;
    uint16_t port;
    const char *path;
};

static const struct url_row url_rows[] = {
    {"https://app.commissioned.tech", "app.commissioned.tech", 443, "/"},
    {"https://app.commissioned.tech/", "app.commissioned.tech", 443, "/"},
    {"HTTPS://APP.Commissioned.TECH./v1/", "app.commissioned.tech", 443, "/v1"},
    {"https://app.commissioned.tech:/v1", "app.commissioned.tech", 443, "/v1"},
    {"https://localhost:65535/a/b.c/..d/~e", "localhost", 65535, "/a/b.c/..d/~e"},
    {"https://127.0.0.1:8443", "127.0.0.1", 8443, "/"},
};

START_TEST(an_address_has_one_spelling)
{
    const struct url_row *row = &url_rows[_i];
    struct arena arena = {0};
    struct policy_scope scope;
    struct complaint why = {0};
    ck_assert_msg(policy_scope_parse(row->url, &arena, &scope, &why), "%s", why.fact);
    ck_assert_str_eq(scope.host, row->host);
    ck_assert_uint_eq(scope.port, row->port);
    ck_assert_str_eq(scope.path, row->path);
    arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy parts");
    TCase *tests = tcase_create("parts");
    tcase_add_loop_test(tests, a_dotenv_file_is_read_as_dotenv_tools_read_it, 0,
                        sizeof dotenv_rows / sizeof dotenv_rows[0]);
    tcase_add_test(tests, names_are_found_among_many);
    tcase_add_test(tests, the_guard_blanks_every_key_and_keeps_the_text_s_shape);
    tcase_add_test(tests, the_guard_finds_an_include_wherever_a_line_may_begin);
    tcase_add_test(tests, the_guard_lets_an_at_sign_stand_where_it_includes_nothing);
    tcase_add_loop_test(tests, an_address_has_one_spelling, 0,
                        sizeof url_rows / sizeof url_rows[0]);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
