/* What people's scripts rely on stands in the manual, all of it and nothing more. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "commissioned/journal_fields.h"
#include "commissioned/journal_kinds.h"
#include "commissioned/reason.h"
#include "core/journal.h"
#include "policy/config.h"
#include "support/suite.h"

#define MANUAL  "doc/libcommissioned-auth.8"
#define ITEM    ".It Li "
#define CATALOG "conf/commissioned-auth.catalog"
enum { MAX_ITEMS = 100 };

static char items[MAX_ITEMS][64];
static unsigned nitems;

/* The list items of the manual's section JOURNAL. */
static void set_up(void)
{
    char line[512];
    bool inside = false;
    FILE *manual = fopen(MANUAL, "r");
    ck_assert_msg(manual != NULL, "%s is not here: tests are run in the source's folder", MANUAL);
    nitems = 0;
    while (fgets(line, sizeof line, manual) != NULL) {
        if (strncmp(line, ".Sh ", 4) == 0)
            inside = strcmp(line, ".Sh JOURNAL\n") == 0;
        if (!inside || strncmp(line, ITEM, strlen(ITEM)) != 0)
            continue;
        ck_assert_uint_lt(nitems, MAX_ITEMS);
        snprintf(items[nitems++], sizeof *items, "%.*s", (int)strcspn(line + strlen(ITEM), "\n"),
                 line + strlen(ITEM));
    }
    fclose(manual);
}

static unsigned count_of(const char *item)
{
    unsigned count = 0;
    for (unsigned i = 0; i < nitems; i++)
        count += strcmp(items[i], item) == 0;
    return count;
}

START_TEST(each_reason_is_told_once)
{
    for (int i = 0; i < REASON_COUNT; i++)
        ck_assert_msg(count_of(reason_code((enum reason)i)) == 1, "%s: %s", MANUAL,
                      reason_code((enum reason)i));
}
END_TEST

static const char *const fields[] = {
#define TEXT(name) "COMMISSIONED_" #name,
    JOURNAL_FIELDS(TEXT)
#undef TEXT
};

START_TEST(each_field_of_the_journal_is_told_once)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        ck_assert_msg(count_of(fields[i]) == 1, "%s: %s", MANUAL, fields[i]);
}
END_TEST

START_TEST(nothing_is_told_that_is_not_there)
{
    ck_assert_uint_eq(nitems, REASON_COUNT + FIELD_COUNT + JOURNAL_KIND_COUNT);
}
END_TEST

/* A field that is spelled out where it is written would be one that nobody promised. */
START_TEST(the_source_names_fields_by_the_list_alone)
{
    char line[512];
    FILE *found =
        popen("grep -rlF '\"core/journal.h\"' src | xargs grep -nF '{\"COMMISSIONED_'", "r");
    ck_assert_ptr_nonnull(found);
    bool any = fgets(line, sizeof line, found) != NULL;
    pclose(found);
    ck_assert_msg(!any, "%s", line);
}
END_TEST

/* ---- the catalog of `journalctl -x` ---------------------------------------------------------- */

START_TEST(each_kind_of_line_is_told_once)
{
    for (int i = 0; i < JOURNAL_KIND_COUNT; i++)
        ck_assert_msg(count_of(journal_id((enum journal_kind)i)) == 1, "%s: %s", MANUAL,
                      journal_id((enum journal_kind)i));
}
END_TEST

/* How many lines of the file begin with `text`. */
static unsigned lines_of(const char *path, const char *text)
{
    char line[512];
    unsigned count = 0;
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strncmp(line, text, strlen(text)) == 0;
    fclose(file);
    return count;
}

START_TEST(each_kind_of_line_is_explained_once_in_the_catalog)
{
    char entry[64];
    for (int i = 0; i < JOURNAL_KIND_COUNT; i++) {
        snprintf(entry, sizeof entry, "-- %s\n", journal_id((enum journal_kind)i));
        ck_assert_msg(lines_of(CATALOG, entry) == 1, "%s: %s", CATALOG, entry);
    }
    ck_assert_uint_eq(lines_of(CATALOG, "-- "), JOURNAL_KIND_COUNT);
    ck_assert_uint_eq(lines_of(CATALOG, "Subject: "), JOURNAL_KIND_COUNT);
}
END_TEST

