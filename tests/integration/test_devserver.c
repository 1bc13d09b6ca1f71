/* The development server as it is run: a process, real TLS, libcurl. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <curl/curl.h>
#include <jansson.h>

#include "../support/command.h"
#include "../support/devserver.h"
#include "support/suite.h"

static char *folder;
static struct ds_child server;
static CURL *curl;

struct answer {
    long status;
    char *headers;
    char *body;
};

static void clear(struct answer *answer)
{
    free(answer->headers);
    free(answer->body);
}
#define auto_answer __attribute__((cleanup(clear))) struct answer

static void setup(void)
{
    folder = ds_test_folder();
    ds_child_start(&server, folder, NULL);
    curl_global_init(CURL_GLOBAL_ALL);
    curl = curl_easy_init();
    ck_assert_ptr_nonnull(curl);
}

static void teardown(void)
{
    curl_easy_cleanup(curl);
    ck_assert_int_eq(ds_child_stop(&server), 0);
    ds_test_folder_end(folder);
}

static struct ds_key_text new_key(const char *option, const char *value)
{
    const char *const arguments[] = {option, value, NULL};
    struct ds_key_text key;
    ds_child_key(&server, &key, arguments);
    return key;
}

static struct curl_slist *with_key(struct curl_slist *headers, const struct ds_key_text *key)
{
    char line[128];
    snprintf(line, sizeof line, "Authorization: Bearer %s", key->text);
    return curl_slist_append(headers, line);
}

/* Sets the handle up for a request as an unmodified program would make it. */
static void aim(CURL *handle, const char *path, struct curl_slist *headers, const char *body)
{
    static char url[512], to[128];
    static struct curl_slist *connect_to;
    snprintf(url, sizeof url, "https://app.commissioned.tech%s", path);
    snprintf(to, sizeof to, "app.commissioned.tech:443:127.0.0.1:%u", server.port);
    curl_slist_free_all(connect_to);
    connect_to = curl_slist_append(NULL, to);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(handle, CURLOPT_CAINFO, server.ca);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    if (body != NULL)
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
}

static struct answer ask_with(struct curl_slist *headers, const char *path, const char *body)
{
    struct answer answer = {0};
    size_t headers_size, body_size;
    FILE *to_headers = open_memstream(&answer.headers, &headers_size);
    FILE *to_body = open_memstream(&answer.body, &body_size);
    aim(curl, path, headers, body);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, to_headers);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, to_body);
    CURLcode result = curl_easy_perform(curl);
    fclose(to_headers);
    fclose(to_body);
    ck_assert_msg(result == CURLE_OK, "%s: %s", path, curl_easy_strerror(result));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_slist_free_all(headers);
    return answer;
}

/* One request with this key, or without one. */
static struct answer ask(const struct ds_key_text *key, const char *path, const char *body)
{
    return ask_with(key == NULL ? NULL : with_key(NULL, key), path, body);
}

static long status_of(const struct ds_key_text *key, const char *path)
{
    auto_answer answer = ask(key, path, NULL);
    return answer.status;
}

START_TEST(a_key_made_while_the_server_runs_works_at_once)
{
    ck_assert_int_eq(status_of(NULL, "/v1/models"), 401);
    struct ds_key_text key = new_key(NULL, NULL);
    auto_answer answer = ask(&key, "/v1/models", NULL);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "commissioned-echo-1"));
    ck_assert_ptr_nonnull(strstr(answer.headers, "Content-Type: application/json"));
}
END_TEST

START_TEST(a_missing_key_is_401_in_the_documented_shape)
{
    auto_answer answer = ask(NULL, "/v1/models", NULL);
    ck_assert_int_eq(answer.status, 401);
    ck_assert_ptr_nonnull(strstr(answer.headers, "WWW-Authenticate: Bearer"));
    json_t *body = json_loads(answer.body, 0, NULL);
    const char *message, *type, *code;
    json_t *param;
    ck_assert_int_eq(json_unpack(body, "{s{ss ss so ss !}!}", "error", "message", &message, "type",
                                 &type, "param", &param, "code", &code),
                     0);
    json_decref(body);
}
END_TEST

