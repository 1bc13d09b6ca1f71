/* The table of verbs: every help fits a screen, every table is one that the parser can use. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "cli/cli.h"
#include "cli/parse.h"
#include "support/suite.h"

static void each_verb(const struct cli_verb *verb, const char *path,
                      void (*look)(const struct cli_verb *, const char *))
{
    char below[128];
    look(verb, path);
    for (const struct cli_verb *const *v = verb->verbs; v != NULL && *v != NULL; v++) {
        int length = snprintf(below, sizeof below, "%s %s", path, (*v)->name);
        ck_assert_int_lt(length, (int)sizeof below);
        each_verb(*v, below, look);
    }
}

static void fits_a_screen(const struct cli_verb *verb, const char *path)
{
    char *text = cli_help(verb, path);
    int lines = 0;
    ck_assert_ptr_nonnull(text);
    for (char *line = text; *line; line += strcspn(line, "\n") + 1, lines++)
        ck_assert_msg(strcspn(line, "\n") <= CLI_COLUMNS, "%s: %s", path, line);
    ck_assert_msg(lines <= CLI_HELP_LINES, "%s: %d lines", path, lines);
    free(text);
}

static void has_a_sound_table(const struct cli_verb *verb, const char *path)
{
    int count = 0;
    for (const struct cli_option *o = verb->options; o->name != NULL; o++, count++) {
        ck_assert_msg(o->help != NULL, "%s --%s", path, o->name);
        for (const struct cli_option *p = verb->options; p != o; p++) {
            ck_assert_msg(strcmp(p->name, o->name) != 0, "%s --%s twice", path, o->name);
            ck_assert_msg(!o->letter || p->letter != o->letter, "%s -%c twice", path, o->letter);
        }
    }
    ck_assert_int_le(count, CLI_MAX_OPTIONS);
    ck_assert_msg((verb->run != NULL) != (verb->verbs != NULL), "%s", path);
    count = 0;
    for (const struct cli_verb *const *v = verb->verbs; v != NULL && *v != NULL; v++)
        count++;
    ck_assert_int_le(count, CLI_MAX_VERBS);
}

START_TEST(every_help_text_fits_a_screen_of_80_by_24)
{
    each_verb(&cli_command, CLI_NAME, fits_a_screen);
}
END_TEST

START_TEST(every_table_of_options_is_sound)
{
    each_verb(&cli_command, CLI_NAME, has_a_sound_table);
}
END_TEST

static const struct cli_option sample_options[] = {
    {"json", 'j', NULL, "switch", CLI_WORDS_NONE, NULL},
    {"root", 'r', "DIR", "argument", CLI_WORDS_FOLDER, NULL},
    {0},
};
static const struct cli_verb sample = {.name = "sample",
                                       .operands = "NAME",
                                       .options = sample_options,
                                       .min_operands = 1,
                                       .max_operands = 1};

static int parse(struct cli_call *call, int argc, ...)
{
    static char *argv[8];
    bool help;
    va_list words;
    va_start(words, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = va_arg(words, char *);
    va_end(words);
    argv[argc] = NULL;
    return cli_parse(&sample, "sample", argc, argv, call, &help);
}

START_TEST(options_may_stand_behind_the_operand)
{
    struct cli_call call;
    ck_assert_int_eq(parse(&call, 4, "sample", "name", "--root=/x", "-j"), CLI_OK);
    ck_assert_str_eq(call.value[0], "");
    ck_assert_str_eq(call.value[1], "/x");
    ck_assert_int_eq(call.argc, 1);
    ck_assert_str_eq(call.argv[0], "name");
}
END_TEST

START_TEST(an_option_that_was_not_given_has_no_value)
{
    struct cli_call call;
    ck_assert_int_eq(parse(&call, 2, "sample", "name"), CLI_OK);
    ck_assert_ptr_null(call.value[0]);
    ck_assert_ptr_null(call.value[1]);
}
END_TEST

START_TEST(wrong_calls_are_refused)
{
    struct cli_call call;
    ck_assert_int_eq(parse(&call, 1, "sample"), CLI_FAILED);
    ck_assert_int_eq(parse(&call, 3, "sample", "name", "more"), CLI_FAILED);
    ck_assert_int_eq(parse(&call, 3, "sample", "name", "-x"), CLI_FAILED);
    ck_assert_int_eq(parse(&call, 3, "sample", "name", "--jsno"), CLI_FAILED);
    ck_assert_int_eq(parse(&call, 3, "sample", "name", "--json=yes"), CLI_FAILED);
    ck_assert_int_eq(parse(&call, 3, "sample", "name", "--root"), CLI_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("help");
    TCase *table = tcase_create("table");
    tcase_add_test(table, every_help_text_fits_a_screen_of_80_by_24);
    tcase_add_test(table, every_table_of_options_is_sound);
    tcase_add_test(table, options_may_stand_behind_the_operand);
    tcase_add_test(table, an_option_that_was_not_given_has_no_value);
    tcase_add_test(table, wrong_calls_are_refused);
    suite_add_tcase(suite, table);

    return suite_run(suite);
}