static bool is_field(const char *name, size_t length)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strlen(fields[i]) == length && strncmp(fields[i], name, length) == 0)
            return true;
    return false;
}

/* A command is there to be copied, also by root, and who chose the name of a program may have put
 * another command into it. */
START_TEST(no_command_of_the_catalog_has_a_value_in_it)
{
    char line[512];
    FILE *catalog = fopen(CATALOG, "r");
    ck_assert_ptr_nonnull(catalog);
    while (fgets(line, sizeof line, catalog) != NULL)
        ck_assert_msg(strncmp(line, "    ", 4) != 0 || strchr(line, '@') == NULL, "%s", line);
    fclose(catalog);
}
END_TEST

START_TEST(the_catalog_names_fields_that_there_are)
{
    char line[512];
    FILE *catalog = fopen(CATALOG, "r");
    ck_assert_ptr_nonnull(catalog);
    while (fgets(line, sizeof line, catalog) != NULL)
        for (const char *at = line; (at = strstr(at, "@COMMISSIONED_")) != NULL;) {
            size_t length = strcspn(++at, "@");
            ck_assert_msg(is_field(at, length), "%s: %s", CATALOG, line);
            at += length + 1;
        }
    fclose(catalog);
}
END_TEST

/* ---- the configuration's --------------------------------------------------------------------- */

START_TEST(each_source_of_a_key_is_in_the_manual_and_among_the_words_to_fuzz_with)
{
    char item[64], word[64];
    const char *setting;
    for (int i = 0; (setting = policy_source_setting((enum policy_source)i)) != NULL; i++) {
        snprintf(item, sizeof item, ".It Ic %s No", setting);
        snprintf(word, sizeof word, "\"%s\"\n", setting);
        ck_assert_msg(lines_of("doc/commissioned-auth.conf.5", item) > 0, "the manual: %s",
                      setting);
        ck_assert_msg(lines_of("tests/fuzz/policy.dict", word) == 1, "the dictionary: %s", setting);
    }
}
END_TEST

/* The quoted words of each list of settings in that source. */
static void expect_settings_of(const char *source)
{
    char line[512], word[64];
    bool inside = false;
    unsigned count = 0;
    FILE *text = fopen(source, "r");
    ck_assert_msg(text != NULL, "%s is not here", source);
    while (fgets(line, sizeof line, text) != NULL) {
        inside |= strstr(line, "_settings[] = {") != NULL;
        const char *at = inside ? strchr(line, '"') : NULL;
        for (; at != NULL && strchr(at + 1, '"') != NULL; count++) {
            int length = (int)strcspn(at + 1, "\"");
            snprintf(word, sizeof word, "%.*s\n", length + 2, at);
            ck_assert_msg(lines_of("tests/fuzz/policy.dict", word) == 1, "the dictionary: %.*s",
                          length, at + 1);
            at = strchr(at + length + 2, '"');
        }
        inside &= strstr(line, "};") == NULL;
    }
    fclose(text);
    ck_assert_uint_gt(count, 3);
}

START_TEST(each_setting_is_among_the_words_to_fuzz_with)
{
    expect_settings_of("src/policy/root.c");
    expect_settings_of("src/policy/keys.c");
    expect_settings_of("src/policy/rules.c");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manuals");
    TCase *tests = tcase_create("manuals");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, each_reason_is_told_once);
    tcase_add_test(tests, each_field_of_the_journal_is_told_once);
    tcase_add_test(tests, nothing_is_told_that_is_not_there);
    tcase_add_test(tests, the_source_names_fields_by_the_list_alone);
    tcase_add_test(tests, each_kind_of_line_is_told_once);
    tcase_add_test(tests, each_kind_of_line_is_explained_once_in_the_catalog);
    tcase_add_test(tests, no_command_of_the_catalog_has_a_value_in_it);
    tcase_add_test(tests, the_catalog_names_fields_that_there_are);
    tcase_add_test(tests, each_source_of_a_key_is_in_the_manual_and_among_the_words_to_fuzz_with);
    tcase_add_test(tests, each_setting_is_among_the_words_to_fuzz_with);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
