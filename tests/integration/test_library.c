/*
 * The preloaded library in real programs, over real TLS, against a server that keeps what came.
 *
 * Each row is one scenario of tests/programs/driver.c under one flavour of libcurl. The convention:
 * a request whose path begins with /yes or /v1/yes carried exactly the key, one with /no or /v1/no
 * nothing at all, one with /own what the program itself set.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "support/command.h"
#include "support/old_libcurl.h"
#include "support/origin.h"
#include "support/other_libc.h"
#include "support/suite.h"
#include "support/tmpdir.h"

enum configuration { NONE, WHOLE_ORIGIN, BELOW_V1, KEY_FILE, BROKEN };

struct row {
    const char *scenario;
    enum configuration configuration;
    unsigned yes; /* requests that must come with the key */
    unsigned no;  /* ... and without */
    unsigned own;
    bool follows; /* redirects, or the like: a libcurl before 7.80 then gets no key at all */
};

static const struct row rows[] = {
    {"easy", WHOLE_ORIGIN, 3, 1, 0, false},
    {"easy", KEY_FILE, 3, 1, 0, false},
    {"multi", WHOLE_ORIGIN, 2, 2, 0, false},
    {"spellings", WHOLE_ORIGIN, 3, 0, 0, false},
    {"threads", WHOLE_ORIGIN, 24, 16, 0, false},
    {"fork", WHOLE_ORIGIN, 21, 20, 0, false},
    {"redirects", WHOLE_ORIGIN, 3, 3, 0, true},
    {"redirects-by-path", BELOW_V1, 1, 4, 0, true},
    {"paths", BELOW_V1, 3, 7, 0, false},
    {"other-places", WHOLE_ORIGIN, 1, 5, 0, false},
    {"failed-then-elsewhere", WHOLE_ORIGIN, 0, 3, 0, false},
    {"url-changed", WHOLE_ORIGIN, 1, 1, 0, false},
    {"curlu", WHOLE_ORIGIN, 1, 6, 0, false},
    {"turned-in-callback", WHOLE_ORIGIN, 0, 9, 0, false},
    {"turned-in-multi", WHOLE_ORIGIN, 0, 9, 0, false},
    {"turned-and-back", WHOLE_ORIGIN, 0, 1, 0, false},
    {"turned-after-an-old-drive", WHOLE_ORIGIN, 0, 2, 0, false},
    {"turned-then-next", WHOLE_ORIGIN, 1, 1, 0, false},
    {"port-set-back", WHOLE_ORIGIN, 0, 4, 0, false},
    {"before-the-start", WHOLE_ORIGIN, 3, 0, 0, false},
    {"curlu-before-the-start", WHOLE_ORIGIN, 1, 1, 0, true},
    {"turned-in-every-callback", WHOLE_ORIGIN, 1, 0, 0, false},
    {"multi-cleanup-in-callback", WHOLE_ORIGIN, 2, 1, 0, false},
    {"files", WHOLE_ORIGIN, 2, 1, 0, false},
    {"default-protocol", WHOLE_ORIGIN, 1, 0, 0, true},
    {"files-that-are-none", WHOLE_ORIGIN, 2, 0, 0, false},
    {"options-in-debug", WHOLE_ORIGIN, 2, 1, 0, false},
    {"log-out-late", WHOLE_ORIGIN, 1, 0, 1, false},
    {"effective-url", WHOLE_ORIGIN, 2, 4, 0, false},
    {"duplicates", WHOLE_ORIGIN, 2, 2, 0, false},
    {"multi-cleanup", WHOLE_ORIGIN, 3, 2, 0, false},
    {"verification", WHOLE_ORIGIN, 3, 6, 0, false},
    {"late-verification", WHOLE_ORIGIN, 0, 1, 0, false},
    {"own-credentials", WHOLE_ORIGIN, 4, 3, 5, false},
    {"password-alone", WHOLE_ORIGIN, 1, 0, 0, true},
    {"curlu-with-user", WHOLE_ORIGIN, 0, 0, 1, false},
    {"request-line", WHOLE_ORIGIN, 4, 3, 0, false},
    {"request-target-by-path", BELOW_V1, 1, 2, 0, false},
    {"headers-intact", WHOLE_ORIGIN, 2, 1, 0, false},
    {"prereq", WHOLE_ORIGIN, 2, 0, 0, false},
    {"options-in-callbacks", WHOLE_ORIGIN, 1, 2, 0, true},
    {"errno", WHOLE_ORIGIN, 1, 0, 0, false},
    {"verbose", WHOLE_ORIGIN, 3, 2, 0, false},
    {"verbose-redirects", BELOW_V1, 0, 2, 1, false},
    {"unusable", BROKEN, 0, 2, 1, false},
    {"unseen-copy", BROKEN, 0, 2, 0, false},
    {"quiet", NONE, 0, 1, 0, false},
    {"loaded", WHOLE_ORIGIN, 1, 0, 0, false},
};