START_TEST(two_authorization_headers_are_401)
{
    struct ds_key_text key = new_key(NULL, NULL);
    auto_answer answer = ask_with(with_key(with_key(NULL, &key), &key), "/v1/models", NULL);
    ck_assert_int_eq(answer.status, 401);
    ck_assert_ptr_nonnull(strstr(answer.body, "More than one"));
}
END_TEST

START_TEST(the_scheme_may_be_in_any_case)
{
    struct ds_key_text key = new_key(NULL, NULL);
    char line[128];
    snprintf(line, sizeof line, "authorization: bEARER  %s", key.text);
    auto_answer answer = ask_with(curl_slist_append(NULL, line), "/v1/models", NULL);
    ck_assert_int_eq(answer.status, 200);
}
END_TEST

START_TEST(a_key_revoked_by_another_process_is_dead_for_the_next_request)
{
    struct ds_key_text key = new_key(NULL, NULL);
    long connections;
    ck_assert_int_eq(status_of(&key, "/v1/models"), 200);
    ck_assert_int_eq(ds_child_revoke(&server, &key), 0);
    ck_assert_int_eq(status_of(&key, "/v1/models"), 401);
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
    ck_assert_int_eq(connections, 0); /* it was the same connection */
}
END_TEST

START_TEST(a_key_without_the_scope_is_403)
{
    struct ds_key_text key = new_key("--scope", "chat");
    ck_assert_int_eq(status_of(&key, "/v1/models"), 403);
}
END_TEST

START_TEST(a_key_over_its_rate_is_429_with_the_headers)
{
    struct ds_key_text key = new_key("--rate", "1/d");
    ck_assert_int_eq(status_of(&key, "/v1/models"), 200);
    auto_answer answer = ask(&key, "/v1/models", NULL);
    ck_assert_int_eq(answer.status, 429);
    ck_assert_ptr_nonnull(strstr(answer.headers, "Retry-After: "));
    ck_assert_ptr_nonnull(strstr(answer.headers, "x-ratelimit-limit-requests: 1\r\n"));
    ck_assert_ptr_nonnull(strstr(answer.headers, "x-ratelimit-remaining-requests: 0\r\n"));
}
END_TEST

START_TEST(paths_and_methods_have_their_statuses)
{
    struct ds_key_text key = new_key(NULL, NULL);
    ck_assert_int_eq(status_of(&key, "/v1/nothing"), 404);
    ck_assert_int_eq(status_of(&key, "/v1/models/gpt-4o"), 404);
    ck_assert_int_eq(status_of(&key, "/v1/models/commissioned-echo-1?with=query"), 200);
    ck_assert_int_eq(status_of(NULL, "/"), 404);
    auto_answer answer = ask(&key, "/v1/chat/completions", NULL);
    ck_assert_int_eq(answer.status, 405);
    ck_assert_ptr_nonnull(strstr(answer.headers, "Allow: POST\r\n"));
}
END_TEST

#define CHAT "/v1/chat/completions"
#define SAY                                                                                        \
    "{\"model\":\"commissioned-echo-1\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

START_TEST(a_chat_completion_is_answered)
{
    struct ds_key_text key = new_key(NULL, NULL);
    auto_answer answer = ask(&key, CHAT, SAY "}");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "You said: hello"));
}
END_TEST

START_TEST(a_streamed_completion_comes_as_events)
{
    struct ds_key_text key = new_key(NULL, NULL);
    auto_answer answer = ask(&key, CHAT, SAY ",\"stream\":true}");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(answer.headers, "Content-Type: text/event-stream"));
    ck_assert_ptr_nonnull(strstr(answer.headers, "Transfer-Encoding: chunked"));
    ck_assert_str_eq(answer.body + strlen(answer.body) - 14, "data: [DONE]\n\n");
}
END_TEST

START_TEST(a_body_that_is_not_json_is_400)
{
    struct ds_key_text key = new_key(NULL, NULL);
    auto_answer answer = ask(&key, CHAT, "model=x");
    ck_assert_int_eq(answer.status, 400);
    ck_assert_ptr_nonnull(strstr(answer.body, "invalid_json"));
}
END_TEST

