/* Whether a path or pattern of a rule names the file that asks. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "policy/match_path.h"
#include "support/suite.h"

static char *dir;
static char text[PATH_MAX];

static const char *in_dir(const char *name)
{
    snprintf(text, sizeof text, "%s/%s", dir, name);
    return text;
}

static void link_to(const char *target, const char *name)
{
    ck_assert_int_eq(symlink(target, in_dir(name)), 0);
}

/* DIR/real/tool, a link and a hard link to it, a link to its folder, and one that leads nowhere. */
static void setup(void)
{
    char old[PATH_MAX];
    dir = tmpdir_make();
    ck_assert_int_eq(mkdir(in_dir("real"), 0755), 0);
    free(tmpdir_write(dir, "real/tool", 0755, "x", 1));
    free(tmpdir_write(dir, "real/other", 0755, "x", 1));
    strcpy(old, in_dir("real/tool"));
    ck_assert_int_eq(link(old, in_dir("hard")), 0);
    link_to("real/tool", "link");
    link_to("link", "second");
    link_to("real", "merged");
    link_to("real/gone", "dangling");
    link_to("loop", "loop");
}

static void teardown(void)
{
    tmpdir_remove(dir);
}

static struct asked_file file_at(const char *name)
{
    static char path[PATH_MAX];
    struct stat st;
    strcpy(path, in_dir(name));
    struct asked_file file = {.names = {path}};
    if (stat(path, &st) == 0) {
        file.has_id = true;
        file.dev = st.st_dev;
        file.ino = st.st_ino;
    }
    return file;
}

static const struct {
    const char *pattern;
    enum fit fit; /* of DIR/real/tool */
} rows[] = {
    {"real/tool", FIT_YES},   {"link", FIT_YES},
    {"second", FIT_YES},      {"hard", FIT_YES},
    {"merged/tool", FIT_YES}, {"merged/../link", FIT_YES},
    {"real/other", FIT_NO},   {"merged/other", FIT_NO},
    {"dangling", FIT_NO},     {"no/such/file", FIT_NO},
    {"real/tool/x", FIT_NO},  {"loop", FIT_UNKNOWN},
    {"real/*", FIT_YES},      {"merged/*", FIT_YES},
    {"merged/t??l", FIT_YES}, {"*", FIT_NO},
    {"lin[k]", FIT_NO},       {"none/*", FIT_NO},
    {"**", FIT_YES},          {"**/tool", FIT_YES},
    {"real/**", FIT_YES},     {"merged/**", FIT_YES},
    {"none/**", FIT_NO},      {"**/other", FIT_NO},
};

START_TEST(a_path_is_followed_and_a_pattern_compared)
{
    struct asked_file file = file_at("real/tool");
    ck_assert_msg(match_path(in_dir(rows[_i].pattern), &file) == rows[_i].fit, "%s",
                  rows[_i].pattern);
}
END_TEST

START_TEST(a_name_that_it_was_started_by_counts)
{
    char called[PATH_MAX];
    struct asked_file file = file_at("real/tool");
    strcpy(called, in_dir("elsewhere/alias"));
    file.names[1] = called;
    ck_assert_int_eq(match_path(in_dir("elsewhere/alias"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("elsewhere/*"), &file), FIT_YES);
}
END_TEST

/* Its inode is not that of the file that has its name now. */
START_TEST(a_file_that_was_replaced_is_known_by_its_names)
{
    struct asked_file file = file_at("real/tool");
    file.replaced = true;
    file.ino = 0;
    ck_assert_int_eq(match_path(in_dir("link"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("merged/tool"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("real/other"), &file), FIT_NO);
}
END_TEST

START_TEST(a_file_that_was_removed_is_known_by_its_names)
{
    struct asked_file file = file_at("real/gone");
    file.has_id = file.replaced = true;
    ck_assert_int_eq(match_path(in_dir("dangling"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("merged/gone"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("real/tool"), &file), FIT_NO);
}
END_TEST

START_TEST(a_script_that_is_gone_may_have_had_other_names)
{
    struct asked_file file = file_at("real/gone");
    file.loose = true;
    ck_assert_int_eq(match_path(in_dir("real/gone"), &file), FIT_YES);
    ck_assert_int_eq(match_path(in_dir("real/tool"), &file), FIT_UNKNOWN);
    ck_assert_int_eq(match_path(in_dir("other/*"), &file), FIT_UNKNOWN);
}
END_TEST

START_TEST(what_is_not_known_may_be_any_and_what_is_not_there_is_none)
{
    const struct asked_file unknown = {.unknown = true}, none = {0};
    ck_assert_int_eq(match_path("/a", &unknown), FIT_UNKNOWN);
    ck_assert_int_eq(match_path("/*", &unknown), FIT_UNKNOWN);
    ck_assert_int_eq(match_path("/a", &none), FIT_NO);
    ck_assert_int_eq(match_path("/*", &none), FIT_NO);
}
END_TEST

START_TEST(what_may_not_be_looked_up_is_not_known)
{
    if (geteuid() == 0) {
        printf("SKIP what_may_not_be_looked_up_is_not_known: root may look everywhere\n");
        return;
    }
    struct asked_file file = file_at("link");
    ck_assert_int_eq(mkdir(in_dir("closed"), 0), 0);
    ck_assert_int_eq(match_path(in_dir("closed/x"), &file), FIT_UNKNOWN);
    ck_assert_int_eq(chmod(in_dir("closed"), 0700), 0);
    ck_assert_int_eq(match_path(in_dir("closed/x"), &file), FIT_NO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match path");
    TCase *tests = tcase_create("match path");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_path_is_followed_and_a_pattern_compared, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, a_name_that_it_was_started_by_counts);
    tcase_add_test(tests, a_file_that_was_replaced_is_known_by_its_names);
    tcase_add_test(tests, a_file_that_was_removed_is_known_by_its_names);
    tcase_add_test(tests, a_script_that_is_gone_may_have_had_other_names);
    tcase_add_test(tests, what_is_not_known_may_be_any_and_what_is_not_there_is_none);
    tcase_add_test(tests, what_may_not_be_looked_up_is_not_known);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