static char *folder;
static char key[TEST_KEY_LENGTH + 1];
static struct origin origin;
static struct outcome outcome;
static char preload[2 * PATH_MAX];

static void set_port(const char *name, unsigned port)
{
    char text[16];
    snprintf(text, sizeof text, "%u", port);
    setenv(name, text, 1);
}

static void start(const char *host)
{
    folder = tmpdir_make();
    test_key_make(key);
    origin_start(&origin, host, folder);
    set_port("ORIGIN_TLS", origin.tls_port);
    set_port("ORIGIN_OTHER", origin.other_tls_port);
    set_port("ORIGIN_PLAIN", origin.plain_port);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    unsetenv("COMMISSIONED_AUTH_DEBUG");
    char library[PATH_MAX];
    /* A sanitizer's own library must come before all others. */
    const char *first = getenv("TEST_PRELOAD_FIRST");
    built(library, "libcommissioned-auth.so");
    snprintf(preload, sizeof preload, "%s%s%s", first != NULL ? first : "",
             first != NULL ? " " : "", library);
}

static void set_up(void)
{
    start("app.commissioned.tech");
}

static void set_up_impostor(void)
{
    start("other.example");
}

static void tear_down(void)
{
    origin_stop();
    tmpdir_remove(folder);
}

static void configure(enum configuration configuration)
{
    char *file = NULL;
    char *key_file = NULL;
    switch (configuration) {
    case NONE:
        return;
    case WHOLE_ORIGIN:
        file = tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key);
        break;
    case BELOW_V1:
        file =
            tmpdir_printf(folder, "auth.conf", 0600,
                          "api_key = \"%s\";\nurl = \"https://app.commissioned.tech/v1\";\n", key);
        break;
    case KEY_FILE:
        key_file = tmpdir_printf(folder, "key", 0600, "%s\n", key);
        file = tmpdir_printf(folder, "auth.conf", 0644, "key_file = \"%s\";\n", key_file);
        break;
    case BROKEN:
        file = tmpdir_printf(folder, "auth.conf", 0644, "api_key = \"%s\";\n", key);
        break;
    }
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
    free(key_file);
}

static bool is_built(const char *program)
{
    char path[PATH_MAX];
    built(path, program);
    return access(path, X_OK) == 0;
}

/* With a sanitizer before us the module lies in the program's own namespace, and its allocator does
 * not live through the fork of a threaded process. */
static bool is_watched(const char *test)
{
    if (getenv("TEST_PRELOAD_FIRST") == NULL)
        return false;
    printf("SKIP %s: not with a sanitizer\n", test);
    return true;
}

enum { MAX_WORDS = 16 };

/* The words of a command to run the program under, such as valgrind; returns how many. */
static int split(char *copy, size_t size, const char *text, const char *words[MAX_WORDS])
{
    int count = 0;
    char *rest = NULL;
    snprintf(copy, size, "%s", text != NULL ? text : "");
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && count < MAX_WORDS - 3;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return count;
}

static void run_program(const char *program, const char *scenario)
{
    char path[PATH_MAX];
    built(path, program);
    const char *argv[MAX_WORDS] = {NULL};
    char tool[1024];
    int words = split(tool, sizeof tool, getenv("TEST_DRIVER_UNDER"), argv);
    argv[words] = path;
    argv[words + 1] = scenario;
    outcome_preloaded(&outcome, preload, argv);
    ck_assert_msg(outcome.status == 0, "%s %s: exit %d: %s%s", program, scenario, outcome.status,
                  outcome.out, outcome.err);
    ck_assert_msg(strstr(outcome.out, key) == NULL && strstr(outcome.err, key) == NULL,
                  "%s %s printed the key", program, scenario);
}