START_TEST(keys_are_managed_over_http_with_a_key_for_that)
{
    struct ds_key_text admin = new_key("--scope", "keys");
    struct ds_key_text made;
    char path[64];
    auto_answer answer = ask(&admin, "/v1/api_keys", "{\"name\":\"over http\"}");
    ck_assert_int_eq(answer.status, 201);
    json_t *body = json_loads(answer.body, 0, NULL);
    snprintf(made.text, sizeof made.text, "%s", json_string_value(json_object_get(body, "value")));
    json_decref(body);
    ck_assert_int_eq(status_of(&made, "/v1/models"), 200);
    snprintf(path, sizeof path, "/v1/api_keys/%.16s", made.text);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
    ck_assert_int_eq(status_of(&admin, path), 200);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
    ck_assert_int_eq(status_of(&made, "/v1/models"), 401);
}
END_TEST

/* ---- while a stream is under way
 * --------------------------------------------------------------------- */

/* More events than the sockets between us hold: the server cannot have sent all of them yet. */
static char *long_question(void)
{
    enum { WORDS = 100000 };
    char *body = NULL;
    size_t size;
    FILE *out = open_memstream(&body, &size);
    fputs("{\"model\":\"commissioned-echo-1\",\"stream\":true,\"messages\":[{\"role\":\"user\","
          "\"content\":\"",
          out);
    for (int i = 0; i < WORDS; i++)
        fputs("word ", out);
    fputs("the end\"}]}", out);
    fclose(out);
    return body;
}

struct watcher {
    const struct ds_key_text *key;
    void (*act)(const struct ds_key_text *key); /* at the first byte */
    size_t size;
    char tail[64];
};

static size_t watch(char *data, size_t one, size_t size, void *pointer)
{
    struct watcher *watcher = pointer;
    (void)one;
    if (watcher->size == 0)
        watcher->act(watcher->key);
    watcher->size += size;
    if (size >= sizeof watcher->tail) {
        memcpy(watcher->tail, data + size - sizeof watcher->tail + 1, sizeof watcher->tail - 1);
    } else {
        size_t kept = sizeof watcher->tail - 1 - size;
        memmove(watcher->tail, watcher->tail + size, kept);
        memcpy(watcher->tail + kept, data, size);
    }
    return size;
}

static void stream_while(void (*act)(const struct ds_key_text *key))
{
    struct ds_key_text key = new_key(NULL, NULL);
    struct watcher watcher = {.key = &key, .act = act};
    char *body = long_question();
    struct curl_slist *headers = with_key(NULL, &key);
    aim(curl, CHAT, headers, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &watcher);
    CURLcode result = curl_easy_perform(curl);
    ck_assert_msg(result == CURLE_OK, "%s", curl_easy_strerror(result));
    ck_assert_uint_gt(watcher.size, 16 * 1024 * 1024);
    ck_assert_str_eq(watcher.tail + sizeof watcher.tail - 1 - 14, "data: [DONE]\n\n");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, NULL);
    curl_slist_free_all(headers);
    free(body);
}

static void revoke_key(const struct ds_key_text *key)
{
    ck_assert_int_eq(ds_child_revoke(&server, key), 0);
}

START_TEST(a_stream_under_way_completes_when_its_key_is_revoked)
{
    stream_while(revoke_key);
}
END_TEST

static void terminate(const struct ds_key_text *key)
{
    (void)key;
    ck_assert_int_eq(kill(server.pid, SIGTERM), 0);
}

static void has_ended_well(void)
{
    fclose(server.out);
    ck_assert_int_eq(ds_reap(server.pid), 0);
    ds_child_start(&server, folder, NULL); /* for the teardown */
}

START_TEST(a_stream_under_way_completes_when_the_server_is_told_to_end)
{
    stream_while(terminate);
    has_ended_well();
}
END_TEST

/* The same where the server's own thread is slow to take a socket out of an epoll set: then another
 * thread has done it before. */
