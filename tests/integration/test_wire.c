/*
 * What stands on the wire beside the key, and whose answer is believed. Each test runs with every
 * flavour of libcurl.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "support/old_libcurl.h"
#include "support/preloaded.h"
#include "support/suite.h"

#define APP  "https://app.commissioned.tech"
#define EVIL "http://evil.example"

/* CURLOPT_ numbers, as the program takes them. */
#define UPLOAD       "46="
#define HTTPGET      "80="
#define HTTP_VERSION "84="
#define HTTPAUTH     "107="
#define USERPWD      "10005"
#define BEARER       "10220"
#define HEADERS      "10023"

static void set_up(void)
{
    if (old_libcurl())
        setenv("ORIGIN_ENDS", "1", 1); /* else none of its requests gets a key */
    preloaded_start();
    preloaded_key_and_next();
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* What came ends so, or so; one Authorization header a request at most: preloaded_seen looks at
 * that. */
static void expect_either(const char *expected, const char *other, const char *const words[])
{
    for (unsigned i = 0; i < PRELOADED_FLAVOURS; i++) {
        char path[PATH_MAX];
        if (!preloaded_options(i, path))
            continue;
        preloaded_run_program(path, words);
        const char *now = preloaded_seen();
        ck_assert_msg(ends_with(now, expected) || ends_with(now, other),
                      "%s: came\n%sinstead of\n%s%s%s", path, now, expected, preloaded_outcome.out,
                      preloaded_outcome.err);
    }
}
#define EXPECT(expected, ...)                                                                      \
    expect_either(expected, expected, (const char *const[]){__VA_ARGS__, NULL})

/* ---- header lines ---------------------------------------------------------------------------- */

START_TEST(an_authorization_within_another_entry_is_the_programs_own)
{
    EXPECT("GET /x Bearer mine\n", "header=X-A: b\r\nAuthorization: Bearer mine", APP "/x");
    EXPECT("GET /x Bearer mine\n", "header=X-A: b\nAuthorization: Bearer mine", APP "/x");
    EXPECT("GET /x A\n", "header=X-A: b\r\nX-Authorization: Bearer mine", APP "/x");
}
END_TEST

/*
 * Most libmicrohttpds take a carriage return alone as part of the value; 0.9.72, and others such as
 * Python's, end the line there, and would see two. 1.0 refuses it.
 */
#define EXPECT_OWN(...)                                                                            \
    expect_either("GET /x -\n", "GET /x Bearer mine\n", (const char *const[]){__VA_ARGS__, NULL})

static bool refuses_alone(const char *test)
{
    char path[PATH_MAX];
    if (!preloaded_options(0, path))
        return false;
    preloaded_run_program(path, (const char *const[]){"header=X-A: b\rX-B: c", APP "/x", NULL});
    if (strstr(preloaded_outcome.out, " 400\n") == NULL)
        return false;
    printf("SKIP %s: the server refuses a carriage return alone\n", test);
    return true;
}

START_TEST(so_is_one_behind_a_carriage_return_alone)
{
    if (refuses_alone("so_is_one_behind_a_carriage_return_alone"))
        return;
    EXPECT_OWN("header=X-A: b\rAuthorization: Bearer mine", APP "/x");
    EXPECT("GET /x A\n", "header=X-A: b\rX-Authorization: Bearer mine", APP "/x");
    EXPECT("GET /x A\n", "header=X-A: b\r", APP "/x");
}
END_TEST

/* USERAGENT, REFERER, COOKIE, RANGE, ACCEPT_ENCODING */
static const char *const texts[] = {"10018=", "10016=", "10022=", "10007=", "10102="};

START_TEST(and_one_within_another_options_text)
{
    char with[64], without[64];
    snprintf(with, sizeof with, "%s1-2\r\nauthorization: Bearer mine", texts[_i]);
    snprintf(without, sizeof without, "%s1-2\r\nX-A: b", texts[_i]);
    EXPECT("GET /x Bearer mine\n", with, APP "/x");
    EXPECT("GET /x A\n", without, APP "/x");
    EXPECT("GET /x A\n", with, "reset", APP "/x");
    if (refuses_alone("and_one_within_another_options_text"))
        return;
    snprintf(with, sizeof with, "%s1-2\rauthorization: Bearer mine", texts[_i]);
    EXPECT_OWN(with, APP "/x");
}
END_TEST

START_TEST(nor_is_it_replaced)
{
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; existing = \"replace\"; } );\n");
    EXPECT("GET /x A\n", "header=Authorization: Bearer mine", APP "/x");
    EXPECT("GET /x Bearer mine\n", "header=X-A: b\r\nAuthorization: Bearer mine", APP "/x");
}
END_TEST

