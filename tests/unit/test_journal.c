/* Lines to the journal or the syslog, as the sockets get them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "core/journal.h"
#include "support/suite.h"

#define NO_KEY_ID "MESSAGE_ID=443ece520ca24d34ae15e50502623bd2\n"

static char *dir, *native_path, *syslog_path;
static int native, syslog_fd;
static char got[65536];

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void setup(void)
{
    dir = tmpdir_make();
    native_path = tmpdir_path(dir, "native");
    syslog_path = tmpdir_path(dir, "log");
    native = listen_at(native_path);
    syslog_fd = listen_at(syslog_path);
}

static void teardown(void)
{
    close(native);
    close(syslog_fd);
    free(native_path);
    free(syslog_path);
    tmpdir_remove(dir);
}

/* The next datagram, or NULL where none is there. */
static const char *next(int fd)
{
    ssize_t size = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    if (size < 0)
        return NULL;
    ck_assert_uint_eq(strnlen(got, (size_t)size), (size_t)size); /* no NUL in it */
    got[size] = '\0';
    return got;
}

static bool send_one(const char *message, const struct journal_field *fields, size_t nfields)
{
    return journal_send_to(native_path, syslog_path, JOURNAL_NO_KEY, message, fields, nfields);
}

START_TEST(the_journal_gets_a_field_a_line)
{
    const struct journal_field fields[] = {{"RULE", "a=b"}, {"LEFT_OUT", NULL}, {"EMPTY", ""}};
    ck_assert(send_one("it is so", fields, 3));
    ck_assert_str_eq(next(native), "MESSAGE=it is so\n" NO_KEY_ID "PRIORITY=4\nSYSLOG_FACILITY=10\n"
                                   "SYSLOG_IDENTIFIER=commissioned-auth\nRULE=a=b\nEMPTY=\n");
    ck_assert_ptr_null(next(native));
    ck_assert_ptr_null(next(syslog_fd));
}
END_TEST

START_TEST(without_a_journal_the_syslog_gets_one_line)
{
    char wanted[128];
    const struct journal_field fields[] = {{"RULE", "r"}, {"LEFT_OUT", NULL}, {"HOST", "h"}};
    snprintf(wanted, sizeof wanted, "<84>commissioned-auth[%d]: it is so RULE=r HOST=h",
             (int)getpid());
    unlink(native_path);
    ck_assert(send_one("it is so", fields, 3));
    ck_assert_str_eq(next(syslog_fd), wanted);
    ck_assert(journal_send_to(NULL, syslog_path, JOURNAL_NO_KEY, "it is so", fields, 3));
    ck_assert_str_eq(next(syslog_fd), wanted);
}
END_TEST

START_TEST(no_value_begins_another_field_or_another_line)
{
    const struct journal_field field = {"RULE", "x\nPRIORITY=0\r\x1b[2J\x7f\x01"};
    ck_assert(send_one("a\nMESSAGE=b", &field, 1));
    ck_assert_str_eq(next(native),
                     "MESSAGE=a?MESSAGE=b\n" NO_KEY_ID "PRIORITY=4\nSYSLOG_FACILITY=10\n"
                     "SYSLOG_IDENTIFIER=commissioned-auth\nRULE=x?PRIORITY=0??[2J??\n");
    unlink(native_path);
    ck_assert(send_one("a\n<0>b", &field, 1));
    for (const char *c = next(syslog_fd); *c != '\0'; c++)
        ck_assert(*c >= ' ' && *c != 0x7f);
}
END_TEST

/* A log that is read as text is split at blanks. */
START_TEST(no_value_begins_another_word_of_the_syslog)
{
    const struct journal_field fields[] = {
        {"PROGRAM", "/tmp/x HOST=good.example"}, {"RULE", "a\" HOST=b"}, {"HOST", "h"}};
    unlink(native_path);
    ck_assert(send_one("m", fields, 3));
    ck_assert_ptr_nonnull(strstr(
        next(syslog_fd), "]: m PROGRAM=\"/tmp/x HOST=good.example\" RULE=\"a' HOST=b\" HOST=h"));
}
END_TEST

START_TEST(each_kind_has_a_level_and_an_id_of_its_own)
{
    for (int i = 0; i < JOURNAL_KIND_COUNT; i++) {
        const char *id = journal_id((enum journal_kind)i);
        enum journal_priority priority = journal_priority((enum journal_kind)i);
        ck_assert_uint_eq(strlen(id), 32);
        ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 32);
        ck_assert(priority >= JOURNAL_ERROR && priority <= JOURNAL_INFO);
        for (int other = 0; other < i; other++)
            ck_assert_str_ne(id, journal_id((enum journal_kind)other));
    }
}
END_TEST

START_TEST(letters_of_other_scripts_are_left_as_they_are)
{
    ck_assert(send_one("r\xc3\xa9gle", NULL, 0));
    ck_assert_ptr_nonnull(strstr(next(native), "MESSAGE=r\xc3\xa9gle\n"));
}
END_TEST

/* journalctl(1) shows a field with such a byte as "blob data" and keeps its text to itself: a
 * program would hide its line by its own name. */