START_TEST(a_stream_under_way_completes_whichever_thread_is_slow)
{
    char slow[PATH_MAX];
    built(slow, "tests/fixtures/slow_epoll.so");
    ck_assert_int_eq(ds_child_stop(&server), 0);
    setenv("LD_PRELOAD", slow, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    ds_child_start(&server, folder, NULL);
    unsetenv("LD_PRELOAD");
    unsetenv("ASAN_OPTIONS");
    stream_while(terminate);
    has_ended_well();
}
END_TEST

/* The stream does not go on until its reader, the only one, has been told that. */
static void terminate_and_come_again(const struct ds_key_text *key)
{
    char to[128];
    CURL *another = curl_easy_init();
    CURLcode result;
    terminate(key);
    snprintf(to, sizeof to, "app.commissioned.tech:443:127.0.0.1:%u", server.port);
    struct curl_slist *connect_to = curl_slist_append(NULL, to);
    curl_easy_setopt(another, CURLOPT_URL, "https://app.commissioned.tech/v1/models");
    curl_easy_setopt(another, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(another, CURLOPT_CAINFO, server.ca);
    curl_easy_setopt(another, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(another, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(another, CURLOPT_TIMEOUT, 20L);
    do
        result = curl_easy_perform(another); /* until the signal has arrived */
    while (result == CURLE_OK);
    ck_assert_msg(result != CURLE_OPERATION_TIMEDOUT, "%s", curl_easy_strerror(result));
    curl_easy_cleanup(another);
    curl_slist_free_all(connect_to);
}

START_TEST(who_comes_while_the_server_ends_is_turned_away)
{
    stream_while(terminate_and_come_again);
    has_ended_well();
}
END_TEST

/* ---- ends and starts
 * ---------------------------------------------------------------------------------- */

START_TEST(after_sigkill_the_same_state_serves_the_same_keys_and_certificate)
{
    struct ds_key_text key = new_key(NULL, NULL);
    ck_assert_int_eq(status_of(&key, "/v1/models"), 200);
    char *ca = ds_slurp(server.ca, NULL);
    ck_assert_int_eq(kill(server.pid, SIGKILL), 0);
    fclose(server.out);
    ck_assert_int_eq(ds_reap(server.pid), 128 + SIGKILL);
    ds_child_start(&server, folder, NULL);
    char *ca_again = ds_slurp(server.ca, NULL);
    ck_assert_str_eq(ca, ca_again);
    ck_assert_int_eq(status_of(&key, "/v1/models"), 200);
    free(ca);
    free(ca_again);
}
END_TEST

START_TEST(a_key_that_was_printed_survives_the_sigkill_of_its_creator)
{
    const char *const argv[] = {ds_program(), "key",     "create", "--name",
                                "n",          "--state", folder,   NULL};
    for (int i = 0; i < 20; i++) {
        struct ds_key_text key;
        int out;
        pid_t pid = ds_spawn(argv, &out);
        FILE *in = fdopen(out, "r");
        ck_assert_uint_eq(fread(key.text, 1, DS_KEY_LENGTH, in), DS_KEY_LENGTH);
        kill(pid, SIGKILL);
        key.text[DS_KEY_LENGTH] = '\0';
        fclose(in);
        ds_reap(pid);
        ck_assert_int_eq(status_of(&key, "/v1/models"), 200);
    }
}
END_TEST

static void create_at_once(void)
{
    enum { CREATORS = 12 };
    char *fresh = ds_test_folder();
    const char *const argv[] = {ds_program(), "key",     "create", "--name",
                                "n",          "--state", fresh,    NULL};
    pid_t pids[CREATORS];
    int outs[CREATORS];
    for (size_t i = 0; i < CREATORS; i++)
        pids[i] = ds_spawn(argv, &outs[i]);
    for (size_t i = 0; i < CREATORS; i++) {
        char text[DS_KEY_LENGTH + 1];
        ck_assert_int_eq(ds_reap(pids[i]), 0);
        ck_assert_int_eq(read(outs[i], text, sizeof text), (ssize_t)sizeof text);
        close(outs[i]);
    }
    ds_test_folder_end(fresh);
}

/* One in twenty of such crowds met an SQLITE_BUSY that SQLite does not wait out. */
START_TEST(many_creators_at_once_on_a_new_state_all_get_a_key)
{
    for (int crowd = 0; crowd < 25; crowd++)
        create_at_once();
}
END_TEST

START_TEST(a_key_whose_printing_fails_is_said_to_be_revoked)
{
    const char *const argv[] = {
        "/bin/sh",    "-c",   "exec \"$0\" key create --name full --state \"$1\" >/dev/full",
        ds_program(), folder, NULL};
    int out;
    pid_t pid = ds_spawn(argv, &out);
    close(out);
    ck_assert_int_eq(ds_reap(pid), 1);
    struct ds_key_text admin = new_key("--scope", "keys");
    auto_answer answer = ask(&admin, "/v1/api_keys", NULL);
    json_t *list = json_loads(answer.body, 0, NULL);
    const json_t *first = json_array_get(json_object_get(list, "data"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "name")), "full");
    ck_assert_int_gt(json_integer_value(json_object_get(first, "revoked")), 0);
    json_decref(list);
}
END_TEST

START_TEST(a_port_that_is_taken_ends_the_second_server_with_1)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    const char *const argv[] = {ds_program(), "serve", "--state", folder,
                                "--listen",   address, NULL};
    int out;
    pid_t pid = ds_spawn(argv, &out);
    ck_assert_int_eq(ds_reap(pid), 1);
    close(out);
}
END_TEST

START_TEST(standard_output_is_the_readiness_line_and_then_the_log_alone)
{
    static const char *const none[] = {NULL};
    char line[1024];
    ck_assert_int_eq(ds_child_stop(&server), 0);
    ds_child_start(&server, folder, none);
    ck_assert_int_eq(status_of(NULL, "/v1/models?secret=1"), 401);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, server.out));
    json_t *entry = json_loads(line, 0, NULL);
    ck_assert_ptr_nonnull(entry);
    ck_assert_str_eq(json_string_value(json_object_get(entry, "path")), "/v1/models");
    ck_assert(json_is_null(json_object_get(entry, "key")));
    json_decref(entry);
    ck_assert_int_eq(kill(server.pid, SIGTERM), 0);
    ck_assert_ptr_null(fgets(line, sizeof line, server.out));
    fclose(server.out);
    ck_assert_int_eq(ds_reap(server.pid), 0);
    ds_child_start(&server, folder, NULL); /* for the teardown */
}
END_TEST

