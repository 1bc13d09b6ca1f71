/* The text of /etc/ld.so.preload, put in and taken out. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "cli/preload_file.h"
#include "support/suite.h"

#define OURS   "/usr/lib/libcommissioned-auth.so"
#define BLANKS "                                "

/* Texts without an entry of ours, of every shape that the loader reads. */
static const char *const texts[] = {
    "",
    "\n",
    "\n\n",
    "/a.so",
    "/a.so\n",
    "/a.so /b.so\n",
    "/a.so:/b.so",
    "# a comment\n",
    "# a comment",
    ("# " OURS "\n"),
    ("/a.so # " OURS),
    "  /a.so\t/b.so  \n\n# end\n",
    "/a.so\n\n\n/b.so\n",
    "/not-libcommissioned-auth.so\n",
    "/libcommissioned-auth.so.old\n",
    "\t\n",
};

START_TEST(taking_out_undoes_putting_in)
{
    char *with = preload_with(texts[_i], OURS);
    char *without = preload_without(with);
    ck_assert_str_eq(without, texts[_i]);
    free(with);
    free(without);
}
END_TEST

START_TEST(the_loader_finds_every_old_entry_in_order_and_ours_behind_them)
{
    char *with = preload_with(texts[_i], OURS);
    char *seen_old = preload_seen(texts[_i]), *seen_new = preload_seen(with);
    const char *old = seen_old, *new = seen_new;
    struct preload_entry a, b;
    unsigned line_a = 1, line_b = 1;
    while (preload_next(&old, &line_a, &a)) {
        ck_assert(preload_next(&new, &line_b, &b));
        ck_assert_uint_eq(a.length, b.length);
        ck_assert_mem_eq(a.start, b.start, a.length);
        ck_assert_uint_eq(a.line, b.line);
    }
    ck_assert(preload_next(&new, &line_b, &b));
    ck_assert(preload_is_ours(&b));
    ck_assert(!preload_next(&new, &line_b, &b));
    free(seen_old);
    free(seen_new);
    free(with);
}
END_TEST

START_TEST(putting_in_twice_is_putting_in_once)
{
    char *once = preload_with(texts[_i], OURS);
    char *twice = preload_with(once, OURS);
    ck_assert_str_eq(twice, once);
    free(once);
    free(twice);
}
END_TEST

START_TEST(a_text_without_us_is_taken_as_it_is)
{
    char *without = preload_without(texts[_i]);
    ck_assert_str_eq(without, texts[_i]);
    free(without);
}
END_TEST

static const struct {
    const char *text;
    const char *without;
} mixed[] = {
    {OURS, ""},
    {OURS "\n", ""},
    {"/a.so " OURS " /b.so\n", "/a.so /b.so\n"},
    {"/a.so:" OURS ":/b.so\n", "/a.so:/b.so\n"},
    {"/a.so " OURS "\n", "/a.so\n"},
    {OURS " /b.so", "/b.so"},
    {"/a.so:" OURS, "/a.so"},
    {OURS " # why\n/a.so\n", "# why\n/a.so\n"},
    {OURS "# why\n", "# why\n"},
    {"/a.so\n" OURS "\n/b.so\n", "/a.so\n/b.so\n"},
    {OURS "\n" OURS "\n/b.so\n", "/b.so\n"},
    {OURS " " OURS ":" OURS "\n", ""},
    {"/opt/libcommissioned-auth.so\n/a.so\n", "/a.so\n"},
    {"libcommissioned-auth.so\n/a.so\n", "/a.so\n"},
    {"/usr/$LIB/libcommissioned-auth.so\n/a.so\n", "/a.so\n"},
    {"# keep\n\n" OURS "\n\n# this\n", "# keep\n\n\n# this\n"},
    {OURS "\r\n/a.so\r\n", "/a.so\r\n"},
    /* The loader reads the end of the second comment: 32 bytes, our entry and the line's end. */
    {"# thirty-two bytes with newline\n# " OURS "\n",
     "# thirty-two bytes with newline\n# " BLANKS "\n"},
    {"# " OURS "\n# " OURS "\n/a.so\n", "# " OURS "\n# " BLANKS "\n/a.so\n"},
};

START_TEST(our_entries_go_and_all_else_stays)
{
    char *without = preload_without(mixed[_i].text);
    ck_assert_str_eq(without, mixed[_i].without);
    free(without);
}
END_TEST

START_TEST(an_entry_of_ours_in_another_folder_is_replaced)
{
    char *with = preload_with("/opt/libcommissioned-auth.so\n/a.so\n", OURS);
    ck_assert_str_eq(with, "/a.so\n" OURS "\n");
    free(with);
}
END_TEST

START_TEST(an_entry_of_ours_that_stands_twice_is_made_one)
{
    char *with = preload_with(OURS "\n/a.so\n" OURS "\n", OURS);
    ck_assert_str_eq(with, "/a.so\n" OURS "\n");
    free(with);
}
END_TEST

START_TEST(lines_are_counted_from_one)
{
    char *seen = preload_seen("# one\n\n/three.so /also.so\n/four.so\n");
    const char *at = seen;
    const unsigned lines[] = {3, 3, 4};
    struct preload_entry entry;
    unsigned line = 1;
    for (int i = 0; i < 3; i++) {
        ck_assert(preload_next(&at, &line, &entry));
        ck_assert_uint_eq(entry.line, lines[i]);
    }
    free(seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preload file");
    TCase *text = tcase_create("text");
    int count = (int)(sizeof texts / sizeof *texts);
    tcase_add_loop_test(text, taking_out_undoes_putting_in, 0, count);
    tcase_add_loop_test(text, the_loader_finds_every_old_entry_in_order_and_ours_behind_them, 0,
                        count);
    tcase_add_loop_test(text, putting_in_twice_is_putting_in_once, 0, count);
    tcase_add_loop_test(text, a_text_without_us_is_taken_as_it_is, 0, count);
    tcase_add_loop_test(text, our_entries_go_and_all_else_stays, 0,
                        (int)(sizeof mixed / sizeof *mixed));
    tcase_add_test(text, an_entry_of_ours_in_another_folder_is_replaced);
    tcase_add_test(text, an_entry_of_ours_that_stands_twice_is_made_one);
    tcase_add_test(text, lines_are_counted_from_one);
    suite_add_tcase(suite, text);

    return suite_run(suite);
}
