/* doc/security-teams.md is what happens: its commands are run, and what it
 * says of them is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/journal_trap.h"
#include "../support/own_system.h"
#include "core/journal.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define PAGE   "doc/security-teams.md"
#define FOLDER "/etc/commissioned-auth"
#define URL    "https://app.commissioned.tech/v1/models"

static struct outcome outcome;
static char page[1 << 16], bare[PATH_MAX];

/* In the folder of the library, as the page says. */
static void sh(const char *line)
{
    static char script[4096];
    snprintf(script, sizeof script, "PATH=/usr/local/bin:$PATH; cd /usr/local/lib || exit 99\n%s\n",
             line);
    OUTCOME(&outcome, "sh", "-c", script);
}

static void policy(const char *settings)
{
    char text[512];
    snprintf(text, sizeof text,
             "keys = ( { name = \"k\"; file = \"" FOLDER "/keys.d/k\"; } );\n"
             "rules = ( { name = \"r\"; key = \"k\"; %s } );\n",
             settings);
    write_file(FOLDER "/commissioned-auth.conf", text, 0644);
}

static bool set_up(const char *test)
{
    FILE *in = fopen(PAGE, "r");
    ck_assert_msg(in != NULL, "%s is not here: tests are run in the source's folder", PAGE);
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    fclose(in);
    if (own_system_lacks(test))
        return false;
    built(bare, "tests/programs/bare");
    setenv("BARE", bare, 1);
    setenv("HOME", "/etc", 1); /* of this process alone, as all that is mounted here */
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    sh("rm -rf " FOLDER "; mkdir -p " FOLDER "/keys.d; chmod 755 " FOLDER " " FOLDER "/keys.d");
    char key[TEST_KEY_LENGTH + 1];
    test_key_make(key);
    write_file(FOLDER "/keys.d/k", key, 0600);
    policy("");
    return true;
}

/* ---- "How to verify it" ---------------------------------------------------------------------- */

static bool needs_only_the_c_library(void)
{
    unsigned needed = 0;
    for (const char *at = outcome.out; (at = strstr(at, "(NEEDED)")) != NULL; at++, needed++)
        if (strncmp(strchr(at, '['), "[libc.", 6) != 0)
            return false;
    return needed == 1;
}

static bool names_only_libcurls_and_two(void)
{
    char name[128];
    unsigned names = 0;
    for (const char *line = outcome.out; *line != '\0'; line += strcspn(line, "\n") + 1, names++)
        if (sscanf(line, "%*s %*s %127s", name) != 1 ||
            (strncmp(name, "curl_", 5) != 0 && strcmp(name, "dlsym") != 0 &&
             strcmp(name, "dlvsym") != 0))
            return false;
    return names > 2 && strstr(outcome.out, " dlsym\n") != NULL &&
           strstr(outcome.out, " dlvsym\n") != NULL;
}

static bool says_off(void)
{
    return outcome.status == 1 && strstr(outcome.out, "off") != NULL;
}

static bool shows_rule_and_no_key(void)
{
    const char *key = text_of(FOLDER "/keys.d/k");
    return outcome.status == 0 && strstr(outcome.out, "rule r ") != NULL &&
           strstr(outcome.out, key) == NULL;
}

static bool is_the_packages(void)
{
    return true; /* there is no package in the test's tree: tests/boot/run has one */
}