/* To a server the line belongs to the one before, which would be ours; its
 * 401 would be believed. */
START_TEST(a_header_that_begins_with_a_blank_does_not_lengthen_the_key)
{
    EXPECT("GET /status/401 -\nGET /y A\n", "header= X-A: b", APP "/status/401", "unset=" HEADERS,
           APP "/y");
    EXPECT("GET /x -\n", "header=\tX-A: b", APP "/x");
    EXPECT("GET /x A\n", "header=X-A: b", APP "/x");
}
END_TEST

/* ---- what a transfer that failed leaves ------------------------------------------------------ */

/* An upload of unknown size, which HTTP/1.0 cannot carry: libcurl finds out when it has made the
 * header. Newer libcurls drop that, older ones send it with the next request. */
#define FAILS HTTP_VERSION "1", UPLOAD "1", EVIL "/failed"
#define AFTER HTTP_VERSION "0", UPLOAD "0", HTTPGET "1"

START_TEST(a_header_left_by_a_transfer_that_failed_is_the_programs_own)
{
    EXPECT("GET /y A\n", USERPWD "=u:p", FAILS, "unset=" USERPWD, AFTER, APP "/x", APP "/y");
    EXPECT("GET /y A\n", BEARER "=mine", HTTPAUTH "0x40", FAILS, "unset=" BEARER, HTTPAUTH "1",
           AFTER, APP "/x", APP "/y");
    EXPECT("GET /y A\n", USERPWD "=u:p", FAILS, "reset", APP "/x", APP "/y");
}
END_TEST

START_TEST(a_copy_of_that_handle_does_not_have_it)
{
    EXPECT("GET /x A\n", USERPWD "=u:p", FAILS, "unset=" USERPWD, AFTER, "copy", APP "/x");
}
END_TEST

/* The header went out with the request that had no answer. */
START_TEST(a_request_that_was_sent_leaves_nothing)
{
    EXPECT("GET /x A\n", USERPWD "=u:p", EVIL "/drop", "unset=" USERPWD, APP "/x");
}
END_TEST

/* ---- whose answer ---------------------------------------------------------------------------- */

static int ftp_listener;

/* An FTP server that greets with 401. */
static void *greet(void *unused)
{
    static const char greeting[] = "401 no\r\n";
    (void)unused;
    for (int fd; (fd = accept(ftp_listener, NULL, NULL)) >= 0; close(fd))
        if (write(fd, greeting, sizeof greeting - 1) < 0)
            continue;
    return NULL;
}

static unsigned serve_ftp(pthread_t *thread)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    ftp_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(ftp_listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(ftp_listener, 5), 0);
    ck_assert_int_eq(getsockname(ftp_listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(pthread_create(thread, NULL, greet, NULL), 0);
    return ntohs(address.sin_port);
}

START_TEST(the_greeting_of_an_ftp_server_revokes_no_key)
{
    char url[128], came[128];
    pthread_t thread;
    if (skips_old_libcurl("the_greeting_of_an_ftp_server_revokes_no_key"))
        return;
    unsigned port = serve_ftp(&thread);
    snprintf(url, sizeof url, APP "/to/ftp://127.0.0.1:%u/x", port);
    snprintf(came, sizeof came, "GET /to/ftp://127.0.0.1:%u/x A\nGET /y A\n", port);
    EXPECT(came, url, APP "/y");
    EXPECT("GET /status/401 A\nGET /y B\n", APP "/status/401", APP "/y"); /* the server's does */
    shutdown(ftp_listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(ftp_listener);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *tests = tcase_create("wire");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, preloaded_stop);
    tcase_add_test(tests, an_authorization_within_another_entry_is_the_programs_own);
    tcase_add_test(tests, so_is_one_behind_a_carriage_return_alone);
    tcase_add_loop_test(tests, and_one_within_another_options_text, 0,
                        (int)(sizeof texts / sizeof texts[0]));
    tcase_add_test(tests, nor_is_it_replaced);
    tcase_add_test(tests, a_header_that_begins_with_a_blank_does_not_lengthen_the_key);
    tcase_add_test(tests, a_header_left_by_a_transfer_that_failed_is_the_programs_own);
    tcase_add_test(tests, a_copy_of_that_handle_does_not_have_it);
    tcase_add_test(tests, a_request_that_was_sent_leaves_nothing);
    tcase_add_test(tests, the_greeting_of_an_ftp_server_revokes_no_key);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
