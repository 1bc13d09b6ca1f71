/* What people's scripts rely on stands in the manual, all of it and nothing more. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "commissioned/journal_fields.h"
#include "commissioned/reason.h"
#include "support/suite.h"

#define MANUAL "doc/libcommissioned-auth.8"
#define ITEM   ".It Li "
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
    ck_assert_uint_eq(nitems, REASON_COUNT + FIELD_COUNT);
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
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
