/*
 * Other preloaded libraries in the same process, in front of ours and behind it: curl is
 * authenticated, ends with 0 and says nothing.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/origin.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#if defined __SANITIZE_ADDRESS__
enum { SANITISED = 1 };
#elif defined __has_feature
enum { SANITISED = __has_feature(address_sanitizer) };
#else
enum { SANITISED = 0 };
#endif

struct other {
    const char *name;
    const char *places;       /* glob(7) */
    const char *variables[6]; /* name, value, ...; a value "@NAME" is a file of the test's folder */
    const char *target;       /* of --connect-to, before the port; empty: the name is looked up */
    const char *program;      /* of the build, in curl's place; NULL: curl */
};

static const struct other others[] = {
    {"libeatmydata", "/usr/lib*/{,*/}libeatmydata.so", {0}, "127.0.0.1", NULL},
    {"libfaketime",
     "/usr/lib*/{,*/}faketime/libfaketime.so.1",
     {"FAKETIME", "+30m"},
     "127.0.0.1",
     NULL},
    {"libfaketimeMT",
     "/usr/lib*/{,*/}faketime/libfaketimeMT.so.1",
     {"FAKETIME", "+30m"},
     "127.0.0.1",
     NULL},
    {"proxychains4",
     "/usr/lib*/{,*/}libproxychains*.so*",
     {"PROXYCHAINS_CONF_FILE", "@proxychains.conf", "PROXYCHAINS_QUIET_MODE", "1"},
     "127.0.0.1",
     NULL},
    {"torsocks",
     "/usr/lib*/{,*/}torsocks/libtorsocks.so",
     {"TORSOCKS_CONF_FILE", "@torsocks.conf", "TORSOCKS_LOG_LEVEL", "1"},
     "127.0.0.1",
     NULL},
    {"jemalloc", "/usr/lib*/{,*/}libjemalloc.so.2", {0}, "127.0.0.1", NULL},
    {"nss_wrapper", "/usr/lib*/{,*/}libnss_wrapper.so", {"NSS_WRAPPER_HOSTS", "@hosts"}, "", NULL},
    {"address-sanitizer",
     "/usr/lib/gcc/*/[0-9]*/libasan.so",
     {"ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0"},
     "127.0.0.1",
     "tests/programs/driver-asan"},
};
enum { OTHERS = sizeof others / sizeof others[0] };

static char *folder;
static char key[TEST_KEY_LENGTH + 1];
static struct origin origin;
static struct outcome outcome;

struct preload {
    const struct other *other;
    char list[2 * PATH_MAX];
};

static void set_up(void)
{
    folder = tmpdir_make();
    test_key_make(key);
    origin_start(&origin, "app.commissioned.tech", folder);
    setenv("HOME", folder, 1);
    free(tmpdir_printf(folder, "proxychains.conf", 0600,
                       "strict_chain\nlocalnet 127.0.0.0/255.0.0.0\n[ProxyList]\nsocks4 127.0.0.1 "
                       "9\n"));
    free(tmpdir_printf(folder, "torsocks.conf", 0600, "AllowOutboundLocalhost 1\n"));
    free(tmpdir_printf(folder, "hosts", 0600, "127.0.0.1 app.commissioned.tech\n"));
    char *file = tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
}

static void tear_down(void)
{
    origin_stop();
    tmpdir_remove(folder);
}

static bool find(const struct other *other, char path[PATH_MAX])
{
    glob_t found;
    bool any = glob(other->places, GLOB_BRACE, NULL, &found) == 0;
    if (any)
        snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
    globfree(&found);
    return any;
}

static void with_preload(void *data)
{
    const struct preload *preload = data;
    const char *const *variable = preload->other->variables;
    for (; variable[0] != NULL; variable += 2) {
        char path[PATH_MAX];
        in_folder(path, folder, variable[1] + 1);
        setenv(variable[0], variable[1][0] == '@' ? path : variable[1], 1);
    }
    setenv("LD_PRELOAD", preload->list, 1);
}

