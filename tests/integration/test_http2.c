/*
 * HTTP/2 and WebSocket: many streams on one connection, verbose output, pushed handles. The server
 * is nghttpd, which writes down every header that it receives.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <curl/curl.h>

#include "devserver/certificate.h"
#include "support/command.h"
#include "support/old_libcurl.h"
#include "support/other_libc.h"
#include "support/sanitized.h"
#include "support/served.h"
#include "support/suite.h"

#define HTTP2 "tests/programs/http2"

static struct ds_certificate certificate;
static pid_t server = -1;
static unsigned port;

static bool has_server(void)
{
    return system("PATH=$PATH:/usr/sbin command -v nghttpd >/dev/null 2>&1") == 0;
}

static int loopback(unsigned number, bool listens)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)number),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    int failed = listens ? bind(fd, (struct sockaddr *)&address, length)
                         : connect(fd, (struct sockaddr *)&address, length);
    if (failed == 0 && listens) {
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
        port = ntohs(address.sin_port);
    }
    close(fd);
    return failed;
}

static void execute_server(const char *pem, const char *log)
{
    char number[16];
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    snprintf(number, sizeof number, "%u", port);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    const char *const argv[] = {"nghttpd",
                                "-v",
                                "-a",
                                "127.0.0.1",
                                "-d",
                                served_folder,
                                "--push=/yes/parent=/pushed",
                                "--push=/no/parent=/pushed",
                                number,
                                pem,
                                pem,
                                NULL};
    execvp(argv[0], (char *const *)argv);
    execv("/usr/sbin/nghttpd", (char *const *)argv); /* Debian 13's, not in everybody's PATH */
    _exit(99);
}

static void set_up(void)
{
    struct ds_why why;
    char text[16], path[PATH_MAX];
    served_set_up();
    if (!has_server())
        return;
    ck_assert(ds_certificate_make("app.commissioned.tech", &certificate, &why));
    free(tmpdir_write(served_folder, "ca2.pem", 0600, certificate.ca_pem,
                      strlen(certificate.ca_pem)));
    char *pem = tmpdir_write(served_folder, "server.pem", 0600, certificate.server_pem,
                             strlen(certificate.server_pem));
    char *log = tmpdir_path(served_folder, "server.log");
    free(tmpdir_write(served_folder, "pushed", 0644, "{}\n", 3));
    ck_assert_int_eq(loopback(0, true), 0);
    server = fork();
    if (server == 0)
        execute_server(pem, log);
    for (int i = 0; i < 200 && loopback(port, false) != 0; i++)
        usleep(20000);
    snprintf(text, sizeof text, "%u", port);
    setenv("ORIGIN_TLS", text, 1);
    in_folder(path, served_folder, "ca2.pem");
    setenv("ORIGIN_CA", path, 1);
    free(pem);
    free(log);
}

static void tear_down(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        ds_certificate_clear(&certificate);
    }
    served_tear_down();
}

static bool skips(const char *test)
{
    bool has_http2 = curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2;
    if (has_http2 && has_server())
        return false;
    printf("SKIP %s: %s\n", test,
           has_http2 ? "nghttpd is not installed" : "this libcurl has no HTTP/2");
    fflush(stdout);
    return true;
}

/* ---- the server's log ------------------------------------------------------------------------ */

struct stream {
    char path[128];
    unsigned keys;           /* Authorization headers with the key */
    unsigned authorizations; /* ... and all of them */
};

enum { MAX_STREAMS = 256 };
static struct stream streams[MAX_STREAMS];
static size_t nstreams;

/* One request's headers come together, each on a line of its own:
 * "[id=C] [TIME] recv (stream_id=S) NAME: VALUE". */
static void read_line(const char *line)
{
    char expected[TEST_KEY_LENGTH + 16];
    const char *header = strstr(line, "recv (stream_id=");
    header = header != NULL ? strstr(header, ") ") : NULL;
    if (header == NULL)
        return;
    header += 2;
    if (strncmp(header, ":method: ", 9) == 0) {
        ck_assert_uint_lt(nstreams, MAX_STREAMS);
        nstreams++;
    }
    ck_assert_uint_gt(nstreams, 0);
    struct stream *stream = &streams[nstreams - 1];
    if (strncmp(header, ":path: ", 7) == 0)
        snprintf(stream->path, sizeof stream->path, "%.*s", (int)strcspn(header + 7, "\n"),
                 header + 7);
    if (strncmp(header, "authorization: ", 15) != 0)
        return;
    snprintf(expected, sizeof expected, "Bearer %s", served_key);
    stream->authorizations++;
    stream->keys += strncmp(header + 15, expected, strlen(expected)) == 0;
}