/* /to/URL or /v1/to/URL is the redirect itself, which names where it leads. */
static bool is_of(const struct seen *request, const char *word)
{
    return strncmp(request->path, "/to/", 4) != 0 && strncmp(request->path, "/v1/to/", 7) != 0 &&
           strstr(request->path, word) != NULL;
}

/* Checks each request that came, and how many of each kind. */
static void check_seen(const char *what, unsigned yes, unsigned no, unsigned own)
{
    size_t count;
    const struct seen *seen = origin_seen(&count);
    char expected[TEST_KEY_LENGTH + 16];
    snprintf(expected, sizeof expected, "Bearer %s", key);
    for (size_t i = 0; i < count; i++) {
        const struct seen *request = &seen[i];
        bool has_key = strcmp(request->authorization, expected) == 0;
        ck_assert_msg(request->authorizations <= 1, "%s: %s came with two", what, request->path);
        if (has_key) {
            ck_assert_msg(strncasecmp(request->host, "app.commissioned.tech", 21) == 0 &&
                              request->tls,
                          "%s: the key went to %s%s", what, request->host, request->path);
        }
        if (is_of(request, "/yes")) {
            ck_assert_msg(has_key, "%s: no key at %s", what, request->path);
            yes--;
        } else if (is_of(request, "/no")) {
            ck_assert_msg(request->authorizations == 0, "%s: %s came with an Authorization header",
                          what, request->path);
            no--;
        } else if (is_of(request, "/own")) {
            ck_assert_msg(request->authorizations == 1 && !has_key, "%s: not its own at %s", what,
                          request->path);
            own--;
        }
    }
    ck_assert_msg(yes == 0 && no == 0 && own == 0, "%s: missing %d with, %d without, %d own", what,
                  (int)yes, (int)no, (int)own);
}

/* No request at all came with a key. */
static void check_no_key(const char *what)
{
    size_t count;
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(seen[i].authorizations == 0, "%s: a key at %s", what, seen[i].path);
    ck_assert_uint_gt(count, 0);
}

/* What libcurl before 7.80 has no notion of: the callback, escapes in a host, hops. */
static bool is_newer(const char *scenario)
{
    static const char *const newer[] = {"prereq", "spellings", "log-out-late", "effective-url"};
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++)
        if (strcmp(scenario, newer[i]) == 0)
            return true;
    return false;
}

/* A handle that was in a multi handle when that was cleaned up: signal 8 (measured with 8.5.0). */
static bool is_fatal(const char *scenario)
{
    return strncmp(scenario, "multi-cleanup", strlen("multi-cleanup")) == 0 &&
           !libcurl_before(0x080500) && libcurl_before(0x080501);
}

/* libcurl sends a password without a user by itself then, or is taken to (driver.c). */
static bool sends_lone_password(void)
{
    return libcurl_before(0x075100) || !libcurl_before(0x081301) ||
           (!libcurl_before(0x075802) && libcurl_before(0x080e01));
}

/* How many more are its own with this libcurl; as of 8.21 it sends an empty user without a password
 * no more. The sum wraps around: one less. */
static unsigned more_are_its_own(const char *scenario)
{
    if (strcmp(scenario, "password-alone") == 0)
        return sends_lone_password() ? 1 : 0;
    return strcmp(scenario, "own-credentials") == 0 && !libcurl_before(0x081500) ? UINT_MAX : 0;
}