static const struct {
    const char *line;
    const char *says; /* behind the '#' */
    bool (*holds)(void);
} commands[] = {
    {"commissioned-auth status", "what the file says; exit status 0 on, 1 off or unconfirmed, 2",
     says_off},
    {"dpkg --verify libcommissioned-auth", "the library is the package's", is_the_packages},
    {"nm -D --defined-only libcommissioned-auth.so",
     "functions of libcurl's, dlsym and dlvsym, and nothing else", names_only_libcurls_and_two},
    {"readelf -d libcommissioned-auth.so", "NEEDED: the C library, and nothing else",
     needs_only_the_c_library},
    {"commissioned-auth config show", "which program gets which key, without keys",
     shows_rule_and_no_key},
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

START_TEST(what_it_says_to_run_shows_what_it_says)
{
    unsigned found = 0;
    if (!set_up(__func__))
        return;
    char *section = strstr(page, "\n## How to verify it\n");
    ck_assert_ptr_nonnull(section);
    *strstr(section + 5, "\n## ") = '\0';
    for (char *at = section; (at = strstr(at, "\n    ")) != NULL; found++) {
        char line[256];
        at += 5;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        ck_assert_uint_lt(found, NCOMMANDS);
        ck_assert_msg(strncmp(line, commands[found].line, strlen(commands[found].line)) == 0, "%s",
                      line);
        ck_assert_msg(strstr(line, commands[found].says) != NULL, "%s", line);
        sh(line);
        ck_assert_msg(commands[found].holds(), "%s: %d\n%s%s", line, outcome.status, outcome.out,
                      outcome.err);
    }
    ck_assert_uint_eq(found, NCOMMANDS);
}
END_TEST

START_TEST(the_exit_status_of_status_is_as_it_says)
{
    if (!set_up(__func__))
        return;
    sh("commissioned-auth enable -q && commissioned-auth status");
    ck_assert_int_eq(outcome.status, 1);
    sh("commissioned-auth enable -q --confirm && commissioned-auth status");
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
    sh(": >libcommissioned-auth.so; commissioned-auth status");
    ck_assert_int_eq(outcome.status, 2);
    sh("commissioned-auth disable -q; commissioned-auth status");
    ck_assert_int_eq(outcome.status, 1);
}
END_TEST

/* ---- "What you will see" --------------------------------------------------------------------- */

static const char *const places[] = {
    OWN_PRELOAD,
    OWN_PRELOAD ".before",
    OWN_MARK,
    "/run/commissioned-auth/lock",
    "commissioned-auth-unconfirmed-PID.scope",
    "commissioned-auth-unconfirmed.service",
    "/proc/PID/maps",
};

START_TEST(what_enable_leaves_is_what_it_says_one_will_see)
{
    struct stat st;
    char row[128];
    long pid, until;
    char boot[64];
    if (!set_up(__func__))
        return;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(row, sizeof row, "\n| `%s` |", places[i]);
        ck_assert_msg(strstr(page, row) != NULL, "%s has no row of %s", PAGE, places[i]);
    }
    sh("commissioned-auth enable -q");
    ck_assert_str_eq(text_of(OWN_PRELOAD), OWN_LIBRARY "\n");
    ck_assert(!exists(OWN_PRELOAD ".before"));
    ck_assert_int_eq(sscanf(text_of(OWN_MARK), "%ld %ld %63s", &pid, &until, boot), 3);
    ck_assert_int_eq(stat("/run/commissioned-auth/lock", &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(st.st_size, 0);
    sh("commissioned-auth disable -q; echo '# theirs' >" OWN_PRELOAD
       "; commissioned-auth enable -q --yes");
    ck_assert_str_eq(text_of(OWN_PRELOAD ".before"), "# theirs\n");
    ck_assert(!exists(OWN_MARK));
    sh("commissioned-auth disable -q");
}
END_TEST

/* Where its archive cannot be had, or is not wanted (`make LIBCONFIG=shared`). */
#ifdef MODULE_STANDS_ALONE
enum { LIBCONFIG_IS_SHARED = false };
#else
enum { LIBCONFIG_IS_SHARED = true };
#endif

/* The last line of its maps is printed by a program that waits; without a request, and with one. */
START_TEST(only_who_made_a_request_has_the_policys_module)
{
    if (!set_up(__func__))
        return;
    static const char *const runs[][2] = {{"handle", ""}, {"request", URL}};
    for (int i = 0; i < 2; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "LD_PRELOAD=" OWN_LIBRARY " BARE_SHOWS=/proc/self/maps \"$BARE\" %s %s",
                 runs[i][0], runs[i][1]);
        sh(line);
        ck_assert_ptr_nonnull(strstr(outcome.out, OWN_LIBRARY));
        ck_assert_int_eq(strstr(outcome.out, "commissioned-auth-policy.so") != NULL, i);
        ck_assert_int_eq(strstr(outcome.out, "libconfig") != NULL, i == 1 && LIBCONFIG_IS_SHARED);
    }
    sh("rm " FOLDER "/commissioned-auth.conf; LD_PRELOAD=" OWN_LIBRARY
       " BARE_SHOWS=/proc/self/maps \"$BARE\" request " URL);
    ck_assert_ptr_null(strstr(outcome.out, "commissioned-auth-policy.so"));
}
END_TEST

/* ---- "What it logs" -------------------------------------------------------------------------- */

static unsigned lines_of(enum journal_kind kind)
{
    const char(*lines)[TRAP_SIZE];
    size_t count = journal_trap_lines(&lines);
    unsigned found = 0;
    for (size_t i = 0; i < count; i++)
        found += strstr(lines[i], journal_id(kind)) != NULL;
    return found;
}

#define REQUEST "LD_PRELOAD=" OWN_LIBRARY " \"$BARE\" request " URL

START_TEST(what_is_logged_by_default_is_what_it_says)
{
    if (!set_up(__func__))
        return;
    sh(REQUEST);
    ck_assert_int_eq(outcome.status, 3);
    ck_assert_uint_eq(lines_of(JOURNAL_KEY_GIVEN), 0);
    policy("report = \"all\";");
    sh(REQUEST);
    ck_assert_uint_eq(lines_of(JOURNAL_KEY_GIVEN), 1);
    policy("missing = \"pass\";");
    sh("mv " FOLDER "/keys.d/k " FOLDER "/keys.d/aside; " REQUEST);
    ck_assert_uint_eq(lines_of(JOURNAL_NO_KEY), 1);
    policy("missing = \"pass\"; report = \"none\";");
    sh(REQUEST);
    ck_assert_uint_eq(lines_of(JOURNAL_NO_KEY), 1);
    policy("report = \"none\";");
    sh(REQUEST);
    ck_assert_uint_eq(lines_of(JOURNAL_NOT_SENT), 1);
}
END_TEST

START_TEST(the_table_of_lines_has_every_kind_that_it_should)
{
    /* These two are of a moment, and of an installation that is none. */
    static const enum journal_kind others[] = {JOURNAL_LINES_LEFT_OUT, JOURNAL_ENGINE_DIED,
                                               JOURNAL_OTHER_C_LIBRARY};
    if (!set_up(__func__))
        return;
    for (int kind = 0; kind < JOURNAL_KIND_COUNT; kind++) {
        bool other = false;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            other |= others[i] == (enum journal_kind)kind;
        ck_assert_msg(other || strstr(page, journal_id((enum journal_kind)kind)) != NULL, "%s: %s",
                      PAGE, journal_id((enum journal_kind)kind));
    }
}
END_TEST

/* ---- "What to alert on" ---------------------------------------------------------------------- */

START_TEST(the_exit_statuses_to_alert_on_are_those)
{
    if (!set_up(__func__))
        return;
    ck_assert_ptr_nonnull(strstr(page, "`commissioned-auth config check` exits with 77"));
    ck_assert_ptr_nonnull(strstr(page, "`commissioned-auth doctor --leaks` exits with 2"));
    sh("commissioned-auth config check");
    ck_assert_msg(outcome.status == 0, "%s", outcome.out);
    sh("chmod 644 " FOLDER "/keys.d/k; commissioned-auth config check");
    ck_assert_int_eq(outcome.status, 77);
    sh("chmod 600 " FOLDER "/keys.d/k; commissioned-auth doctor --leaks");
    ck_assert_msg(outcome.status < 2, "%s", outcome.out);
    sh("cat " FOLDER "/keys.d/k >/etc/.bash_history; commissioned-auth doctor --leaks");
    ck_assert_msg(outcome.status == 2, "%s", outcome.out);
}
END_TEST

/* ---- SECURITY.md ----------------------------------------------------------------------------- */

/* Whether tests/unit or tests/integration has the program of that name. */
static bool is_test(const char *name, size_t length)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "tests/unit/%.*s.c", (int)length, name);
    if (exists(path))
        return true;
    snprintf(path, sizeof path, "tests/integration/%.*s.c", (int)length, name);
    return exists(path);
}