static int open_log(int flags)
{
    char path[PATH_MAX];
    in_folder(path, served_folder, "server.log");
    int fd = open(path, flags | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void read_log(void)
{
    char line[8192];
    FILE *file = fdopen(open_log(O_RDONLY), "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        read_line(line);
    fclose(file);
}

static void expect(unsigned yes, unsigned no)
{
    unsigned with = 0, without = 0;
    read_log();
    for (size_t i = 0; i < nstreams; i++) {
        const struct stream *stream = &streams[i];
        bool wants = strncmp(stream->path, "/yes", 4) == 0;
        ck_assert_msg(
            stream->authorizations == (wants ? 1u : 0u) && stream->keys == stream->authorizations,
            "%s: %u, %u of them ours", stream->path, stream->authorizations, stream->keys);
        with += wants;
        without += !wants;
    }
    ck_assert_msg(with == yes && without == no, "%u with, %u without", with, without);
}

START_TEST(a_hundred_streams_on_one_connection_carry_one_key_each)
{
    if (skips("a_hundred_streams_on_one_connection_carry_one_key_each"))
        return;
    served_run(HTTP2, "streams");
    expect(100, 1);
}
END_TEST

START_TEST(verbose_output_over_http2_masks_the_key)
{
    if (skips("verbose_output_over_http2_masks_the_key"))
        return;
    served_run(HTTP2, "verbose");
    expect(2, 0);
    ck_assert_ptr_nonnull(strstr(served_outcome.out, "> GET /yes/default HTTP/2"));
    ck_assert_ptr_nonnull(strstr(served_outcome.out, "[2]GET /yes/callback HTTP/2"));
    const char *line = strstr(served_outcome.out, "[authorization: ");
    /* 7.81 does not print the fields of a request one by one; 7.88 does. */
    if (line != NULL || curl_version_info(CURLVERSION_NOW)->version_num >= 0x075800) {
        ck_assert_ptr_nonnull(line);
        ck_assert_int_eq(strncmp(line, "[authorization: Bearer ****", 27), 0);
        ck_assert_ptr_nonnull(strstr(line + 1, "[authorization: Bearer ****"));
    }
    ck_assert_ptr_null(strstr(served_outcome.out, served_key + TEST_KEY_LENGTH / 2));
}
END_TEST

/* The curl of the machine, told not to verify. */
static void ask_unverified(const char *name)
{
    char url[64], route[64], program[PATH_MAX];
    snprintf(url, sizeof url, "https://app.commissioned.tech/%s", name);
    snprintf(route, sizeof route, "app.commissioned.tech:443:127.0.0.1:%u", port);
    built(program, "libcommissioned-auth.so");
    setenv("LD_PRELOAD", program, 1);
    OUTCOME(&served_outcome, "curl", "-sk", "--http2", "--noproxy", "*", "-o", "/dev/null",
            "--connect-to", route, url, "--next", "-sk", "--http2", "--noproxy", "*", "-o",
            "/dev/null", "--connect-to", route, url);
    unsetenv("LD_PRELOAD");
    ck_assert_msg(served_outcome.status == 0, "%s%s", served_outcome.out, served_outcome.err);
}

START_TEST(over_http2_a_peer_that_is_not_verified_is_verified_for_the_key)
{
    if (skips_musl("over_http2_a_peer_that_is_not_verified_is_verified_for_the_key",
                   "the curl of this machine is not for musl"))
        return;
    if (skips_old_libcurl("over_http2_a_peer_that_is_not_verified_is_verified_for_the_key"))
        return;
    if (skips_sanitized("over_http2_a_peer_that_is_not_verified",
                        "curl does not run behind a sanitizer"))
        return;
    if (skips("over_http2_a_peer_that_is_not_verified"))
        return;
    if (system("command -v curl >/dev/null") != 0) {
        printf("SKIP over_http2_a_peer_that_is_not_verified: curl is not installed\n");
        return;
    }
    ask_unverified("no"); /* by the machine's trust, which does not know this authority */
    free(tmpdir_printf(served_folder, "auth.conf", 0600,
                       "api_key = \"%s\";\nca_file = \"%s/ca2.pem\";\n", served_key,
                       served_folder));
    ask_unverified("yes");
    expect(2, 2);
}
END_TEST

/* libcurl 7.88.1 falls over an answer that comes in one piece with its promise (measured). */
static void empty_log(void)
{
    close(open_log(O_WRONLY | O_TRUNC));
    memset(streams, 0, sizeof streams);
    nstreams = 0;
}

static bool libcurl_survives_a_push(void)
{
    char program[PATH_MAX];
    built(program, HTTP2);
    OUTCOME(&served_outcome, program, "push");
    return served_outcome.status == 0;
}

START_TEST(a_pushed_handle_carries_no_key_elsewhere)
{
    if (skips("a_pushed_handle_carries_no_key_elsewhere"))
        return;
    if (!libcurl_survives_a_push()) {
        printf("SKIP a_pushed_handle_carries_no_key_elsewhere: this libcurl itself fails at it\n");
        return;
    }
    empty_log();
    served_run(HTTP2, "push");
    expect(2, 1);
    empty_log();
    bool is_new = !libcurl_before(0x081600);
    served_run(HTTP2, "push-unverified");
    expect(is_new ? 1 : 0, is_new ? 2 : 3);
}
END_TEST

static bool has_websocket(void)
{
    const char *const *name = curl_version_info(CURLVERSION_NOW)->protocols;
    while (*name != NULL && strcmp(*name, "wss") != 0)
        name++;
    return *name != NULL;
}

/* The server refuses the upgrade; what matters is what it was asked with. */
START_TEST(a_websocket_carries_the_key_to_its_host_alone)
{
    if (!has_websocket()) {
        printf("SKIP a_websocket_carries_the_key_to_its_host_alone: this libcurl has no wss://\n");
        return;
    }
    served_run(HTTP2, "websocket");
    served_expect("websocket", 1, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http2");
    TCase *tests = tcase_create("http2");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_hundred_streams_on_one_connection_carry_one_key_each);
    tcase_add_test(tests, verbose_output_over_http2_masks_the_key);
    tcase_add_test(tests, over_http2_a_peer_that_is_not_verified_is_verified_for_the_key);
    tcase_add_test(tests, a_pushed_handle_carries_no_key_elsewhere);
    suite_add_tcase(suite, tests);
    TCase *websocket = tcase_create("websocket");
    tcase_add_checked_fixture(websocket, served_set_up, served_tear_down);
    tcase_add_test(websocket, a_websocket_carries_the_key_to_its_host_alone);
    suite_add_tcase(suite, websocket);
    return suite_run(suite);
}
