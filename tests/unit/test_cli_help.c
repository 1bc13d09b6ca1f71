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

/* ---- the manual ------------------------------------------------------------------------------ */

static char manual[1 << 18];

static void read_manual(const char *file)
{
    FILE *in = fopen(file, "r");
    ck_assert_msg(in != NULL, "%s is not here: tests are run in the source's folder", file);
    size_t size = fread(manual, 1, sizeof manual - 1, in);
    ck_assert_uint_lt(size, sizeof manual - 1);
    manual[size] = '\0';
    fclose(in);
}

/* Whether one of its lines begins with `start` and has `word` behind it. */
static bool manual_has(const char *start, const char *word)
{
    char line[512], found[128];
    snprintf(found, sizeof found, " %s ", word);
    for (const char *at = manual; *at != '\0'; at += strcspn(at, "\n") + 1) {
        snprintf(line, sizeof line, "%.*s ", (int)strcspn(at, "\n"), at);
        if (strncmp(line, start, strlen(start)) == 0 && strstr(line, found) != NULL)
            return true;
    }
    return false;
}

static void stands_in_the_manual(const struct cli_verb *verb, const char *path)
{
    for (const struct cli_option *o = verb->options; o->name != NULL; o++)
        ck_assert_msg(manual_has("", o->name), "%s --%s is not in the manual", path, o->name);
    if (verb != &cli_command)
        ck_assert_msg(manual_has("", verb->name), "%s is not in the manual", path);
}

START_TEST(the_manual_has_every_verb_and_option)
{
    read_manual("doc/commissioned-auth.1");
    each_verb(&cli_command, CLI_NAME, stands_in_the_manual);
}
END_TEST

START_TEST(the_manual_has_the_exit_status_of_every_verb)
{
    read_manual("doc/commissioned-auth.1");
    char *section = strstr(manual, "\n.Sh EXIT STATUS\n");
    ck_assert_ptr_nonnull(section);
    *strstr(section + 5, "\n.Sh ") = '\0';
    memmove(manual, section, strlen(section) + 1);
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++)
        ck_assert_msg(manual_has(".It Cm ", (*v)->name), "%s", (*v)->name);
}
END_TEST

START_TEST(the_manuals_of_commands_have_what_is_looked_for)
{
    static const char *const files[] = {"doc/commissioned-auth.1", "doc/commissioned-auth-off.1",
                                        "doc/commissioned-devserver.1"};
    static const char *const sections[] = {"ENVIRONMENT", "STATUS", "EXAMPLES", "DIAGNOSTICS"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        read_manual(files[f]);
        for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
            ck_assert_msg(manual_has(".Sh ", sections[s]), "%s: %s", files[f], sections[s]);
    }
}
END_TEST

START_TEST(the_manuals_explain_error_94)
{
    static const char *const files[] = {"doc/commissioned-auth.1", "doc/libcommissioned-auth.8"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        read_manual(files[f]);
        ck_assert_msg(manual_has(".It ", "(94)"), "%s", files[f]);
    }
}
END_TEST

/* Where the library is not where the switch is, or not what it would be; and how to get back. */
START_TEST(the_manuals_tell_of_other_roots_and_of_the_way_back)
{
    static const char *const roots[] = {"AppArmor", "SELinux", "containers", "chroot",
                                        "snap",     "Flatpak", "images",     "cloud-init"};
    read_manual("doc/libcommissioned-auth.8");
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        ck_assert_msg(manual_has(".It ", roots[i]), "%s", roots[i]);
    read_manual("doc/commissioned-auth.1");
    ck_assert(manual_has(".Sh ", "RECOVERY"));
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
    tcase_add_test(table, the_manual_has_every_verb_and_option);
    tcase_add_test(table, the_manual_has_the_exit_status_of_every_verb);
    tcase_add_test(table, the_manuals_of_commands_have_what_is_looked_for);
    tcase_add_test(table, the_manuals_explain_error_94);
    tcase_add_test(table, the_manuals_tell_of_other_roots_and_of_the_way_back);
    suite_add_tcase(suite, table);

    return suite_run(suite);
}