START_TEST(the_threats_name_tests_and_pages_that_there_are)
{
    static const char *const needed[] = {"## Report a weakness",   "| version | gets fixes",
                                         "`--root` tree",          "a local user who wants it",
                                         "| an upgrade ",          "(doc/fuzzing.md)",
                                         "(doc/security-teams.md)"};
    unsigned tests = 0;
    char text[1 << 16];
    snprintf(text, sizeof text, "%s", text_of("SECURITY.md"));
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        ck_assert_msg(strstr(text, needed[i]) != NULL, "SECURITY.md: %s", needed[i]);
    /* Nobody is sent to a maintainer who cannot be written to. */
    bool nobodys = strstr(text, "(`packages.invalid`) is nobody's") != NULL;
    ck_assert_int_eq(strstr(text_of("debian/control"), "packages.invalid") != NULL, nobodys);
    for (const char *at = text; (at = strstr(at, "`test_")) != NULL; tests++) {
        size_t length = strcspn(++at, "`");
        ck_assert_msg(is_test(at, length), "SECURITY.md: %.*s", (int)length, at);
    }
    ck_assert_uint_ge(tests, 9);
    for (const char *at = text; (at = strstr(at, "](")) != NULL;) {
        char path[PATH_MAX];
        at += 2;
        snprintf(path, sizeof path, "%.*s", (int)strcspn(at, "#)"), at);
        ck_assert_msg(exists(path), "SECURITY.md: %s", path);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("security teams");
    TCase *tests = tcase_create("page");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_it_says_to_run_shows_what_it_says);
    tcase_add_test(tests, the_exit_status_of_status_is_as_it_says);
    tcase_add_test(tests, what_enable_leaves_is_what_it_says_one_will_see);
    tcase_add_test(tests, only_who_made_a_request_has_the_policys_module);
    tcase_add_test(tests, what_is_logged_by_default_is_what_it_says);
    tcase_add_test(tests, the_table_of_lines_has_every_kind_that_it_should);
    tcase_add_test(tests, the_exit_statuses_to_alert_on_are_those);
    tcase_add_test(tests, the_threats_name_tests_and_pages_that_there_are);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
