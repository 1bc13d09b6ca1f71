/*
 * Behind a redirect, and beside credentials that libcurl finds by itself: the key goes or it does
 * not, and what is believed of it is what left. Each test runs with every flavour of libcurl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "support/old_libcurl.h"
#include "support/origin.h"
#include "support/other_libc.h"
#include "support/preloaded.h"
#include "support/sanitized.h"
#include "support/suite.h"

#define HOST  "app.commissioned.tech"
#define APP   "https://" HOST
#define OTHER APP ":8443"
#define PLAIN "http://" HOST
#define EVIL  "http://evil.example"

/* CURLOPT_ numbers, as the program takes them. */
#define NETRC        "51="
#define NETRC_FILE   "10118="
#define HTTPAUTH     "107="
#define COOKIE       "10022="
#define UNRESTRICTED "105="
#define PASSWORD     "10174="
#define USERPWD      "10005="
#define PREREQDATA   "10313="
#define NOBODY       "44="
#define UPLOAD       "46="
#define CUSTOM       "10036="
#define FOLLOW       "52="

#define DIGEST       "2"
#define BASIC_DIGEST "3"
#define NEGOTIATE    "4"
#define NTLM_TOO     "12"
#define ANY          "0xffffffef"
#define ANYSAFE      "0xffffffee"

static void set_up(void)
{
    preloaded_start();
    preloaded_key_and_next();
}

/* What came since `from`, the redirects' own paths and all, is `expected`. */
static void check_since(size_t from, const char *program, const char *expected)
{
    const char *now = preloaded_seen() + from;
    ck_assert_msg(strcmp(now, expected) == 0, "%s: came\n%sinstead of\n%s%s%s", program, now,
                  expected, preloaded_outcome.out, preloaded_outcome.err);
}

static void expect(const char *expected, const char *const words[])
{
    for (unsigned i = 0; i < PRELOADED_FLAVOURS; i++) {
        char path[PATH_MAX];
        if (!preloaded_options(i, path))
            continue;
        size_t from = strlen(preloaded_seen());
        preloaded_run_program(path, words);
        check_since(from, path, expected);
    }
}

/* It came to /x, and without our key. */
static void expect_no_key(const char *const words[])
{
    char path[PATH_MAX];
    preloaded_options(0, path);
    size_t from = strlen(preloaded_seen());
    preloaded_run_program(path, words);
    ck_assert_msg(strstr(preloaded_seen() + from, "GET /x ") != NULL &&
                      strstr(preloaded_seen() + from, "GET /x A") == NULL,
                  "%s", preloaded_seen() + from);
}
#define EXPECT_NO_KEY(...) expect_no_key((const char *const[]){__VA_ARGS__, NULL})

/* What comes of it without the library; the caller frees it. */
static char *came_without(const char *program, const char *const words[])
{
    const char *argv[8] = {program};
    char *expanded[8] = {NULL};
    size_t n = 0, from = strlen(preloaded_seen());
    for (; words[n] != NULL; n++)
        argv[n + 1] = expanded[n] = preloaded_expand(words[n]);
    outcome_of(&preloaded_outcome, NULL, NULL, NULL, argv);
    while (n > 0)
        free(expanded[--n]);
    return strdup(preloaded_seen() + from);
}

/* What libcurl sends by itself depends on its version, and on the distribution's corrections: it is
 * the same with the library, but for `now` in the place of the last "-", where that is not 0. */
static void expect_as_without(char now, const char *const words[])
{
    for (unsigned i = 0; i < PRELOADED_FLAVOURS; i++) {
        char path[PATH_MAX];
        if (!preloaded_options(i, path))
            continue;
        char *expected = came_without(path, words);
        ck_assert_str_ne(expected, "");
        if (now != 0)
            *strrchr(expected, '-') = now;
        size_t from = strlen(preloaded_seen());
        preloaded_run_program(path, words);
        check_since(from, path, expected);
        free(expected);
    }
}
#define EXPECT_AS_WITHOUT(now, ...) expect_as_without(now, (const char *const[]){__VA_ARGS__, NULL})

#define EXPECT(expected, ...)       expect(expected, (const char *const[]){__VA_ARGS__, NULL})

/* ---- redirects ------------------------------------------------------------------------------- */

