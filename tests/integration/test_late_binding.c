/*
 * Late binding: what dlsym and its kin answer is what they answered without us, but for libcurl's
 * names, and a libcurl that was found that way, or loaded past us, is served like any other.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/command.h"
#include "support/served.h"

static struct outcome before;
static struct outcome after;

/* ---- nothing else changes ----------------------------------------------------------------------
 */

static void set_list(void *data)
{
    if (data != NULL)
        setenv("LD_PRELOAD", data, 1);
}

static void probe(struct outcome *outcome, char *preloads)
{
    char program[PATH_MAX];
    built(program, "tests/programs/late-probe");
    served_export("LATE_PLUGIN", "tests/programs/late-plugin.so");
    outcome_of(outcome, NULL, set_list, preloads, (const char *const[]){program, NULL});
    ck_assert_msg(outcome->status == 0, "exit %d: %s%s", outcome->status, outcome->out,
                  outcome->err);
}

static size_t first_difference(void)
{
    size_t i = 0;
    while (before.out[i] == after.out[i] && before.out[i] != '\0')
        i++;
    return i;
}

/* The lines about libcurl's own names. */
static void drop_libcurl(char *text)
{
    char *to = text;
    for (char *line = text; *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        end += *end == '\n';
        if (strncmp(line, "libcurl:", 8) != 0) {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        line = end;
    }
    *to = '\0';
}

static void compare(void)
{
    size_t at = first_difference();
    size_t from = at > 100 ? at - 100 : 0;
    ck_assert_msg(before.out[at] == '\0' && after.out[at] == '\0',
                  "at %zu:\n--- without\n%.200s\n--- with\n%.200s", at, before.out + from,
                  after.out + from);
    ck_assert_uint_gt(at, 4000); /* it said something */
    ck_assert_str_eq(before.err, after.err);
}

static void expect_same(char *alone, char *with_us)
{
    probe(&before, alone);
    probe(&after, with_us);
    compare();
}

START_TEST(the_loader_answers_as_it_did)
{
    char library[PATH_MAX];
    built(library, "libcommissioned-auth.so");
    expect_same(NULL, library);
}
END_TEST

START_TEST(the_loader_answers_as_it_did_behind_another_hook)
{
    char library[PATH_MAX], hook[PATH_MAX], both[2 * PATH_MAX + 2];
    built(library, "libcommissioned-auth.so");
    built(hook, "tests/programs/late-hook.so");
    snprintf(both, sizeof both, "%s:%s", hook, library);
    /* A hook finds the C library's own dlsym by dlvsym, past us: libcurl's names are not ours. */
    probe(&before, hook);
    probe(&after, both);
    drop_libcurl(before.out);
    drop_libcurl(after.out);
    compare();
}
END_TEST

START_TEST(the_loader_answers_as_it_did_in_front_of_another_hook)
{
    char library[PATH_MAX], hook[PATH_MAX], both[2 * PATH_MAX + 2];
    built(library, "libcommissioned-auth.so");
    built(hook, "tests/programs/late-hook.so");
    snprintf(both, sizeof both, "%s:%s", library, hook);
    expect_same(hook, both);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late binding");
    TCase *same = tcase_create("same");
    tcase_set_timeout(same, 60);
    tcase_add_test(same, the_loader_answers_as_it_did);
    tcase_add_test(same, the_loader_answers_as_it_did_behind_another_hook);
    tcase_add_test(same, the_loader_answers_as_it_did_in_front_of_another_hook);
    suite_add_tcase(suite, same);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