static const struct {
    const char *given, *shown;
} hidden[] = {
    {"/tmp/\xff/x", "/tmp/?/x"},                           /* no character */
    {"cut \xc3", "cut ?"},                                 /* by its length, in the middle of one */
    {"\xc3\xc3\xa9", "?\xc3\xa9"},                         /* only the first is none */
    {"\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf", "?????????"}, /* RFC 3629 has no such ones */
    {"a\xc2\x85"
     "b\xc2\x9b"
     "2J",
     "a??b??2J"}, /* C1 controls */
    {"a\xe2\x80\xa8"
     "b\xe2\x80\xae"
     "c",
     "a???b???c"}, /* a line's end; right to left */
};

START_TEST(no_value_hides_its_line)
{
    char message[64], field[64], word[64];
    const struct journal_field program = {"PROGRAM", hidden[_i].given};
    ck_assert(send_one(hidden[_i].given, &program, 1));
    snprintf(message, sizeof message, "MESSAGE=%s\n", hidden[_i].shown);
    ck_assert_ptr_nonnull(strstr(next(native), message));
    snprintf(field, sizeof field, "\nPROGRAM=%s\n", hidden[_i].shown);
    ck_assert_ptr_nonnull(strstr(got, field));
    unlink(native_path);
    ck_assert(send_one("m", &program, 1));
    snprintf(word, sizeof word, "]: m PROGRAM=%s%s", strchr(hidden[_i].shown, ' ') ? "\"" : "",
             hidden[_i].shown);
    ck_assert_ptr_nonnull(strstr(next(syslog_fd), word));
}
END_TEST

/* Whatever the lengths: whole lines, each a known field. */
START_TEST(a_value_that_does_not_fit_is_left_out_whole)
{
    static char value[5001];
    for (size_t length = 3900; length <= 5000; length++) {
        memset(value, 'v', length);
        value[length] = '\0';
        const struct journal_field fields[] = {{"LONG", value}, {"SHORT", "s"}};
        ck_assert(send_one("m", fields, 2));
        const char *text = next(native);
        size_t size = strlen(text);
        ck_assert_uint_le(size, 4096);
        ck_assert_int_eq(text[size - 1], '\n');
        const char *line = strstr(text, "\nLONG=");
        ck_assert(line == NULL || strspn(line + 6, "v") == length);
        ck_assert(line != NULL || strstr(text, "\nSHORT=s\n") != NULL);
    }
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut_and_not_lost)
{
    static char message[100001];
    memset(message, 'm', sizeof message - 1);
    ck_assert(send_one(message, NULL, 0));
    const char *text = next(native);
    ck_assert_int_eq(strncmp(text, "MESSAGE=mmmm", 12), 0);
    ck_assert_ptr_nonnull(strstr(text, "m\n" NO_KEY_ID "PRIORITY=4\n"));
    unlink(native_path);
    ck_assert(send_one(message, NULL, 0));
    ck_assert_ptr_nonnull(strstr(next(syslog_fd), "]: mmmm"));
}
END_TEST

START_TEST(without_any_socket_the_line_is_dropped)
{
    static char long_path[200];
    memset(long_path, 'p', sizeof long_path - 1);
    ck_assert(!journal_send_to(NULL, NULL, JOURNAL_KEY_GIVEN, "m", NULL, 0));
    ck_assert(!journal_send_to("", "", JOURNAL_KEY_GIVEN, "m", NULL, 0));
    ck_assert(!journal_send_to(long_path, long_path, JOURNAL_KEY_GIVEN, "m", NULL, 0));
    unlink(native_path);
    unlink(syslog_path);
    ck_assert(!send_one("m", NULL, 0));
}
END_TEST

START_TEST(a_socket_that_takes_no_more_never_blocks_the_host)
{
    int sent = 0;
    unlink(syslog_path);
    while (sent < 1000000 && send_one("m", NULL, 0))
        sent++;
    ck_assert_int_lt(sent, 1000000);
    ck_assert_ptr_nonnull(next(native));
}
END_TEST

START_TEST(errno_is_kept_whether_it_is_sent_or_not)
{
    errno = ENOTTY;
    ck_assert(send_one("m", NULL, 0));
    ck_assert_int_eq(errno, ENOTTY);
    unlink(native_path);
    unlink(syslog_path);
    ck_assert(!send_one("m", NULL, 0));
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

START_TEST(no_descriptor_is_left_open)
{
    int before = open_descriptors();
    for (int i = 0; i < 20; i++) {
        send_one("m", NULL, 0);
        next(native);
    }
    unlink(native_path);
    send_one("m", NULL, 0);
    unlink(syslog_path);
    send_one("m", NULL, 0);
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_journal_gets_a_field_a_line);
    tcase_add_test(tests, without_a_journal_the_syslog_gets_one_line);
    tcase_add_test(tests, no_value_begins_another_field_or_another_line);
    tcase_add_test(tests, no_value_begins_another_word_of_the_syslog);
    tcase_add_test(tests, each_kind_has_a_level_and_an_id_of_its_own);
    tcase_add_test(tests, letters_of_other_scripts_are_left_as_they_are);
    tcase_add_loop_test(tests, no_value_hides_its_line, 0, sizeof hidden / sizeof hidden[0]);
    tcase_add_test(tests, a_value_that_does_not_fit_is_left_out_whole);
    tcase_add_test(tests, a_message_that_is_too_long_is_cut_and_not_lost);
    tcase_add_test(tests, without_any_socket_the_line_is_dropped);
    tcase_add_test(tests, a_socket_that_takes_no_more_never_blocks_the_host);
    tcase_add_test(tests, errno_is_kept_whether_it_is_sent_or_not);
    tcase_add_test(tests, no_descriptor_is_left_open);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
