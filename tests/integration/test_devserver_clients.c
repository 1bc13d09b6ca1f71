/* Clients that are slow, broken, greedy or many: each gets a proper end
 * and costs no other client. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "../support/devserver.h"
#include "support/suite.h"

static char *folder;
static struct ds_child server;
static struct ds_key_text key;
static gnutls_certificate_credentials_t trust;

/* A client that writes what it likes. */
struct client {
    int fd;
    gnutls_session_t tls; /* NULL until the handshake */
};

static void setup(void)
{
    char *log = NULL;
    folder = ds_test_folder();
    ck_assert_int_gt(asprintf(&log, "%s/log", folder), 0);
    const char *const options[] = {"--timeout", "2", "--log", log, NULL};
    ds_child_start(&server, folder, options);
    ds_child_key(&server, &key, NULL);
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&trust), 0);
    ck_assert_int_eq(gnutls_certificate_set_x509_trust_file(trust, server.ca, GNUTLS_X509_FMT_PEM),
                     1);
    free(log);
}

static void teardown(void)
{
    gnutls_certificate_free_credentials(trust);
    ck_assert_int_eq(ds_child_stop(&server), 0);
    ds_test_folder_end(folder);
}

static struct client connect_only(void)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons(server.port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ck_assert_int_ge(client.fd, 0);
    ck_assert_msg(connect(client.fd, (const struct sockaddr *)&at, sizeof at) == 0, "%s",
                  strerror(errno));
    return client;
}

static struct client connect_tls(void)
{
    struct client client = connect_only();
    int result;
    ck_assert_int_eq(gnutls_init(&client.tls, GNUTLS_CLIENT), 0);
    gnutls_set_default_priority(client.tls);
    gnutls_credentials_set(client.tls, GNUTLS_CRD_CERTIFICATE, trust);
    gnutls_server_name_set(client.tls, GNUTLS_NAME_DNS, "app.commissioned.tech", 21);
    gnutls_session_set_verify_cert(client.tls, "app.commissioned.tech", 0);
    gnutls_transport_set_int(client.tls, client.fd);
    while ((result = gnutls_handshake(client.tls)) < 0 && !gnutls_error_is_fatal(result))
        ;
    ck_assert_msg(result == 0, "%s", gnutls_strerror(result));
    return client;
}

static void hang_up(struct client *client)
{
    if (client->tls != NULL)
        gnutls_deinit(client->tls);
    close(client->fd);
}