START_TEST(http_of_the_host_itself_leads_to_https_with_the_key)
{
    if (skips_old_libcurl("http_of_the_host_itself_leads_to_https_with_the_key"))
        return;
    EXPECT("GET /to/" APP "/x -\nGET /x A\n", PLAIN "/to/" APP "/x");
}
END_TEST

START_TEST(a_redirect_from_elsewhere_leads_to_the_key)
{
    if (skips_old_libcurl("a_redirect_from_elsewhere_leads_to_the_key"))
        return;
    EXPECT("GET /to/" APP "/x -\nGET /x A\n", EVIL "/to/" APP "/x");
    EXPECT("GET /to/" APP "/x -\nGET /x A\n", OTHER "/to/" APP "/x");
    EXPECT("GET /to/" APP "/x -\nGET /x A\n", "https://localhost/to/" APP "/x");
}
END_TEST

START_TEST(a_401_behind_a_redirect_with_the_key_lets_next_take_over)
{
    if (skips_old_libcurl("a_401_behind_a_redirect_with_the_key_lets_next_take_over"))
        return;
    EXPECT("GET /to/" APP "/status/401 -\nGET /status/401 A\nGET /x B\n",
           EVIL "/to/" APP "/status/401", APP "/x");
}
END_TEST

START_TEST(a_401_to_a_header_that_did_not_leave_promotes_nothing)
{
    if (skips_old_libcurl("a_401_to_a_header_that_did_not_leave_promotes_nothing"))
        return;
    EXPECT("GET /to/" APP "/status/401 -\nGET /status/401 -\nGET /x A\n", COOKIE "a=b",
           EVIL "/to/" APP "/status/401", APP "/x");
    EXPECT("GET /to/" APP "/status/401 -\nGET /status/401 -\nGET /x A\n", "header=Cookie: a=b",
           OTHER "/to/" APP "/status/401", APP "/x");
}
END_TEST

START_TEST(behind_the_key_the_door_is_shut_again)
{
    if (skips_old_libcurl("behind_the_key_the_door_is_shut_again"))
        return;
    EXPECT("GET /to/" APP "/to/" EVIL "/x -\nGET /to/" EVIL "/x A\nGET /x -\n",
           PLAIN "/to/" APP "/to/" EVIL "/x");
    /* and at home again, still with the key */
    EXPECT("GET /to/" APP "/to/" EVIL "/to/" APP "/x -\nGET /to/" EVIL "/to/" APP
           "/x A\nGET /to/" APP "/x -\nGET /x A\n",
           PLAIN "/to/" APP "/to/" EVIL "/to/" APP "/x");
}
END_TEST

START_TEST(a_redirect_from_home_and_back_keeps_the_key)
{
    if (skips_old_libcurl("a_redirect_from_home_and_back_keeps_the_key"))
        return;
    EXPECT("GET /to/" EVIL "/to/" APP "/x A\nGET /to/" APP "/x -\nGET /x A\n", COOKIE "a=b",
           APP "/to/" EVIL "/to/" APP "/x");
}
END_TEST

static unsigned count_cookies(void)
{
    size_t count;
    unsigned cookies = 0;
    const struct seen *seen = origin_seen(&count);
    for (size_t i = 0; i < count; i++)
        cookies += strstr(seen[i].headers, "Cookie") != NULL;
    return cookies;
}

START_TEST(the_programs_cookie_does_not_leave_by_the_open_door)
{
    char path[PATH_MAX];
    static const char *const words[] = {"header=Cookie: a=b", PLAIN "/to/" APP "/x", NULL};
    preloaded_options(0, path);
    free(came_without(path, words));
    unsigned own = count_cookies();
    ck_assert_uint_ge(own, 1);
    preloaded_run_program(path, words);
    ck_assert_uint_eq(count_cookies(), 2 * own);
}
END_TEST

START_TEST(unrestricted_auth_of_the_program_takes_the_key_along)
{
    if (skips_old_libcurl("unrestricted_auth_of_the_program_takes_the_key_along"))
        return;
    EXPECT("GET /to/" APP "/x -\nGET /x A\n", COOKIE "a=b", UNRESTRICTED "1", EVIL "/to/" APP "/x");
}
END_TEST

/* What libcurl makes of these is not the same in all versions. */
START_TEST(a_user_or_a_password_alone_stays_the_programs_own)
{
    EXPECT_NO_KEY("https://u:p@@" HOST "/to/" APP "/x");
    EXPECT_NO_KEY(PASSWORD "p", PLAIN "/to/" APP "/x");
}
END_TEST