static void run_row(const char *program, const struct row *row)
{
    if (!is_built(program)) {
        printf("SKIP %s-%s: that flavour of libcurl is not installed\n", program, row->scenario);
        return;
    }
    if (!scenario_is_chosen(row->scenario) ||
        (strcmp(row->scenario, "fork") == 0 && is_watched("fork")))
        return;
    if (libcurl_before(0x075000) && is_newer(row->scenario)) {
        printf("SKIP %s: this libcurl is too old for it\n", row->scenario);
        return;
    }
    if (is_fatal(row->scenario)) {
        printf("SKIP %s: it ends a program with libcurl 8.5.0, without the library too\n",
               row->scenario);
        return;
    }
    unsigned more = more_are_its_own(row->scenario);
    configure(row->configuration);
    run_program(program, row->scenario);
    if (row->follows && old_libcurl() && more == 0)
        check_no_key(row->scenario);
    else
        check_seen(row->scenario, row->yes - more, row->no, row->own + more);
}

START_TEST(every_scenario_with_openssl)
{
    run_row("tests/programs/driver-openssl", &rows[_i]);
}
END_TEST

START_TEST(every_scenario_with_gnutls)
{
    run_row("tests/programs/driver-gnutls", &rows[_i]);
}
END_TEST

START_TEST(a_wrong_certificate_gets_nothing)
{
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "wrong-certificate");
    check_seen("wrong-certificate", 0, 1, 0);
}
END_TEST

START_TEST(verbose_output_masks_the_key_and_nothing_else)
{
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "verbose");
    ck_assert_ptr_nonnull(strstr(outcome.out, "> GET /yes/default HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "\nAuthorization: Bearer ****"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "< HTTP/1.1 200 OK"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "[2]GET /yes/callback HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "[2]GET /no/callback HTTP/1.1\r\n"));
    ck_assert_ptr_null(strstr(outcome.out, key + TEST_KEY_LENGTH / 2));
}
END_TEST

START_TEST(verbose_output_behind_a_redirect_is_as_it_would_be_without_the_library)
{
    if (skips_old_libcurl("verbose_output_behind_a_redirect_is_as_it_would_be_without_the_library"))
        return;
    configure(BELOW_V1);
    run_program("tests/programs/driver-openssl", "verbose-redirects");
    if (getenv("TEST_OLD_LIBCURL") == NULL) /* which gets no key where it follows redirects */
        ck_assert_ptr_nonnull(strstr(outcome.out, "\nAuthorization: Bearer ****"));
    ck_assert_ptr_null(strstr(outcome.out, "TLS handshake"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "[2]GET /no/last-on-it"));
    ck_assert_ptr_null(strstr(outcome.out, "TLS alert"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "\nAuthorization: Basic b3duOnBhc3N3b3Jk\r\n"));
}
END_TEST

START_TEST(a_request_that_was_never_made_teaches_nothing)
{
    configure(WHOLE_ORIGIN);
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    run_program("tests/programs/driver-openssl", "never-driven");
    check_seen("never-driven", 0, 0, 0);
    ck_assert_ptr_null(strstr(outcome.err, "revoked"));
}
END_TEST

START_TEST(an_unusable_policy_says_why_in_the_error_buffer)
{
    configure(BROKEN);
    run_program("tests/programs/driver-openssl", "unusable");
    char *again = strchr(outcome.out, '\n');
    ck_assert_ptr_nonnull(again);
    ck_assert_ptr_nonnull(strstr(outcome.out, "/auth.conf:1: mode 0644 lets others read the key"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "chmod 600 "));
    ck_assert_int_eq(strncmp(outcome.out, again + 1, (size_t)(again - outcome.out)), 0);
}
END_TEST

/* The place in a file's names of libraries where the version of one stands. */
static char *version_of(char *image, size_t size, const char *library)
{
    char *name = memmem(image, size, library, strlen(library));
    return name != NULL ? name + strlen(library) : NULL;
}

/* Copies of library and module, of which the module needs a library that nobody has: libconfig, or
 * where it has that in it the C library. */
