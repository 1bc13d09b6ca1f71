/*
 * Which system calls the library makes, and when: the table of doc/security-teams.md. Seen by
 * strace(1) in a program whose libcurl makes none (tests/programs/bare.c), beside the same run
 * without the library. Where a tick of the clock ends within a run, files are looked at once more:
 * where calls are counted, the clock stands still.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define PAGE   "doc/security-teams.md"
#define FOLDER "/etc/commissioned-auth"
#define URL    "https://app.commissioned.tech/v1/models"

enum { MAX_NAMES = 64 };

struct tally {
    char name[MAX_NAMES][32];
    int count[MAX_NAMES];
    unsigned names;
};

static struct outcome outcome;
static char bare[PATH_MAX], still_clock[PATH_MAX], trace[1 << 20];

/* C libraries call one thing by several calls, which differ by version and machine. */
static const char *name_of(const char *name)
{
    static const char *const same[][2] = {
        {"newfstatat", "fstat"},    {"stat", "fstat"},      {"statx", "fstat"},
        {"lstat", "fstat"},         {"fstatat64", "fstat"}, {"open", "openat"},
        {"readlinkat", "readlink"}, {"mmap2", "mmap"},      {"pread64", "read"},
        {"prlimit64", "getrlimit"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(name, same[i][0]) == 0)
            return same[i][1];
    return name;
}

static void count(struct tally *tally, const char *raw, size_t length, int times)
{
    char name[32];
    unsigned i = 0;
    snprintf(name, sizeof name, "%.*s", (int)length, raw);
    const char *word = name_of(name);
    while (i < tally->names && strcmp(tally->name[i], word) != 0)
        i++;
    ck_assert_uint_lt(i, MAX_NAMES);
    if (i == tally->names)
        snprintf(tally->name[tally->names++], sizeof *tally->name, "%s", word);
    tally->count[i] += times;
}

static int times(const struct tally *tally, const char *name)
{
    for (unsigned i = 0; i < tally->names; i++)
        if (strcmp(tally->name[i], name) == 0)
            return tally->count[i];
    return 0;
}

/* False, and said, where this process may not trace another. */
static bool traced(const char *test, const char *library, const char *word, struct tally *tally)
{
    char preload[2 * PATH_MAX + 16];
    snprintf(preload, sizeof preload, "-ELD_PRELOAD=%s %s", library != NULL ? library : "",
             still_clock);
    OUTCOME(&outcome, "strace", "-qq", "-o", FOLDER "/trace", preload, bare, word,
            strcmp(word, "request") == 0 ? URL : NULL);
    *tally = (struct tally){.names = 0};
    if (outcome.status != 0 && outcome.status != 3) {
        printf("SKIP %.*s: strace is not installed or may not trace: %.60s\n",
               (int)strlen(test) - 3, test, outcome.err);
        return false;
    }
    snprintf(trace, sizeof trace, "%s", text_of(FOLDER "/trace"));
    for (const char *line = trace; *line != '\0';
         line += strcspn(line, "\n"), line += *line != '\0')
        if (strchr("+-", *line) == NULL)
            count(tally, line, strcspn(line, "("), 1);
    return true;
}

/* The cells of the row of the page that begins with `when`: names between backquotes. */
static void row_of(const char *when, struct tally *row)
{
    char line[2048], start[128];
    FILE *page = fopen(PAGE, "r");
    ck_assert_msg(page != NULL, "%s is not here: tests are run in the source's folder", PAGE);
    snprintf(start, sizeof start, "| %s |", when);
    *row = (struct tally){.names = 0};
    bool found = false;
    while (!found && fgets(line, sizeof line, page) != NULL)
        found = strncmp(line, start, strlen(start)) == 0;
    fclose(page);
    ck_assert_msg(found, "%s has no row '%s'", PAGE, start);
    char *at = line + strlen(start);
    at[strcspn(at, "|")] = '\0';
    while ((at = strchr(at, '`')) != NULL) {
        size_t length = strcspn(at + 1, "`");
        count(row, at + 1, length, 1);
        at += length + 2;
    }
}

/* What is in `with` more often than in both others together, and the row of the page. */
static void compare(const char *when, const struct tally *with, const struct tally *without,
                    const struct tally *before)
{
    struct tally row;
    row_of(when, &row);
    for (unsigned i = 0; i < with->names; i++) {
        const char *name = with->name[i];
        bool ours = with->count[i] > times(without, name) + times(before, name);
        ck_assert_msg(!ours || times(&row, name) > 0, "%s: '%s' has no %s", PAGE, when, name);
    }
    for (unsigned i = 0; i < row.names; i++)
        ck_assert_msg(times(with, row.name[i]) >
                          times(without, row.name[i]) + times(before, row.name[i]),
                      "%s: '%s' has %s, which is not called", PAGE, when, row.name[i]);
}

static void policy(const char *report)
{
    char text[512];
    snprintf(text, sizeof text,
             "rules = ( { name = \"r\"; key = \"k\"; groups = [\"root\"]; report = \"%s\"; } );\n",
             report);
    write_file(FOLDER "/conf.d/rules.conf", text, 0644);
    usleep(20000); /* what is read in the tick that it was written in is read again */
}

static bool set_up(const char *test)
{
    char key[TEST_KEY_LENGTH + 1];
    if (own_system_lacks(test))
        return false;
    built(bare, "tests/programs/bare");
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    unsetenv("COMMISSIONED_AUTH_DEBUG");
    unsetenv("LD_PRELOAD");
    OUTCOME(&outcome, "sh", "-c",
            "rm -rf " FOLDER " && mkdir -p " FOLDER "/conf.d && chmod 755 " FOLDER " " FOLDER
            "/conf.d");
    write_file(FOLDER "/commissioned-auth.conf",
               "keys = ( { name = \"k\"; file = \"" FOLDER "/key\"; } );\n", 0644);
    test_key_make(key);
    write_file(FOLDER "/key", key, 0600);
    policy("none");
    return true;
}

static const struct tally none;

/* The page says which: another C library does some things by other calls. */
static bool is_the_tables_machine(void)
{
#if defined __x86_64__ && defined __LP64__ && defined __GLIBC__
    return __GLIBC__ == 2 && __GLIBC_MINOR__ == 36;
#else
    return false;
#endif
}

START_TEST(the_system_calls_of_the_library_are_those_of_the_table)
{
    struct tally without, loaded, handle, request, reported, before;
    if (!is_the_tables_machine()) {
        puts("SKIP the_system_calls_of_the_library_are_those_of_the_table: it is of x86-64 and "
             "glibc 2.36");
        return;
    }
    built(still_clock, "tests/fixtures/still_clock.so");
    if (!set_up(__func__) || !traced(__func__, NULL, "nothing", &without) ||
        !traced(__func__, OWN_LIBRARY, "nothing", &loaded))
        return;
    compare("the library is loaded, in every program", &loaded, &without, &none);
    traced(__func__, OWN_LIBRARY, "handle", &handle);
    compare("a libcurl handle is made", &handle, &loaded, &none);
    traced(__func__, NULL, "request", &before);
    traced(__func__, OWN_LIBRARY, "request", &request);
    ck_assert_int_eq(outcome.status, 3); /* it had the key */
    for (unsigned i = 0; i < loaded.names; i++)
        count(&before, loaded.name[i], strlen(loaded.name[i]),
              loaded.count[i] - times(&without, loaded.name[i]));
    compare("the first request", &request, &before, &none);
    policy("all");
    traced(__func__, OWN_LIBRARY, "request", &reported);
    ck_assert_int_eq(outcome.status, 3);
    compare("a line in the journal", &reported, &request, &none);
}
END_TEST

START_TEST(the_only_socket_is_the_journals)
{
    struct tally tally;
    if (!set_up(__func__))
        return;
    policy("all");
    if (!traced(__func__, OWN_LIBRARY, "request", &tally))
        return;
    unsigned sockets = 0;
    for (const char *at = trace; (at = strstr(at, "socket(")) != NULL; at++, sockets++)
        ck_assert_msg(strncmp(at, "socket(AF_UNIX, SOCK_DGRAM|", 27) == 0, "%.100s", at);
    ck_assert_uint_eq(sockets, 1);
    ck_assert_ptr_nonnull(strstr(trace, "sun_path=\"/run/systemd/journal/socket\""));
    ck_assert_int_eq(times(&tally, "sendto"), 1);
    ck_assert_int_eq(times(&tally, "connect") + times(&tally, "bind"), 0);
    /* Where there is no journal, it is syslog's, and after that none. */
    unlink("/run/systemd/journal/socket");
    traced(__func__, OWN_LIBRARY, "request", &tally);
    ck_assert_int_eq(times(&tally, "socket"), 2);
    ck_assert_ptr_nonnull(strstr(trace, "sun_path=\"/dev/log\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system calls");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 120);
    tcase_add_test(calls, the_system_calls_of_the_library_are_those_of_the_table);
    tcase_add_test(calls, the_only_socket_is_the_journals);
    suite_add_tcase(suite, calls);
    return suite_run(suite);
}