START_TEST(the_user_of_the_first_url_does_not_leave_by_the_open_door)
{
    EXPECT_AS_WITHOUT(0, "http://u:p@@" HOST "/to/" APP "/x");
}
END_TEST

START_TEST(a_copy_of_the_handle_has_the_door_shut)
{
    if (skips_old_libcurl("a_copy_of_the_handle_has_the_door_shut"))
        return;
    EXPECT("GET /to/" APP "/x -\nGET /x A\nGET /to/" EVIL "/y mine\nGET /y -\n",
           PLAIN "/to/" APP "/x", "copy", "header=Authorization: mine", PLAIN "/to/" EVIL "/y");
}
END_TEST

/* ---- the method ------------------------------------------------------------------------------ */

#define ONE_KEY "keys = ( { name = \"k\"; file = \"@D/key\"; } );\n"

/* A request to /x came, and none as `never`. */
static void expect_never(const char *never, const char *const words[])
{
    for (unsigned i = 0; i < PRELOADED_FLAVOURS; i++) {
        char path[PATH_MAX];
        if (!preloaded_options(i, path))
            continue;
        size_t from = strlen(preloaded_seen());
        preloaded_run_program(path, words);
        const char *seen = preloaded_seen() + from;
        ck_assert_msg(strstr(seen, " /x ") != NULL && strstr(seen, never) == NULL, "%s: came\n%s",
                      path, seen);
    }
}
#define EXPECT_NEVER(never, ...) expect_never(never, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(a_method_that_libcurl_tells_and_does_not_send_gets_no_key)
{
    preloaded_policy(ONE_KEY "rules = ( { name = \"r\"; key = \"k\"; methods = [\"HEAD\"]; } );\n");
    EXPECT_AS_WITHOUT(0, "late:" NOBODY "1", APP "/x");
    if (old_libcurl()) /* which gets no key where it follows redirects, as the program does */
        return;
    EXPECT("HEAD /x A\n", NOBODY "1", APP "/x");
    preloaded_policy(ONE_KEY "rules = ( { name = \"r\"; key = \"k\"; } );\n");
    EXPECT_AS_WITHOUT('A', "late:" NOBODY "1", APP "/x");
}
END_TEST

START_TEST(what_is_set_for_the_next_request_takes_the_key_of_a_rule_with_methods)
{
    preloaded_policy(ONE_KEY "rules = ( { name = \"r\"; key = \"k\"; methods = [\"PUT\"]; } );\n");
    EXPECT_NEVER("GET /x A", "late:" UPLOAD "1", APP "/x");
}
END_TEST

START_TEST(a_request_method_that_a_redirect_drops_gets_no_key)
{
    preloaded_policy(ONE_KEY
                     "rules = ( { name = \"r\"; key = \"k\"; methods = [\"PATCH\"]; } );\n");
    EXPECT_NEVER("GET /x A", CUSTOM "PATCH", FOLLOW "3", APP "/to/" APP "/x");
    EXPECT_NEVER("GET /x A", CUSTOM "PATCH", FOLLOW "3", "late:" FOLLOW "1", APP "/to/" APP "/x");
    if (!old_libcurl())
        EXPECT("PATCH /to/" APP "/x A\nPATCH /x A\n", CUSTOM "PATCH", FOLLOW "3", FOLLOW "1",
               APP "/to/" APP "/x");
}
END_TEST

/* Where libcurl shows something between the hop and its request. */
START_TEST(the_key_of_one_method_does_not_go_with_another)
{
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; },\n"
                     "         { name = \"l\"; file = \"@D/next\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; methods = [\"GET\"]; },\n"
                     "          { name = \"s\"; key = \"l\"; methods = [\"PATCH\"]; } );\n");
    EXPECT_NEVER("PATCH /x A", "debug:" CUSTOM "PATCH", APP "/x");
}
END_TEST

/* ---- .netrc ---------------------------------------------------------------------------------- */

#define BASIC_UP "Basic dTpw"

static void netrc_has(const char *text)
{
    preloaded_store(".netrc", text);
}

