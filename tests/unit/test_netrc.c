/* Whether a .netrc names a host, as libcurl would have it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "preload/request/netrc.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define HOST "app.commissioned.tech"
#define MINE "machine " HOST " login u password p"

static char *folder;

static void set_up(void)
{
    folder = tmpdir_make();
}

static void tear_down(void)
{
    tmpdir_remove(folder);
}

static const struct {
    const char *text;
    enum netrc_entry entry;
} files[] = {
    {MINE, NETRC_HOST},
    {MINE "\n", NETRC_HOST},
    {"\r\n" MINE "\r\n", NETRC_HOST},
    {"machine\n" HOST "\nlogin\nu\n", NETRC_HOST},
    {"machine\t" HOST "\tlogin\tu", NETRC_HOST},
    {"machine " HOST, NETRC_HOST},
    {"machine APP.Commissioned.Tech login u", NETRC_HOST},
    {"machine " HOST ". login u", NETRC_HOST},
    {"machine \"" HOST "\" login u", NETRC_HOST},
    {"machine \"app\\.commissioned.tech\" login u", NETRC_HOST},
    {"machine a login b password c " MINE, NETRC_HOST},
    {"machine a login b password machine\n" MINE, NETRC_HOST},
    {"machine a login b password macdef\n" MINE, NETRC_HOST},
    {"machine a login b password #c " MINE, NETRC_HOST},
    {"default login a password b\n" MINE, NETRC_HOST},
    {"default login a password b\nmacdef c\n" MINE, NETRC_HOST},
    {"macdef init\ncd /x\n\n" MINE, NETRC_HOST},
    {"macdef init\ncd /x\n\r\n" MINE, NETRC_HOST},
    {"# comment\n" MINE, NETRC_HOST},
    {"machine a login \"b\n", NETRC_HOST}, /* what it means nobody knows */
    {"machine a login \"b", NETRC_HOST},
    {"machine a login \"b\\", NETRC_HOST},

    {"", NETRC_OTHERS},
    {"\n\n", NETRC_OTHERS},
    {"machine a login b password c\n", NETRC_OTHERS},
    {"machine app login commissioned.tech", NETRC_OTHERS},
    {"machine " HOST ".example login u", NETRC_OTHERS},
    {"machine x" HOST " login u", NETRC_OTHERS},
    {"machine commissioned.tech login u", NETRC_OTHERS},
    {"machine a login " HOST " password " HOST, NETRC_OTHERS},
    {"# " MINE "\nmachine a login b\n", NETRC_OTHERS},
    {"  # " MINE "\nmachine a login b\n", NETRC_OTHERS},
    {"#" MINE, NETRC_OTHERS},
    {"machine a login b\nmacdef init\n" MINE "\n\n", NETRC_OTHERS},
    {"macdef init\n" MINE "\nmore\n", NETRC_OTHERS},
    {"macdef\n" MINE "\n", NETRC_OTHERS},
    {"machine a login \"x machine " HOST " y\" password c", NETRC_OTHERS},
    {"machine a login \"x \\\" machine " HOST "\" password c", NETRC_OTHERS},

    {"default login u password p", NETRC_DEFAULT},
    {"machine a login b password c\nDefault login u password p", NETRC_DEFAULT},
    {"macdef init\nx\n\ndefault login u password p\n", NETRC_DEFAULT},
};

static enum netrc_entry find(const char *text, size_t length)
{
    char *path = tmpdir_write(folder, "netrc", 0600, text, length);
    errno = EDOM;
    enum netrc_entry entry = netrc_find(path, HOST);
    ck_assert_int_eq(errno, EDOM);
    free(path);
    return entry;
}

START_TEST(a_file)
{
    enum netrc_entry entry = find(files[_i].text, strlen(files[_i].text));
    ck_assert_msg(entry == files[_i].entry, "%s: %d", files[_i].text, (int)entry);
}
END_TEST