static void take_what_it_needs_away(void)
{
    char from[PATH_MAX], module[PATH_MAX], library[PATH_MAX];
    struct stat status;
    in_folder(library, folder, "libcommissioned-auth.so");
    in_folder(module, folder, "commissioned-auth-policy.so");
    built(from, "libcommissioned-auth.so");
    copy_file(from, library, 0755);
    built(from, "commissioned-auth-policy.so");
    copy_file(from, module, 0755);
    int fd = open(module, O_RDWR | O_CLOEXEC);
    ck_assert(fd >= 0 && fstat(fd, &status) == 0);
    char *image = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(image, MAP_FAILED);
    char *version = version_of(image, (size_t)status.st_size, "libconfig.so.");
    if (version == NULL)
        version = version_of(image, (size_t)status.st_size, "libc.so.");
    ck_assert_ptr_nonnull(version);
    *version = 'x';
    munmap(image, (size_t)status.st_size);
    close(fd);
    const char *first = getenv("TEST_PRELOAD_FIRST");
    snprintf(preload, sizeof preload, "%s%s%s", first != NULL ? first : "",
             first != NULL ? " " : "", library);
}

START_TEST(a_module_that_cannot_be_loaded_says_why_in_the_loaders_words)
{
    take_what_it_needs_away();
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "unusable");
    ck_assert_msg(strstr(outcome.out, "commissioned-auth-policy.so cannot be loaded: ") != NULL &&
                      strstr(outcome.out, ".so.x") != NULL,
                  "%s", outcome.out);
    check_seen("no library", 0, 2, 1);
}
END_TEST

/* Whether the request still had it when it left depends on when libcurl
 * calls the debug function. */
START_TEST(nothing_is_told_of_a_key_that_did_not_leave)
{
    size_t count;
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "log-in-late");
    const struct seen *seen = origin_seen(&count);
    ck_assert_uint_eq(count, 1);
    if (strncmp(seen->authorization, "Bearer ", 7) != 0)
        ck_assert_ptr_null(strstr(outcome.err, "401: the key"));
    if (!old_libcurl())
        ck_assert_ptr_nonnull(strstr(outcome.err, "goes without the key"));
}
END_TEST

START_TEST(no_debug_line_shows_a_port_or_a_line_that_is_none)
{
    char none[PATH_MAX];
    snprintf(none, sizeof none, "%s/none.conf", folder);
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    setenv("COMMISSIONED_AUTH_CONFIG", none, 1);
    run_program("tests/programs/driver-openssl", "in-clear");
    ck_assert_ptr_nonnull(strstr(outcome.err, " http://app.commissioned.tech/no/clear: "));
    ck_assert_ptr_nonnull(strstr(outcome.err, "/none.conf)"));
    ck_assert_msg(strstr(outcome.err, ":0") == NULL, "%s", outcome.err);
}
END_TEST

START_TEST(without_a_configuration_nothing_is_loaded)
{
    if (access("/etc/commissioned-auth/commissioned-auth.conf", F_OK) == 0) {
        printf(
            "SKIP without_a_configuration_nothing_is_loaded: this machine has a system policy\n");
        return;
    }
    run_program("tests/programs/driver-openssl", "quiet");
    ck_assert_str_eq(outcome.out, "");
}
END_TEST

START_TEST(the_policy_module_is_loaded_with_the_first_request)
{
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "loaded");
    ck_assert_int_eq(strncmp(outcome.out, "--\n", 3), 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "/commissioned-auth-policy.so"));
}
END_TEST

/* There the program's names come before the module's own. */
static void expect_refusal(void)
{
    size_t count;
    char path[PATH_MAX];
    built(path, "tests/programs/driver-exports");
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    outcome_preloaded(&outcome, preload, (const char *const[]){path, "easy", NULL});
    ck_assert_ptr_null(strstr(outcome.out, "was called in the program"));
    ck_assert_msg(strstr(outcome.err, "commissioned-auth-policy.so cannot be loaded: this program "
                                      "has libconfig's names itself") != NULL,
                  "%s", outcome.err);
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(seen[i].authorizations, 0);
}

START_TEST(a_program_that_exports_libconfig_names_does_not_reach_the_module)
{
    if (is_watched("a_program_that_exports_libconfig_names"))
        return;
    if (on_musl()) {
        configure(WHOLE_ORIGIN);
        expect_refusal();
        return;
    }
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-exports", "easy");
    ck_assert_str_eq(outcome.out, "");
    check_seen("exports", 3, 1, 0);
}
END_TEST

/* False where the library is built for another architecture than these programs of the machine. */
static bool fits_the_machine(void)
{
    char library[PATH_MAX];
    built(library, "libcommissioned-auth.so");
    return !is_foreign(library);
}