START_TEST(who_has_an_answer_finds_it_in_the_log_and_no_key)
{
    struct ds_key_text key = new_key(NULL, NULL);
    char path[128], prefix[64];
    snprintf(path, sizeof path, "/v1/%s", key.text); /* a key where it does not belong */
    ck_assert_int_eq(status_of(&key, path), 404);
    char *log = ds_slurp(server.log, NULL);
    snprintf(prefix, sizeof prefix, "\"key\":\"%.16s\",\"authorization_headers\":1", key.text);
    ck_assert_ptr_nonnull(strstr(log, prefix));
    ck_assert_ptr_null(strstr(log, key.text + DS_PREFIX_LENGTH));
    free(log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver");
    TCase *all = tcase_create("over TLS");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_key_made_while_the_server_runs_works_at_once);
    tcase_add_test(all, a_missing_key_is_401_in_the_documented_shape);
    tcase_add_test(all, two_authorization_headers_are_401);
    tcase_add_test(all, the_scheme_may_be_in_any_case);
    tcase_add_test(all, a_key_revoked_by_another_process_is_dead_for_the_next_request);
    tcase_add_test(all, a_key_without_the_scope_is_403);
    tcase_add_test(all, a_key_over_its_rate_is_429_with_the_headers);
    tcase_add_test(all, paths_and_methods_have_their_statuses);
    tcase_add_test(all, a_chat_completion_is_answered);
    tcase_add_test(all, a_streamed_completion_comes_as_events);
    tcase_add_test(all, a_body_that_is_not_json_is_400);
    tcase_add_test(all, keys_are_managed_over_http_with_a_key_for_that);
    tcase_add_test(all, a_stream_under_way_completes_when_its_key_is_revoked);
    tcase_add_test(all, a_stream_under_way_completes_when_the_server_is_told_to_end);
    tcase_add_test(all, a_stream_under_way_completes_whichever_thread_is_slow);
    tcase_add_test(all, who_comes_while_the_server_ends_is_turned_away);
    tcase_add_test(all, after_sigkill_the_same_state_serves_the_same_keys_and_certificate);
    tcase_add_test(all, a_key_that_was_printed_survives_the_sigkill_of_its_creator);
    tcase_add_test(all, many_creators_at_once_on_a_new_state_all_get_a_key);
    tcase_add_test(all, a_key_whose_printing_fails_is_said_to_be_revoked);
    tcase_add_test(all, a_port_that_is_taken_ends_the_second_server_with_1);
    tcase_add_test(all, standard_output_is_the_readiness_line_and_then_the_log_alone);
    tcase_add_test(all, who_has_an_answer_finds_it_in_the_log_and_no_key);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