/* False where the server does not want any more. */
static bool put(struct client *client, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = gnutls_record_send(client->tls, data, size);
        if (sent == GNUTLS_E_INTERRUPTED || sent == GNUTLS_E_AGAIN)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool say(struct client *client, const char *text)
{
    return put(client, text, strlen(text));
}

/* Everything until the server ends the connection, in a buffer of its own. */
static const char *hear(struct client *client)
{
    static char heard[65536];
    size_t size = 0;
    ssize_t got;
    do {
        got = gnutls_record_recv(client->tls, heard + size, sizeof heard - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0 || got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN);
    heard[size] = '\0';
    return heard;
}

static int status_in(const char *heard)
{
    return strncmp(heard, "HTTP/1.1 ", 9) == 0 ? atoi(heard + 9) : 0;
}

/* A request line, Host and the key; whatever follows is the test's. */
static bool begin(struct client *client, const char *line)
{
    char head[256];
    snprintf(head, sizeof head,
             "%s HTTP/1.1\r\nHost: app.commissioned.tech\r\nAuthorization: Bearer %s\r\n", line,
             key.text);
    return say(client, head);
}

static int ordinary_request(void)
{
    struct client client = connect_tls();
    ck_assert(begin(&client, "GET /v1/models") && say(&client, "Connection: close\r\n\r\n"));
    int status = status_in(hear(&client));
    hang_up(&client);
    return status;
}

START_TEST(an_ordinary_request_is_answered)
{
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

START_TEST(half_a_request_ends_by_the_timeout_and_others_are_answered_meanwhile)
{
    struct client half = connect_tls();
    ck_assert(say(&half, "GET /v1/models HTTP/1.1\r\nHost: app.comm"));
    ck_assert_int_eq(ordinary_request(), 200);
    ck_assert_str_eq(hear(&half), "");
    hang_up(&half);
}
END_TEST

START_TEST(half_a_body_ends_by_the_timeout)
{
    struct client half = connect_tls();
    ck_assert(begin(&half, "POST /v1/embeddings") &&
              say(&half, "Content-Length: 100\r\n\r\n{\"model\""));
    ck_assert_int_eq(ordinary_request(), 200);
    ck_assert_str_eq(hear(&half), "");
    hang_up(&half);
}
END_TEST

START_TEST(a_connection_without_a_handshake_ends_by_the_timeout)
{
    char bytes[64]; /* an alert may come first */
    struct client silent = connect_only();
    ck_assert_int_eq(ordinary_request(), 200);
    while (recv(silent.fd, bytes, sizeof bytes, 0) > 0)
        ;
    hang_up(&silent);
}
END_TEST

START_TEST(plain_http_on_the_tls_port_ends_and_hurts_nobody)
{
    static const char plain[] = "GET / HTTP/1.1\r\nHost: app.commissioned.tech\r\n\r\n";
    char answer[64];
    struct client client = connect_only();
    ck_assert_int_eq(send(client.fd, plain, sizeof plain - 1, MSG_NOSIGNAL),
                     (ssize_t)sizeof plain - 1);
    while (recv(client.fd, answer, sizeof answer, 0) > 0)
        ck_assert_int_ne(strncmp(answer, "HTTP", 4), 0);
    hang_up(&client);
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

START_TEST(ten_megabytes_of_headers_are_431)
{
    static char filler[16384];
    struct client client = connect_tls();
    memset(filler, 'x', sizeof filler);
    bool wanted = begin(&client, "GET /v1/models") && say(&client, "X-Filler: ");
    for (size_t sent = 0; wanted && sent < 10 * 1024 * 1024; sent += sizeof filler)
        wanted = put(&client, filler, sizeof filler);
    ck_assert_int_eq(status_in(hear(&client)), 431);
    hang_up(&client);
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

/* 0.9.72 does, 0.9.75 answers. */
static bool closes_in_silence(const char *test)
{
    if (strverscmp(MHD_get_version(), "0.9.72") > 0)
        return false;
    printf("SKIP %s: libmicrohttpd %s only hangs up\n", test, MHD_get_version());
    return true;
}

START_TEST(a_request_line_that_is_too_long_is_414)
{
    if (closes_in_silence("a_request_line_that_is_too_long_is_414"))
        return;
    enum { LONG = 200 * 1024 };
    char *line = malloc(LONG);
    struct client client = connect_tls();
    memset(line, 'a', LONG);
    memcpy(line, "GET /", 5);
    (void)put(&client, line, LONG);
    ck_assert_int_eq(status_in(hear(&client)), 414);
    hang_up(&client);
    free(line);
}
END_TEST

START_TEST(a_body_that_announces_too_much_is_413_before_it_is_sent)
{
    struct client client = connect_tls();
    ck_assert(begin(&client, "POST /v1/embeddings") &&
              say(&client, "Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n"));
    ck_assert_int_eq(status_in(hear(&client)), 413);
    hang_up(&client);
}
END_TEST

START_TEST(an_endless_body_is_413_and_then_cut_off)
{
    static char chunk[8192 + 8];
    struct client client = connect_tls();
    int head = snprintf(chunk, sizeof chunk, "2000\r\n");
    memset(chunk + head, ' ', 8192);
    memcpy(chunk + head + 8192, "\r\n", 2);
    bool wanted =
        begin(&client, "POST /v1/embeddings") && say(&client, "Transfer-Encoding: chunked\r\n\r\n");
    while (wanted) /* until the server hangs up: this ends or the test's time does */
        wanted = put(&client, chunk, sizeof chunk);
    const char *heard = hear(&client);
    ck_assert_int_eq(status_in(heard), 413);
    ck_assert_ptr_nonnull(strstr(heard, "\"code\":\"body_too_large\""));
    hang_up(&client);
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

static int status_of_body(size_t size)
{
    char length[64];
    char *body = malloc(size);
    struct client client = connect_tls();
    memset(body, ' ', size);
    memcpy(body, "{}", 2);
    snprintf(length, sizeof length, "Connection: close\r\nContent-Length: %zu\r\n\r\n", size);
    ck_assert(begin(&client, "POST /v1/embeddings") && say(&client, length));
    (void)put(&client, body, size);
    int status = status_in(hear(&client));
    hang_up(&client);
    free(body);
    return status;
}

START_TEST(a_body_of_just_the_limit_is_read)
{
    ck_assert_int_eq(status_of_body(1024 * 1024), 400); /* it names no model */
}
END_TEST

START_TEST(a_body_of_one_byte_more_is_413)
{
    ck_assert_int_eq(status_of_body(1024 * 1024 + 1), 413);
}
END_TEST

START_TEST(requests_that_parsers_read_in_two_ways_are_400)
{
    if (closes_in_silence("requests_that_parsers_read_in_two_ways_are_400"))
        return;
    static const char *const odd[] = {
        "Content-Length : 5\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 5x\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Authorization : Bearer x\r\n\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct client client = connect_tls();
        ck_assert(begin(&client, "GET /v1/models"));
        (void)say(&client, "Connection: close\r\n");
        (void)say(&client, odd[i]);
        const char *heard = hear(&client);
        ck_assert_msg(status_in(heard) == 400, "%s: %s", odd[i], heard);
        ck_assert_msg(strstr(heard, "HTTP/1.1 200") == NULL, "%s: %s", odd[i], heard);
        hang_up(&client);
    }
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

START_TEST(garbage_instead_of_a_request_ends_and_hurts_nobody)
{
    struct client client = connect_tls();
    (void)say(&client, "\x01\x02\xff\xfe garbage\r\n\r\n");
    ck_assert_int_ne(status_in(hear(&client)), 200);
    hang_up(&client);
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

START_TEST(a_client_that_hangs_up_in_mid_stream_hurts_nobody)
{
    static const char body[] = "{\"model\":\"commissioned-echo-1\",\"stream\":true,"
                               "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    char length[64], first;
    for (int i = 0; i < 20; i++) {
        struct client client = connect_tls();
        snprintf(length, sizeof length, "Content-Length: %zu\r\n\r\n", strlen(body));
        ck_assert(begin(&client, "POST /v1/chat/completions") && say(&client, length) &&
                  say(&client, body));
        ck_assert_int_eq(gnutls_record_recv(client.tls, &first, 1), 1);
        hang_up(&client);
    }
    ck_assert_int_eq(ordinary_request(), 200);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    struct client client = connect_tls();
    ck_assert(begin(&client, "GET /v1/models") && say(&client, "\r\n") &&
              begin(&client, "GET /v1/nothing") && say(&client, "Connection: close\r\n\r\n"));
    const char *heard = hear(&client);
    ck_assert_int_eq(status_in(heard), 200);
    ck_assert_ptr_nonnull(strstr(heard, "HTTP/1.1 404"));
    hang_up(&client);
}
END_TEST

enum { IDLE = 1000, SPARE = 100 };

static bool room_for_files(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < IDLE + SPARE)
        return false;
    files.rlim_cur = files.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

/* They would be closed by the short timeout of the other tests. */
static void restart_with_patience(void)
{
    static const char *const options[] = {"--timeout", "600", "--log", "/dev/null", NULL};
    ck_assert_int_eq(ds_child_stop(&server), 0);
    ds_child_start(&server, folder, options);
}

START_TEST(a_thousand_idle_connections_leave_room_for_others)
{
    static struct client idle[IDLE];
    if (!room_for_files()) {
        printf("SKIP a_thousand_idle_connections_leave_room_for_others: the hard limit of open "
               "files is below %d\n",
               IDLE + SPARE);
        return;
    }
    restart_with_patience();
    for (size_t i = 0; i < IDLE; i++)
        idle[i] = connect_tls();
    ck_assert_int_eq(ordinary_request(), 200);
    for (size_t i = 0; i < IDLE; i += IDLE - 1) { /* and they were not given up: first and last */
        ck_assert(begin(&idle[i], "GET /v1/models") && say(&idle[i], "Connection: close\r\n\r\n"));
        ck_assert_int_eq(status_in(hear(&idle[i])), 200);
    }
    for (size_t i = 0; i < IDLE; i++)
        hang_up(&idle[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver clients");
    TCase *all = tcase_create("clients");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, an_ordinary_request_is_answered);
    tcase_add_test(all, half_a_request_ends_by_the_timeout_and_others_are_answered_meanwhile);
    tcase_add_test(all, half_a_body_ends_by_the_timeout);
    tcase_add_test(all, a_connection_without_a_handshake_ends_by_the_timeout);
    tcase_add_test(all, plain_http_on_the_tls_port_ends_and_hurts_nobody);
    tcase_add_test(all, ten_megabytes_of_headers_are_431);
    tcase_add_test(all, a_request_line_that_is_too_long_is_414);
    tcase_add_test(all, a_body_that_announces_too_much_is_413_before_it_is_sent);
    tcase_add_test(all, an_endless_body_is_413_and_then_cut_off);
    tcase_add_test(all, a_body_of_just_the_limit_is_read);
    tcase_add_test(all, a_body_of_one_byte_more_is_413);
    tcase_add_test(all, requests_that_parsers_read_in_two_ways_are_400);
    tcase_add_test(all, garbage_instead_of_a_request_ends_and_hurts_nobody);
    tcase_add_test(all, a_client_that_hangs_up_in_mid_stream_hurts_nobody);
    tcase_add_test(all, pipelined_requests_are_answered_in_order);
    tcase_add_test(all, a_thousand_idle_connections_leave_room_for_others);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