START_TEST(a_preloaded_allocator_does_no_harm)
{
    if (is_watched("a_preloaded_allocator") ||
        skips_musl("a_preloaded_allocator_does_no_harm", "the jemalloc here is for glibc"))
        return;
    static const char *const places[] = {
        "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "/usr/lib/aarch64-linux-gnu/libjemalloc.so.2",
        "/usr/lib64/libjemalloc.so.2", "/usr/lib/libjemalloc.so.2"};
    size_t i = 0;
    while (i < 4 && access(places[i], R_OK) != 0)
        i++;
    if (i == 4 || !fits_the_machine()) {
        printf("SKIP a_preloaded_allocator_does_no_harm: no jemalloc for this architecture\n");
        return;
    }
    size_t length = strlen(preload);
    snprintf(preload + length, sizeof preload - length, ":%s", places[i]);
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "threads");
    check_seen("jemalloc", 24, 16, 0);
}
END_TEST

/* In the same namespace it is the module's too: neither frees what is the other's. */
START_TEST(an_allocator_of_the_programs_own_does_no_harm)
{
    if (is_watched("an_allocator_of_the_programs_own"))
        return;
    char allocator[PATH_MAX];
    built(allocator, "tests/programs/own-malloc.so");
    size_t length = strlen(preload);
    snprintf(preload + length, sizeof preload - length, ":%s", allocator);
    configure(WHOLE_ORIGIN);
    run_program("tests/programs/driver-openssl", "threads");
    check_seen("own-malloc", 24, 16, 0);
}
END_TEST

static void run_plugin(const char *program, const char *plugin)
{
    char path[PATH_MAX];
    if (!is_built(program) || !is_built(plugin)) {
        printf("SKIP two_flavours_in_one_process: one of them is not installed\n");
        return;
    }
    built(path, plugin);
    setenv("DRIVER_PLUGIN", path, 1);
    configure(WHOLE_ORIGIN);
    run_program(program, "plugin");
    check_seen(plugin, 4, 2, 0);
    /* Both say which TLS library they ran with: they did not cross. */
    ck_assert_ptr_nonnull(strstr(outcome.out, "OpenSSL"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "GnuTLS"));
}

START_TEST(two_flavours_in_one_process_do_not_cross)
{
    run_plugin("tests/programs/driver-openssl", "tests/programs/plugin-gnutls.so");
}
END_TEST

START_TEST(two_flavours_the_other_way_round_do_not_cross)
{
    run_plugin("tests/programs/driver-gnutls", "tests/programs/plugin-openssl.so");
}
END_TEST

START_TEST(a_replaced_key_file_counts_from_the_next_transfer_on)
{
    char command[3 * PATH_MAX];
    configure(KEY_FILE);
    test_key_make(key);
    char *fresh = tmpdir_printf(folder, "key.new", 0600, "%s\n", key);
    snprintf(command, sizeof command, "mv %s %s/key", fresh, folder);
    free(fresh);
    setenv("DRIVER_COMMAND", command, 1);
    run_program("tests/programs/driver-openssl", "rotate");
    check_seen("rotate", 1, 0, 0);
}
END_TEST

/* What `run` gives the program, and what `enable` can do where the loader reads no list. */
START_TEST(the_command_starts_a_program_with_the_library)
{
    char command[PATH_MAX], get[PATH_MAX], route[64];
    built(command, "commissioned-auth");
    built(get, "tests/programs/get");
    if (is_watched("the_command_starts_a_program"))
        return;
    if (!is_built("commissioned-auth") || getenv("TEST_FOREIGN_UNDER") != NULL) {
        printf("SKIP the_command_starts_a_program: none here starts programs of that "
               "architecture\n");
        return;
    }
    configure(WHOLE_ORIGIN);
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    OUTCOME(&outcome, command, "run", "--", get, "https://app.commissioned.tech/yes/run", route);
    ck_assert_msg(outcome.status == 0 && strcmp(outcome.out, "200") == 0, "%s%s", outcome.out,
                  outcome.err);
    check_seen("run", 1, 0, 0);
    if (!on_musl())
        return;
    OUTCOME(&outcome, command, "enable", "--yes");
    ck_assert_int_ne(outcome.status, 0);
    ck_assert_ptr_nonnull(strstr(outcome.err, "reads no /etc/ld.so.preload: start each program"));
}
END_TEST