/* The entry behind so much else that pieces of the file end within it, everywhere. */
START_TEST(an_entry_is_found_wherever_it_stands)
{
    enum { ROOM = 4096 };
    char text[ROOM];
    for (size_t before = 1000; before < 1100; before++) {
        memset(text, '\n', before);
        int length = snprintf(text + before, ROOM - before, MINE);
        ck_assert_int_eq(find(text, before + (size_t)length), NETRC_HOST);
    }
}
END_TEST

START_TEST(a_long_word_is_no_host)
{
    char text[2048] = "machine ";
    memset(text + 8, 'a', 1000);
    strcpy(text + 1008, " login u");
    ck_assert_int_eq(find(text, strlen(text)), NETRC_OTHERS);
}
END_TEST

START_TEST(a_file_without_end_is_not_known)
{
    char *path = tmpdir_write(folder, "netrc", 0600, "", 0);
    ck_assert_int_eq(truncate(path, 1 << 30), 0);
    ck_assert_int_eq(netrc_find(path, HOST), NETRC_HOST);
    ck_assert_int_eq(netrc_find("/dev/zero", HOST), NETRC_HOST);
    free(path);
}
END_TEST

START_TEST(what_cannot_be_opened_does_not_count)
{
    char *path = tmpdir_path(folder, "none");
    ck_assert_int_eq(netrc_find(path, HOST), NETRC_NO_FILE);
    free(path);
    path = tmpdir_path(folder, "none/none");
    ck_assert_int_eq(netrc_find(path, HOST), NETRC_NO_FILE);
    free(path);
    ck_assert_int_eq(netrc_find("/dev/null", HOST), NETRC_OTHERS);
}
END_TEST

START_TEST(a_pipe_was_emptied_by_libcurl_and_is_not_waited_for)
{
    char *path = tmpdir_path(folder, "pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(netrc_find(path, HOST), NETRC_HOST);
    ck_assert_int_eq(netrc_find(folder, HOST), NETRC_HOST); /* nor can a folder be read */
    free(path);
}
END_TEST

START_TEST(without_a_path_it_is_the_one_in_home)
{
    free(tmpdir_write(folder, ".netrc", 0600, MINE, strlen(MINE)));
    setenv("HOME", folder, 1);
    ck_assert_int_eq(netrc_find(NULL, HOST), NETRC_HOST);
    ck_assert_int_eq(netrc_find(NULL, "other.example"), NETRC_OTHERS);
    char far[PATH_MAX];
    memset(far, '/', sizeof far - 1);
    far[sizeof far - 1] = '\0';
    setenv("HOME", far, 1);
    ck_assert_int_eq(netrc_find(NULL, "other.example"), NETRC_HOST); /* it cannot be known */
}
END_TEST

/* In a child, for it becomes somebody else. */
static enum netrc_entry find_as(uid_t uid)
{
    unsetenv("HOME");
    if (seteuid(uid) != 0)
        ck_abort_msg("seteuid");
    return netrc_find(NULL, HOST);
}

START_TEST(without_home_the_accounts_say_where_it_is)
{
    if (geteuid() != 0) {
        printf("SKIP %s: needs root\n", __func__);
        return;
    }
    /* Debian's "nobody" has the home /nonexistent, and no account has the other number. */
    ck_assert_int_eq(find_as(65534), NETRC_NO_FILE);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(find_as(4000000000), NETRC_HOST);
    ck_assert_int_eq(seteuid(0), 0); /* who has to remove the test's folder */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("netrc");
    TCase *tests = tcase_create("netrc");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_file, 0, sizeof files / sizeof files[0]);
    tcase_add_test(tests, an_entry_is_found_wherever_it_stands);
    tcase_add_test(tests, a_long_word_is_no_host);
    tcase_add_test(tests, a_file_without_end_is_not_known);
    tcase_add_test(tests, what_cannot_be_opened_does_not_count);
    tcase_add_test(tests, a_pipe_was_emptied_by_libcurl_and_is_not_waited_for);
    tcase_add_test(tests, without_a_path_it_is_the_one_in_home);
    tcase_add_test(tests, without_home_the_accounts_say_where_it_is);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