START_TEST(an_entry_that_names_the_host_is_the_programs_own)
{
    static const char *const files[] = {
        "machine " HOST " login u password p\n",
        "machine other.example login x password y\nmachine " HOST "\n\tlogin u\n\tpassword p\n",
        "default login x password y\nmachine " HOST " login u password p\n",
        "# a comment\n\nmachine \"" HOST "\" login u password p",
        "MACHINE APP.COMMISSIONED.TECH LOGIN u PASSWORD p\n",
        "macdef init\nmachine other.example\n\nmachine " HOST " login u password p\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        netrc_has(files[i]);
        EXPECT_NO_KEY(NETRC "1", APP "/x");
    }
    netrc_has(files[0]);
    EXPECT("GET /x " BASIC_UP "\n", NETRC "1", APP "/x");
    EXPECT("GET /x " BASIC_UP "\n", NETRC "2", APP "/x");
}
END_TEST

START_TEST(netrc_by_habit_is_no_credential)
{
    if (skips_old_libcurl("netrc_by_habit_is_no_credential"))
        return;
    static const char *const files[] = {
        "",
        "machine other.example login u password p\n",
        "machine " HOST ".evil.example login u password p\n",
        "# machine " HOST " login u password p\n",
        "machine other.example login \"a machine " HOST "\" password p\n",
        "machine other.example login u password p\nmacdef init\nmachine " HOST " login u\n\n",
        "default login u password p\n",
    };
    EXPECT("GET /x A\n", NETRC "1", APP "/x"); /* no file */
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        netrc_has(files[i]);
        EXPECT("GET /x A\n", NETRC "1", APP "/x");
    }
}
END_TEST

START_TEST(a_file_that_nobody_asks_for_does_not_count)
{
    if (skips_old_libcurl("a_file_that_nobody_asks_for_does_not_count"))
        return;
    netrc_has("machine " HOST " login u password p\n");
    EXPECT("GET /x A\n", APP "/x");
    EXPECT("GET /x A\n", NETRC "1", NETRC "0", APP "/x");
    EXPECT("GET /x A\n", NETRC "1", NETRC_FILE "/dev/null", APP "/x");
}
END_TEST

START_TEST(the_file_that_the_program_names_counts)
{
    preloaded_store("mine", "machine " HOST " login u password p\n");
    EXPECT("GET /x " BASIC_UP "\n", NETRC "1", NETRC_FILE "@D/mine", APP "/x");
    EXPECT("GET /x " BASIC_UP "\n", NETRC "1", NETRC_FILE "@D/mine", "copy", APP "/x");
}
END_TEST

START_TEST(a_file_that_libcurl_has_read_counts_whatever_is_named_later)
{
    netrc_has("machine " HOST " login u password p\n");
    EXPECT("GET /x " BASIC_UP "\n", NETRC "1", "late:" NETRC_FILE "/dev/null", APP "/x");
    EXPECT("GET /x " BASIC_UP "\n", NETRC "1", "late:" NETRC "0", APP "/x");
}
END_TEST

START_TEST(with_a_netrc_file_a_redirect_from_elsewhere_gets_no_key)
{
    netrc_has("machine evil.example login u password p\n");
    EXPECT("GET /to/" APP "/x " BASIC_UP "\nGET /x -\n", NETRC "1", EVIL "/to/" APP "/x");
}
END_TEST

START_TEST(never_two_authorizations)
{
    char path[PATH_MAX];
    netrc_has("default login u password p\n");
    preloaded_options(0, path);
    /* fails where two came with one request */
    preloaded_run_program(
        path, (const char *const[]){NETRC "1", HTTPAUTH DIGEST, APP "/digest", APP "/x", NULL});
    preloaded_seen();
    preloaded_run_program(
        path, (const char *const[]){NETRC "1", HTTPAUTH ANY, APP "/digest", APP "/x", NULL});
    preloaded_seen();
    netrc_has("machine " HOST " login u password p\n");
    preloaded_run_program(path,
                          (const char *const[]){NETRC "1", HTTPAUTH DIGEST, APP "/digest", NULL});
    ck_assert_ptr_nonnull(strstr(preloaded_seen(), "GET /digest Digest "));
}
END_TEST