static void set_port(const char *name, unsigned port)
{
    char text[16];
    snprintf(text, sizeof text, "%u", port);
    setenv(name, text, 1);
}

/* tests/programs/driver.c, which is built with the sanitizer: without us, a plain curl under a
 * preloaded libasan.so hangs in setlocale (gcc 12). */
static void run_driver(struct preload *preload)
{
    char path[PATH_MAX];
    set_port("ORIGIN_TLS", origin.tls_port);
    set_port("ORIGIN_OTHER", origin.other_tls_port);
    set_port("ORIGIN_PLAIN", origin.plain_port);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    built(path, preload->other->program);
    outcome_of(&outcome, NULL, with_preload, preload, (const char *const[]){path, "easy", NULL});
}

static void run_curl(struct preload *preload)
{
    char connect_to[128];
    snprintf(connect_to, sizeof connect_to, "app.commissioned.tech:443:%s:%u",
             preload->other->target, origin.tls_port);
    outcome_of(&outcome, NULL, with_preload, preload,
               (const char *const[]){"curl", "-sS", "--noproxy", "*", "--connect-to", connect_to,
                                     "--cacert", origin.ca_file, "-o", "/dev/null",
                                     "https://app.commissioned.tech/yes", NULL});
}

/* Why the row cannot run here, or NULL. */
static const char *obstacle(const struct other *other, char path[PATH_MAX])
{
    char program[PATH_MAX];
    if (SANITISED)
        return "this build's library is sanitised itself, and curl is not";
    if (!find(other, path))
        return "not installed";
    if (other->program == NULL)
        return NULL;
    built(program, other->program);
    return access(program, X_OK) == 0 ? NULL : "this compiler could not build the program for it";
}

static void check_seen(const char *list)
{
    char expected[TEST_KEY_LENGTH + 16];
    size_t count;
    const struct seen *seen = origin_seen(&count);
    snprintf(expected, sizeof expected, "Bearer %s", key);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(seen[i].path, "/yes", 4) != 0) {
            ck_assert_uint_eq(seen[i].authorizations, 0);
            continue;
        }
        ck_assert_uint_eq(seen[i].authorizations, 1);
        ck_assert_msg(strcmp(seen[i].authorization, expected) == 0, "%s: not the key", list);
    }
    ck_assert_int_eq(strncmp(seen[0].path, "/yes", 4), 0);
}

static void check_one(const struct other *other, bool ours_first)
{
    char path[PATH_MAX], library[PATH_MAX];
    struct preload preload = {.other = other};
    const char *why = obstacle(other, path);
    if (why != NULL) {
        printf("SKIP preloads-%s-%s: %s\n", other->name, ours_first ? "behind" : "in-front", why);
        return;
    }
    built(library, "libcommissioned-auth.so");
    snprintf(preload.list, sizeof preload.list, "%s:%s", ours_first ? library : path,
             ours_first ? path : library);
    if (other->program != NULL)
        run_driver(&preload);
    else
        run_curl(&preload);
    ck_assert_msg(outcome.status == 0, "%s: exit %d: %s", preload.list, outcome.status,
                  outcome.err);
    ck_assert_msg(outcome.err[0] == '\0', "%s: %s", preload.list, outcome.err);
    check_seen(preload.list);
}

START_TEST(curl_is_authenticated_with_another_library_in_front_of_ours)
{
    check_one(&others[_i], false);
}
END_TEST

START_TEST(curl_is_authenticated_with_another_library_behind_ours)
{
    check_one(&others[_i], true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preloads");
    TCase *both = tcase_create("orders");
    tcase_add_checked_fixture(both, set_up, tear_down);
    tcase_set_timeout(both, 60);
    tcase_add_loop_test(both, curl_is_authenticated_with_another_library_in_front_of_ours, 0,
                        OTHERS);
    tcase_add_loop_test(both, curl_is_authenticated_with_another_library_behind_ours, 0, OTHERS);
    suite_add_tcase(suite, both);
    return suite_run(suite);
}