START_TEST(a_libcurl_loaded_by_python_is_served)
{
    char script[PATH_MAX];
    if (skips_musl("a_libcurl_loaded_by_python_is_served", "the Python here is for glibc"))
        return;
    OUTCOME(&outcome, "/usr/bin/python3", "-c", "import pycurl");
    if (outcome.status != 0 || !fits_the_machine()) {
        printf("SKIP a_libcurl_loaded_by_python_is_served: no pycurl for this architecture\n");
        return;
    }
    configure(WHOLE_ORIGIN);
    char *file = tmpdir_printf(
        folder, "client.py", 0600,
        "import os, pycurl\n"
        "c = pycurl.Curl()\n"
        "p = os.environ['ORIGIN_TLS']\n"
        "c.setopt(c.CONNECT_TO, ['app.commissioned.tech:443:127.0.0.1:' + p, "
        "'localhost:443:127.0.0.1:' + p])\n"
        "c.setopt(c.CAINFO, os.environ['ORIGIN_CA'])\n"
        "c.setopt(c.WRITEFUNCTION, lambda d: None)\n"
        "for u in ('https://app.commissioned.tech/yes/py', 'https://localhost/no/py'):\n"
        "    c.setopt(c.URL, u)\n"
        "    c.perform()\n");
    snprintf(script, sizeof script, "%s", file);
    free(file);
    outcome_preloaded(&outcome, preload, (const char *const[]){"/usr/bin/python3", script, NULL});
    ck_assert_msg(outcome.status == 0, "%s%s", outcome.out, outcome.err);
    check_seen("pycurl", 1, 1, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("library");
    TCase *served = tcase_create("served");
    tcase_add_checked_fixture(served, set_up, tear_down);
    tcase_set_timeout(served, 120);
    int nrows = (int)(sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(served, every_scenario_with_gnutls, 0, nrows);
    tcase_add_test(served, verbose_output_masks_the_key_and_nothing_else);
    tcase_add_test(served, verbose_output_behind_a_redirect_is_as_it_would_be_without_the_library);
    tcase_add_test(served, a_request_that_was_never_made_teaches_nothing);
    tcase_add_test(served, an_unusable_policy_says_why_in_the_error_buffer);
    tcase_add_test(served, a_module_that_cannot_be_loaded_says_why_in_the_loaders_words);
    tcase_add_test(served, nothing_is_told_of_a_key_that_did_not_leave);
    tcase_add_test(served, no_debug_line_shows_a_port_or_a_line_that_is_none);
    tcase_add_test(served, without_a_configuration_nothing_is_loaded);
    tcase_add_test(served, the_policy_module_is_loaded_with_the_first_request);
    tcase_add_test(served, a_program_that_exports_libconfig_names_does_not_reach_the_module);
    tcase_add_test(served, a_preloaded_allocator_does_no_harm);
    tcase_add_test(served, an_allocator_of_the_programs_own_does_no_harm);
    tcase_add_test(served, two_flavours_in_one_process_do_not_cross);
    tcase_add_test(served, two_flavours_the_other_way_round_do_not_cross);
    tcase_add_test(served, a_replaced_key_file_counts_from_the_next_transfer_on);
    tcase_add_test(served, a_libcurl_loaded_by_python_is_served);
    tcase_add_test(served, the_command_starts_a_program_with_the_library);
    suite_add_tcase(suite, served);
    TCase *openssl = tcase_create("openssl");
    tcase_add_checked_fixture(openssl, set_up, tear_down);
    tcase_set_timeout(openssl, 60);
    tcase_add_loop_test(openssl, every_scenario_with_openssl, 0, nrows);
    suite_add_tcase(suite, openssl);
    TCase *impostor = tcase_create("impostor");
    tcase_add_checked_fixture(impostor, set_up_impostor, tear_down);
    tcase_add_test(impostor, a_wrong_certificate_gets_nothing);
    suite_add_tcase(suite, impostor);
    return suite_run(suite);
}