/* As of 8.21 an empty user does not go out any more. */
START_TEST(what_libcurl_remembers_of_an_earlier_transfer_is_the_programs_own)
{
    static const char test[] = "what_libcurl_remembers_of_an_earlier_transfer_is_the_programs_own";
    if (skips_old_libcurl(test))
        return;
    EXPECT(libcurl_before(0x081500) ? "GET /x Basic Og==\nGET /x Basic Og==\n"
                                    : "GET /x -\nGET /x A\n",
           USERPWD ":", EVIL "/x", HTTPAUTH BASIC_DIGEST, APP "/x");
    EXPECT(libcurl_before(0x081500) ? "GET /x Basic Og==\nGET /x Basic Og==\n"
                                    : "GET /x -\nGET /x A\n",
           USERPWD ":", EVIL "/x", PREREQDATA "any", HTTPAUTH BASIC_DIGEST, APP "/x");
    EXPECT("GET /x -\nGET /x A\n", USERPWD ":", HTTPAUTH ANY, EVIL "/x", HTTPAUTH ANY, APP "/x");
    EXPECT("GET /x -\nGET /x A\n", HTTPAUTH ANY, EVIL "/x", HTTPAUTH DIGEST, APP "/x");
}
END_TEST

START_TEST(digest_of_an_earlier_transfer_does_not_go_beside_the_key)
{
    static const char *const before[] = {EVIL "/x", EVIL "/digest", "https://localhost/x"};
    char path[PATH_MAX];
    for (unsigned i = 0; i < PRELOADED_FLAVOURS; i++) {
        if (!preloaded_options(i, path))
            continue;
        for (size_t b = 0; b < sizeof before / sizeof before[0]; b++) {
            preloaded_run_program(path, (const char *const[]){USERPWD ":", HTTPAUTH ANY, before[b],
                                                              EVIL "/digest", APP "/x", NULL});
            preloaded_seen(); /* fails where two came with one request */
        }
    }
}
END_TEST

START_TEST(negotiate_needs_no_user)
{
    if (skips_old_libcurl("negotiate_needs_no_user") ||
        skips_musl("negotiate_needs_no_user", "that libcurl has no Negotiate"))
        return;
    EXPECT_NO_KEY(HTTPAUTH NEGOTIATE, APP "/x");
    EXPECT_NO_KEY(HTTPAUTH NTLM_TOO, APP "/x");      /* a libcurl without NTLM has one of them */
    EXPECT("GET /x A\n", HTTPAUTH DIGEST, APP "/x"); /* others do */
    EXPECT("GET /x A\n", HTTPAUTH ANY, APP "/x");
    EXPECT("GET /x A\n", HTTPAUTH ANYSAFE, APP "/x");
}
END_TEST

/* ---- curl itself ----------------------------------------------------------------------------- */

#define MAX_WORDS 16

/* Says SKIP. Behind a preloaded libasan.so curl hangs in setlocale, without us too (gcc 12). */
static bool lacks_curl(const char *test)
{
    return skips_sanitized(test, "curl does not run behind a sanitizer") ||
           skips_musl(test, "the curl of this machine is not for musl");
}

/* What came of curl with these words, routed to the server and in good hands. */
static const char *curl(const char *const more[])
{
    char tls[64], plain[64];
    size_t from = strlen(preloaded_seen()), n = 0;
    const char *words[MAX_WORDS + 10] = {"-sS", "-o", "/dev/null", "--cacert", getenv("ORIGIN_CA")};
    snprintf(tls, sizeof tls, "::127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(plain, sizeof plain, "%s:80:127.0.0.1:%s", HOST, getenv("ORIGIN_PLAIN"));
    words[5] = "--connect-to";
    words[6] = plain;
    words[7] = "--connect-to";
    words[8] = tls;
    for (; n < MAX_WORDS && more[n] != NULL; n++)
        words[9 + n] = more[n];
    preloaded_run_program("curl", words);
    return preloaded_seen() + from;
}
#define CURL(...) curl((const char *const[]){__VA_ARGS__, NULL})

START_TEST(curl_follows_from_http_to_https_with_the_key)
{
    if (lacks_curl("curl_follows_from_http_to_https_with_the_key") ||
        skips_old_libcurl("curl_follows_from_http_to_https_with_the_key"))
        return;
    ck_assert_str_eq(CURL("-L", PLAIN "/to/" APP "/x"), "GET /to/" APP "/x -\nGET /x A\n");
    ck_assert_str_eq(CURL("-L", "-b", "a=b", PLAIN "/to/" APP "/x"),
                     "GET /to/" APP "/x -\nGET /x -\n");
}
END_TEST

START_TEST(curl_n_keeps_the_entry_of_the_host)
{
    if (lacks_curl("curl_n_keeps_the_entry_of_the_host"))
        return;
    netrc_has("machine other.example login u password p\n"); /* curl 8.14 wants a file there */
    ck_assert_str_eq(CURL("-n", APP "/x"), "GET /x A\n");
    netrc_has("default login u password p\n");
    ck_assert_str_eq(CURL("-n", APP "/x"), "GET /x A\n");
    netrc_has("machine " HOST " login u password p\n");
    ck_assert_str_eq(CURL("-n", APP "/x"), "GET /x " BASIC_UP "\n");
    ck_assert_str_eq(CURL(APP "/x"), "GET /x A\n");
}
END_TEST

START_TEST(curl_n_digest_sends_one_authorization)
{
    if (lacks_curl("curl_n_digest_sends_one_authorization"))
        return;
    static const char start[] = "GET /digest -\nGET /digest Digest ";
    netrc_has("machine " HOST " login u password p\n");
    const char *came = CURL("-n", "--digest", APP "/digest");
    ck_assert_msg(strncmp(came, start, sizeof start - 1) == 0, "%s", came);
}
END_TEST

static void add_redirects(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, preloaded_stop);
    tcase_add_test(tcase, http_of_the_host_itself_leads_to_https_with_the_key);
    tcase_add_test(tcase, a_redirect_from_elsewhere_leads_to_the_key);
    tcase_add_test(tcase, a_401_behind_a_redirect_with_the_key_lets_next_take_over);
    tcase_add_test(tcase, a_401_to_a_header_that_did_not_leave_promotes_nothing);
    tcase_add_test(tcase, behind_the_key_the_door_is_shut_again);
    tcase_add_test(tcase, a_redirect_from_home_and_back_keeps_the_key);
    tcase_add_test(tcase, the_programs_cookie_does_not_leave_by_the_open_door);
    tcase_add_test(tcase, unrestricted_auth_of_the_program_takes_the_key_along);
    tcase_add_test(tcase, a_user_or_a_password_alone_stays_the_programs_own);
    tcase_add_test(tcase, the_user_of_the_first_url_does_not_leave_by_the_open_door);
    tcase_add_test(tcase, a_copy_of_the_handle_has_the_door_shut);
}

static void add_methods(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, preloaded_stop);
    tcase_add_test(tcase, a_method_that_libcurl_tells_and_does_not_send_gets_no_key);
    tcase_add_test(tcase, what_is_set_for_the_next_request_takes_the_key_of_a_rule_with_methods);
    tcase_add_test(tcase, a_request_method_that_a_redirect_drops_gets_no_key);
    tcase_add_test(tcase, the_key_of_one_method_does_not_go_with_another);
}

static void add_netrc(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, preloaded_stop);
    tcase_add_test(tcase, an_entry_that_names_the_host_is_the_programs_own);
    tcase_add_test(tcase, netrc_by_habit_is_no_credential);
    tcase_add_test(tcase, a_file_that_nobody_asks_for_does_not_count);
    tcase_add_test(tcase, the_file_that_the_program_names_counts);
    tcase_add_test(tcase, a_file_that_libcurl_has_read_counts_whatever_is_named_later);
    tcase_add_test(tcase, with_a_netrc_file_a_redirect_from_elsewhere_gets_no_key);
    tcase_add_test(tcase, never_two_authorizations);
    tcase_add_test(tcase, what_libcurl_remembers_of_an_earlier_transfer_is_the_programs_own);
    tcase_add_test(tcase, digest_of_an_earlier_transfer_does_not_go_beside_the_key);
    tcase_add_test(tcase, negotiate_needs_no_user);
    tcase_add_test(tcase, curl_follows_from_http_to_https_with_the_key);
    tcase_add_test(tcase, curl_n_keeps_the_entry_of_the_host);
    tcase_add_test(tcase, curl_n_digest_sends_one_authorization);
}

int main(void)
{
    Suite *suite = suite_create("hops");
    TCase *redirects = tcase_create("redirects");
    TCase *methods = tcase_create("methods");
    TCase *netrc = tcase_create("netrc");
    add_redirects(redirects);
    add_methods(methods);
    add_netrc(netrc);
    tcase_set_timeout(redirects, 120);
    tcase_set_timeout(methods, 120);
    tcase_set_timeout(netrc, 120);
    suite_add_tcase(suite, redirects);
    suite_add_tcase(suite, methods);
    suite_add_tcase(suite, netrc);
    return suite_run(suite);
}
