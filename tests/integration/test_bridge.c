/* `run --bridge`: what the program, the origin and the engine get to see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "support/bridged.h"
#include "support/suite.h"

#define APP "https://app.commissioned.tech"

static struct bridged bridged;

static const struct seen *last_seen(void)
{
    size_t count;
    const struct seen *seen = origin_seen(&count);
    ck_assert_uint_gt(count, 0);
    return &seen[count - 1];
}

static size_t requests_seen(void)
{
    size_t count;
    origin_seen(&count);
    return count;
}

static void saw_key(int which)
{
    char expected[TEST_KEY_LENGTH + 16];
    snprintf(expected, sizeof expected, "Bearer %s", bridged_keys[which]);
    ck_assert_uint_eq(last_seen()->authorizations, 1);
    ck_assert_str_eq(last_seen()->authorization, expected);
}

static void body_says(const char *field, const char *expected)
{
    json_t *answer = json_loads(bridged_body(), 0, NULL);
    const char *text = json_string_value(json_object_get(json_object_get(answer, "error"), field));
    ck_assert_msg(text != NULL && strstr(text, expected) != NULL, "%s: no '%s' in: %s", field,
                  expected, bridged_body());
    json_decref(answer);
}

START_TEST(the_origin_gets_the_key_and_its_own_name)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/models?limit=1"), 200);
    saw_key(0);
    ck_assert_str_eq(last_seen()->host, "app.commissioned.tech");
    ck_assert_str_eq(last_seen()->path, "/v1/models");
    ck_assert_int_eq(bridged_end(&bridged), 0);
}
END_TEST

START_TEST(the_program_has_a_token_and_the_bridges_url_in_its_environment)
{
    if (bridged_skips(__func__))
        return;
    ck_assert_int_eq(BRIDGED("--", "sh", "-c",
                             "echo $OPENAI_API_KEY $COMMISSIONED_API_KEY $OPENAI_BASE_URL "
                             "$OPENAI_API_BASE $NO_PROXY $no_proxy"),
                     0);
    char token[128], same[128], url[128], same_url[128], proxy[64], same_proxy[64];
    ck_assert_int_eq(sscanf(bridged_outcome.out, "%127s %127s %127s %127s %63s %63s", token, same,
                            url, same_url, proxy, same_proxy),
                     6);
    ck_assert_uint_eq(strlen(token), 68);
    ck_assert_uint_eq(strspn(token + 4, "0123456789abcdef"), 64);
    ck_assert_int_eq(strncmp(token, "cab_", 4), 0);
    ck_assert_str_eq(token, same);
    ck_assert_int_eq(strncmp(url, "http://127.0.0.1:", 17), 0);
    ck_assert_str_eq(url + strcspn(url + 7, "/") + 7, "/v1");
    ck_assert_str_eq(url, same_url);
    ck_assert_str_eq(proxy, "127.0.0.1");
    ck_assert_str_eq(same_proxy, "127.0.0.1");
}
END_TEST

START_TEST(the_key_is_neither_in_the_memory_nor_in_the_environment_of_the_program)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/models"), 200);
    ck_assert_uint_eq(bridged_copies(bridged.program, bridged_keys[0]), 0);
    /* The scan finds what is there. */
    ck_assert_uint_gt(bridged_copies(bridged.engine, "127.0.0.1"), 0);
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/environ", (int)bridged.program);
    ck_assert_ptr_null(strstr(text_of(name), bridged_keys[0]));
    bridged_end(&bridged);
}
END_TEST

START_TEST(neither_key_nor_token_is_in_the_engines_configuration)
{
    if (bridged_skips(__func__))
        return;
    char name[64], token[128];
    bridged_begin(&bridged, NULL);
    snprintf(token, sizeof token, "%s", bridged_shell("echo $OPENAI_API_KEY"));
    snprintf(name, sizeof name, "/proc/%d/fd/5", (int)bridged.engine);
    const char *text = text_of(name);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "verify required"));
    ck_assert_ptr_null(strstr(text, bridged_keys[0]));
    ck_assert_ptr_null(strstr(text, token));
    bridged_end(&bridged);
}
END_TEST

START_TEST(the_engine_has_nothing_of_the_environment_and_leaves_no_core)
{
    if (bridged_skips(__func__))
        return;
    char name[64];
    bridged_begin(&bridged, NULL);
    snprintf(name, sizeof name, "/proc/%d/environ", (int)bridged.engine);
    ck_assert_str_eq(text_of(name), "RES_OPTIONS=timeout:1 attempts:1");
    snprintf(name, sizeof name, "/proc/%d/limits", (int)bridged.engine);
    ck_assert_ptr_nonnull(
        strstr(text_of(name), "Max core file size        0                    0"));
    bridged_end(&bridged);
}
END_TEST

static const struct {
    const char *arguments;
    const char *what;
} strangers[] = {
    {"\"$B/v1/models\"", "no token"},
    {"-H 'Authorization: Bearer cab_0' \"$B/v1/models\"", "another token"},
    {"-H \"Authorization: Basic $OPENAI_API_KEY\" \"$B/v1/models\"", "another scheme"},
    {"-H \"Authorization: Bearer ${OPENAI_API_KEY}0\" \"$B/v1/models\"", "a longer one"},
    {"-H 'Authorization: Bearer x' -H \"Authorization: Bearer $OPENAI_API_KEY\" \"$B/v1/models\"",
     "two headers"},
    {"-H \"Authorization: Bearer $OPENAI_API_KEY, Bearer x\" \"$B/v1/models\"", "two in one"},
};

START_TEST(without_the_token_nothing_passes)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_msg(bridged_curl(strangers[_i].arguments) == 401, "%s: %s", strangers[_i].what,
                  bridged_body());
    body_says("code", "bridge_placeholder");
    ck_assert_uint_eq(requests_seen(), 0);
    bridged_end(&bridged);
}
END_TEST

static const char *const refused_paths[] = {
    "/v2",        "/v1evil",      "/",        "/V1/models",    "//v1/models",
    "/v1/../v2",  "/v1/./models", "/v1/..",   "/v1/%2e%2e/v2", "/v1/%2E./v2",
    "/v1/a%2fb",  "/v1/a%5Cb",    "/v1/a\\b", "/v1/%6dodels",  "/v1/..;x/models",
    "/v1/..%3bx", "/v1/%00",      "/v1/%",    "/v1/%4",        "/v1/%zz",
    "/v1/%25x",
};

START_TEST(a_path_outside_the_rule_or_that_can_be_read_in_two_ways_is_refused)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1\";");
    bridged_begin(&bridged, NULL);
    for (size_t i = 0; i < sizeof refused_paths / sizeof refused_paths[0]; i++) {
        ck_assert_msg(bridged_get(refused_paths[i]) == 403, "%s", refused_paths[i]);
        body_says("code", "bridge_scope");
    }
    ck_assert_uint_eq(requests_seen(), 0);
    bridged_end(&bridged);
}
END_TEST

static const char *const taken_paths[] = {
    "/v1",     "/v1/",        "/v1/models", "/v1/a%20b", "/v1/%C3%A4", "/v1/a?x=../%2e%2e/%2f",
    "/v1/...", "/v1/.hidden", "/v1//x",     "/v1/a;b=c", "/v1/a%3Ab",
};

START_TEST(a_plain_path_in_the_rule_passes)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1\";");
    bridged_begin(&bridged, NULL);
    for (size_t i = 0; i < sizeof taken_paths / sizeof taken_paths[0]; i++)
        ck_assert_msg(bridged_get(taken_paths[i]) == 200, "%s: %s", taken_paths[i], bridged_body());
    bridged_end(&bridged);
}
END_TEST

#define BEARER "-H \"Authorization: Bearer $OPENAI_API_KEY\" "

static const char *const refused_requests[] = {
    BEARER "-X TRACE \"$B/v1/models\"",
    BEARER "-X trace \"$B/v1/models\"",
    BEARER "-H \"Host: 127.0.0.1:${B##*:}, evil.example\" \"$B/v1/models\"",
    BEARER "-H 'Host: evil.example' \"$B/v1/models\"",
    BEARER "-H 'Host: app.commissioned.tech' \"$B/v1/models\"",
    BEARER "-X OPTIONS --request-target '*' \"$B/v1/models\"",
    BEARER "--request-target http://evil.example/v1/models \"$B/v1/models\"",
    BEARER "--request-target " APP "/v1/models \"$B/v1/models\"",
};

START_TEST(trace_a_foreign_host_and_a_foreign_target_are_refused)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    int status = bridged_curl(refused_requests[_i]);
    ck_assert_msg(status == 403 || status == 400, "%d: %s", status, refused_requests[_i]);
    ck_assert_uint_eq(requests_seen(), 0);
    bridged_end(&bridged);
}
END_TEST

/* The listener speaks one protocol: less is reached by whoever has no token. */
START_TEST(http_2_is_not_spoken)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_ptr_nonnull(
        strstr(bridged_shell("printf 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' | "
                             "curl -s -m 5 telnet://127.0.0.1:${B##*:} | head -n 1"),
               "HTTP/1.1 400"));
    bridged_end(&bridged);
}
END_TEST

START_TEST(who_has_no_token_keeps_no_connection)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_curl("-i \"$B/v1/models\""), 401);
    ck_assert_ptr_nonnull(strcasestr(bridged_body(), "\nconnection: close"));
    ck_assert_int_eq(bridged_curl(BEARER "-i \"$B/v1/models\""), 200);
    ck_assert_ptr_null(strcasestr(bridged_body(), "\nconnection: close"));
    bridged_end(&bridged);
}
END_TEST

START_TEST(the_authorities_that_a_rule_names_count_in_place_of_the_machines)
{
    if (bridged_skips(__func__))
        return;
    char policy[2 * PATH_MAX];
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"a\"; file = \"@A\"; } ); rules = ( { name = \"one\"; key = "
             "\"a\"; ca_file = \"%s\"; } );",
             bridged_origin.ca_file);
    bridged_policy(policy);
    bridged_trusts = false;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(rules_that_name_different_authorities_are_78)
{
    if (bridged_skips(__func__))
        return;
    char policy[2 * PATH_MAX];
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"a\"; file = \"@A\"; } );\n"
             "rules = ( { name = \"one\"; key = \"a\"; ca_file = \"%s\"; },\n"
             "{ name = \"two\"; key = \"a\"; url = \"" APP "/v1\"; } );",
             bridged_origin.ca_file);
    bridged_policy(policy);
    bridged_trusts = false;
    BRIDGED("--", "echo", "started");
    ck_assert_int_eq(bridged_outcome.status, 78);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "auth.conf:3: the rule 'two' has another"));
}
END_TEST

START_TEST(a_rule_for_a_script_is_for_what_the_interpreter_is_told_to_run)
{
    if (bridged_skips(__func__))
        return;
    char script[PATH_MAX], policy[2 * PATH_MAX];
    in_folder(script, bridged_folder, "report.sh");
    write_file(script, "echo ran\n", 0644);
    snprintf(policy, sizeof policy,
             "keys = ( { name = \"a\"; file = \"@A\"; } ); rules = ( { name = \"one\"; key = "
             "\"a\"; scripts = [\"%s\"]; } );",
             script);
    bridged_policy(policy);
    ck_assert_msg(BRIDGED("--", "sh", script) == 0, "%s", bridged_outcome.err);
    ck_assert_str_eq(bridged_outcome.out, "ran\n");
    ck_assert_int_eq(BRIDGED("--", "sh", "-c", "echo ran"), 125);
    ck_assert_int_eq(BRIDGED("--", "sh", bridged_origin.ca_file), 125);
}
END_TEST

START_TEST(two_host_headers_are_refused)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_ptr_nonnull(strstr(
        bridged_shell("printf 'GET /v1/models HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\nHost: x\\r\\n"
                      "Authorization: Bearer %s\\r\\n\\r\\n' ${B##*:} $OPENAI_API_KEY | "
                      "curl -s -m 5 telnet://127.0.0.1:${B##*:} | head -n 1"),
        " 40"));
    ck_assert_uint_eq(requests_seen(), 0);
    bridged_end(&bridged);
}
END_TEST

static const char two_rules[] =
    "keys = ( { name = \"a\"; file = \"@A\"; }, { name = \"b\"; file = \"@B\"; } );\n"
    "rules = ( { name = \"read\"; key = \"b\"; url = \"" APP "/v1/models\"; methods = [\"GET\"]; },"
    "          { name = \"all\"; key = \"a\"; url = \"" APP
    "/v1\"; methods = [\"GET\", \"POST\"]; } );";

START_TEST(the_first_rule_whose_path_and_method_fit_gives_its_key)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy(two_rules);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_curl(BEARER "$B/v1/models"), 200);
    saw_key(1);
    ck_assert_int_eq(bridged_curl(BEARER "-X POST $B/v1/models"), 200);
    saw_key(0);
    ck_assert_int_eq(bridged_curl(BEARER "$B/v1/chat"), 200);
    saw_key(0);
    ck_assert_int_eq(bridged_curl(BEARER "-X DELETE $B/v1/models"), 403);
    bridged_end(&bridged);
}
END_TEST

START_TEST(dash_k_leaves_the_rules_of_one_key)
{
    if (bridged_skips(__func__))
        return;
    static const char *const options[] = {"-k", "b", NULL};
    bridged_policy(two_rules);
    bridged_begin(&bridged, options);
    ck_assert_str_eq(bridged_shell("echo ${OPENAI_BASE_URL#$B}"), "/v1/models");
    bridged_end(&bridged);
}
END_TEST

START_TEST(rules_of_other_origins_open_nothing)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy(
        "extra_origins = [\"" APP ":8443\"];\n"
        "keys = ( { name = \"a\"; file = \"@A\"; }, { name = \"b\"; file = \"@B\"; } );\n"
        "rules = ( { name = \"one\"; key = \"a\"; url = \"" APP "/v1\"; },"
        "          { name = \"other\"; key = \"b\"; url = \"" APP ":8443/v2\"; } );");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert_int_eq(bridged_get("/v2/x"), 403);
    bridged_end(&bridged);
}
END_TEST

START_TEST(with_missing_pass_a_request_goes_out_without_a_key)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("keys = ( { name = \"a\"; file = \"/nowhere/key\"; } );\n"
                   "rules = ( { name = \"one\"; key = \"a\"; missing = \"pass\"; } );");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert_uint_eq(last_seen()->authorizations, 0);
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_key_from_the_environment_does_not_stay_there)
{
    if (bridged_skips(__func__))
        return;
    setenv("MY_OWN_KEY", bridged_keys[1], 1);
    bridged_policy("keys = ( { name = \"own\"; environment = \"COMMISSIONED_API_KEY\"; } );\n"
                   "rules = ( { name = \"one\"; key = \"own\"; } );");
    setenv("COMMISSIONED_API_KEY", bridged_keys[1], 1);
    unsetenv("MY_OWN_KEY");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    saw_key(1);
    ck_assert_uint_eq(bridged_copies(bridged.program, bridged_keys[1]), 0);
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_proxy_of_the_environment_does_not_get_the_requests)
{
    if (bridged_skips(__func__))
        return;
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    setenv("no_proxy", "example.org", 1);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert_str_eq(bridged_shell("echo $no_proxy"), "example.org,127.0.0.1");
    /* What is not set says as much: clients differ in which of the two they read. */
    ck_assert_str_eq(bridged_shell("echo $NO_PROXY"), "example.org,127.0.0.1");
    bridged_end(&bridged);
}
END_TEST

static bool stream_has(const char *event)
{
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "stream");
    for (int i = 0; i < 1000; i++) {
        const char *text = text_of(path);
        if (text != NULL && strstr(text, event) != NULL)
            return true;
        usleep(10000);
    }
    return false;
}

/* The next event is not sent before this one was seen: what waits for more waits for ever. */
START_TEST(each_event_of_a_stream_arrives_before_the_next_is_sent)
{
    if (bridged_skips(__func__))
        return;
    char line[2 * PATH_MAX], event[32];
    bridged_begin(&bridged, NULL);
    snprintf(
        line, sizeof line,
        "curl -s -N -m 60 -H \"Authorization: Bearer $OPENAI_API_KEY\" $B/stream >%s/stream & echo",
        bridged_folder);
    bridged_shell(line);
    for (int i = 0; i < ORIGIN_EVENTS; i++) {
        snprintf(event, sizeof event, "event %d\n", i);
        ck_assert_msg(stream_has(event), "event %d", i);
        ck_assert_int_eq(bridged_get("/release"), 200);
    }
    bridged_shell("wait; echo");
    bridged_end(&bridged);
}
END_TEST

START_TEST(each_start_has_a_token_of_its_own)
{
    if (bridged_skips(__func__))
        return;
    char first[128];
    BRIDGED("--", "sh", "-c", "echo $OPENAI_API_KEY");
    snprintf(first, sizeof first, "%.100s", bridged_outcome.out);
    BRIDGED("--", "sh", "-c", "echo $OPENAI_API_KEY");
    ck_assert_str_ne(first, bridged_outcome.out);
}
END_TEST

START_TEST(the_program_keeps_our_process_id_and_gives_its_own_status)
{
    if (bridged_skips(__func__))
        return;
    char pid[32];
    ck_assert_int_eq(BRIDGED("--", "sh", "-c", "echo $$; exit 37"), 37);
    snprintf(pid, sizeof pid, "%d\n", (int)bridged_outcome.pid);
    ck_assert_str_eq(bridged_outcome.out, pid);
    ck_assert_str_eq(bridged_outcome.err, "");
}
END_TEST

START_TEST(a_pipe_of_the_programs_ends_with_it)
{
    if (bridged_skips(__func__))
        return;
    char line[4 * PATH_MAX];
    snprintf(line, sizeof line, "%s run --bridge --cacert %s --connect 127.0.0.1:1 -- echo x | cat",
             bridged_command, bridged_origin.ca_file);
    OUTCOME(&bridged_outcome, "timeout", "10", "sh", "-c", line);
    ck_assert_str_eq(bridged_outcome.out, "x\n");
    ck_assert_int_eq(bridged_outcome.status, 0);
}
END_TEST

/* ---- what is refused before anything is started ---------------------------------------------- */

static void refused(int status, const char *sentence)
{
    ck_assert_msg(bridged_outcome.status == status, "%d: %s%s", bridged_outcome.status,
                  bridged_outcome.out, bridged_outcome.err);
    ck_assert_str_eq(bridged_outcome.out, "");
    ck_assert_msg(strstr(bridged_outcome.err, sentence) != NULL, "%s", bridged_outcome.err);
    ck_assert_ptr_eq(strchr(bridged_outcome.err, '\n'),
                     bridged_outcome.err + strlen(bridged_outcome.err) - 1);
}

START_TEST(a_base_url_that_the_caller_set_is_refused)
{
    static const char *const names[] = {"OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_ENDPOINT"};
    setenv(names[_i], "https://other.example/v1", 1);
    BRIDGED("--", "echo", "started");
    unsetenv(names[_i]);
    refused(125, names[_i]);
}
END_TEST

START_TEST(an_engine_that_is_too_old_is_refused)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    in_folder(path, bridged_folder, "haproxy");
    write_file(path, "#!/bin/sh\necho 'HA-Proxy version 2.2.9-2 2021/01/01'\n", 0755);
    snprintf(search, sizeof search, "%s:%s", bridged_folder, getenv("PATH"));
    setenv("PATH", search, 1);
    BRIDGED("--", "echo", "started");
    refused(125, "HAProxy 2.2: install 2.4 or newer");
}
END_TEST

START_TEST(an_engine_that_does_not_start_is_quoted)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    in_folder(path, bridged_folder, "haproxy");
    write_file(path,
               "#!/bin/sh\n[ \"$1\" != -v ] || { echo 'HAProxy version 2.6.1'; exit; }\n"
               "echo '[ALERT] (1) : no such word'\nexit 1\n",
               0755);
    snprintf(search, sizeof search, "%s:%s", bridged_folder, getenv("PATH"));
    setenv("PATH", search, 1);
    BRIDGED("--", "echo", "started");
    refused(125, "does not start: no such word");
}
END_TEST

START_TEST(a_machine_without_an_engine_is_told_the_package)
{
    char script[3 * PATH_MAX];
    snprintf(script, sizeof script,
             "for f in /usr/sbin /usr/bin /usr/local/sbin /usr/local/bin; do "
             "[ ! -e $f/haproxy ] || mount --bind /dev/null $f/haproxy || exit 3; done; "
             "PATH=/usr/bin:/bin exec %s run --bridge -- echo started",
             bridged_command);
    OUTCOME(&bridged_outcome, "unshare", "-m", "sh", "-c", script);
    if (bridged_outcome.status == 1 || bridged_outcome.status == 3) {
        printf("SKIP a_machine_without_an_engine_is_told_the_package: no mount namespace here\n");
        fflush(stdout);
        return;
    }
    refused(125, "install the package 'haproxy'");
}
END_TEST

START_TEST(a_program_that_is_denied_gets_no_bridge)
{
    bridged_policy(
        "key_file = \"@A\"; deny = ( { programs = [\"/**\", \"/*/*\", \"/*/*/*\"]; } );");
    BRIDGED("--", "/bin/echo", "started");
    refused(125, "no rule gives");
}
END_TEST

START_TEST(a_set_user_id_program_gets_no_bridge)
{
    char path[PATH_MAX];
    if (getuid() != 0) {
        printf("SKIP a_set_user_id_program_gets_no_bridge: only root gives files away\n");
        return;
    }
    in_folder(path, bridged_folder, "setid");
    copy_file("/bin/true", path, 0755);
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert_int_eq(chmod(path, 04755), 0);
    BRIDGED("--", path);
    refused(125, "gets no bridge");
}
END_TEST

START_TEST(a_rule_that_no_engine_can_enforce_is_78)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1/it's\";");
    BRIDGED("--", "echo", "started");
    refused(78, "auth.conf:1: the path");
}
END_TEST

START_TEST(a_policy_with_an_error_is_78)
{
    bridged_policy("key_file = @;");
    BRIDGED("--", "echo", "started");
    refused(78, "auth.conf:1");
}
END_TEST

START_TEST(a_key_that_cannot_be_had_is_told_at_the_start)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("key_file = \"/nowhere/key\";");
    BRIDGED("--", "echo", "started");
    refused(125, "/nowhere");
}
END_TEST

START_TEST(options_that_do_not_go_together_are_refused)
{
    static const struct {
        const char *words[4], *sentence;
    } calls[] = {
        {{"--env"}, "choose one"},
        {{"--connect", "nowhere"}, "is not HOST:PORT"},
        {{"--connect", "a:1 ssl verify none"}, "is not HOST:PORT"},
        {{"--connect", "a'b:1"}, "is not HOST:PORT"},
        {{"--cacert", "/nowhere/ca.pem"}, "--cacert: /nowhere/ca.pem"},
    };
    BRIDGED(calls[_i].words[0], calls[_i].words[1] != NULL ? calls[_i].words[1] : "--", "echo",
            "started");
    refused(125, calls[_i].sentence);
}
END_TEST

/* ---- who says what to do --------------------------------------------------------------------- */

START_TEST(explain_and_run_lead_a_program_that_the_library_cannot_reach_to_a_bridge)
{
    char program[PATH_MAX];
    built(program, "tests/fixtures/static");
    OUTCOME(&bridged_outcome, bridged_command, "explain", "-p", program, APP "/v1/models");
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "run --bridge', for the library cannot"));
    OUTCOME(&bridged_outcome, bridged_command, "run", "--", program);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "run --bridge -- "));
    ck_assert(strstr(bridged_outcome.err, "--bridge") < strstr(bridged_outcome.err, "--env"));
}
END_TEST

START_TEST(status_names_the_bridges_that_run)
{
    if (bridged_skips(__func__))
        return;
    char line[64], found[128];
    bridged_begin(&bridged, NULL);
    snprintf(line, sizeof line, "process %d, of user %u, for sh\n", (int)bridged.supervisor,
             (unsigned)getuid());
    OUTCOME(&bridged_outcome, bridged_command, "status");
    ck_assert_msg(strstr(bridged_outcome.out, line) != NULL, "%s", bridged_outcome.out);
    OUTCOME(&bridged_outcome, bridged_command, "status", "--json");
    json_t *status = json_loads(bridged_outcome.out, 0, NULL), *each;
    size_t i;
    found[0] = '\0';
    json_array_foreach(json_object_get(status, "bridges"), i,
                       each) if (json_integer_value(json_object_get(each, "pid")) ==
                                 bridged.supervisor)
        snprintf(found, sizeof found, "%s %s", json_string_value(json_object_get(each, "kind")),
                 json_string_value(json_object_get(each, "program")));
    ck_assert_str_eq(found, "bridge sh");
    json_decref(status);
    bridged_end(&bridged);
    ck_assert(bridged_is_gone(bridged.supervisor));
    OUTCOME(&bridged_outcome, bridged_command, "status");
    ck_assert_ptr_null(strstr(bridged_outcome.out, line));
}
END_TEST

START_TEST(doctor_has_the_engine_look_at_the_rules)
{
    if (bridged_skips(__func__))
        return;
    OUTCOME(&bridged_outcome, bridged_command, "doctor");
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "which 'run --bridge' can use"));
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1/it's\";");
    OUTCOME(&bridged_outcome, bridged_command, "doctor");
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "no engine takes"));
}
END_TEST

START_TEST(doctor_has_the_engine_look_at_the_rules_with_no_other_descriptor_open)
{
    if (bridged_skips(__func__))
        return;
    OUTCOME(&bridged_outcome, "bash", "-c",
            "for ((fd = 3; fd < 64; fd++)); do eval \"exec $fd>&-\"; done; exec \"$0\" doctor",
            bridged_command);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "which 'run --bridge' can use"));
}
END_TEST

/* As HAProxy, of which -q makes a refusal silent. */
START_TEST(doctor_says_why_the_engine_refuses_the_rules)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    in_folder(path, bridged_folder, "haproxy");
    write_file(path,
               "#!/bin/sh\n[ \"$1\" != -v ] || { echo 'HAProxy version 2.6.1'; exit; }\n"
               "case \" $* \" in *' -q '*) exit 1;; esac\n"
               "echo '[ALERT] (1) : no such word'\nexit 1\n",
               0755);
    snprintf(search, sizeof search, "%s:%s", bridged_folder, getenv("PATH"));
    setenv("PATH", search, 1);
    OUTCOME(&bridged_outcome, bridged_command, "doctor");
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "no such word"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("bridge");
    TCase *passing = tcase_create("passing");
    TCase *refusing = tcase_create("refusing");
    tcase_add_checked_fixture(passing, bridged_start, bridged_stop);
    tcase_add_checked_fixture(refusing, bridged_start, bridged_stop);
    tcase_set_timeout(passing, 120);
    tcase_set_timeout(refusing, 120);
    tcase_add_test(passing, the_origin_gets_the_key_and_its_own_name);
    tcase_add_test(passing, the_program_has_a_token_and_the_bridges_url_in_its_environment);
    tcase_add_test(passing, the_key_is_neither_in_the_memory_nor_in_the_environment_of_the_program);
    tcase_add_test(passing, neither_key_nor_token_is_in_the_engines_configuration);
    tcase_add_test(passing, the_engine_has_nothing_of_the_environment_and_leaves_no_core);
    tcase_add_loop_test(passing, without_the_token_nothing_passes, 0,
                        sizeof strangers / sizeof strangers[0]);
    tcase_add_test(passing, a_path_outside_the_rule_or_that_can_be_read_in_two_ways_is_refused);
    tcase_add_test(passing, a_plain_path_in_the_rule_passes);
    tcase_add_loop_test(passing, trace_a_foreign_host_and_a_foreign_target_are_refused, 0,
                        sizeof refused_requests / sizeof refused_requests[0]);
    tcase_add_test(passing, two_host_headers_are_refused);
    tcase_add_test(passing, http_2_is_not_spoken);
    tcase_add_test(passing, who_has_no_token_keeps_no_connection);
    tcase_add_test(passing, the_authorities_that_a_rule_names_count_in_place_of_the_machines);
    tcase_add_test(passing, rules_that_name_different_authorities_are_78);
    tcase_add_test(passing, a_rule_for_a_script_is_for_what_the_interpreter_is_told_to_run);
    tcase_add_test(passing, the_first_rule_whose_path_and_method_fit_gives_its_key);
    tcase_add_test(passing, dash_k_leaves_the_rules_of_one_key);
    tcase_add_test(passing, rules_of_other_origins_open_nothing);
    tcase_add_test(passing, with_missing_pass_a_request_goes_out_without_a_key);
    tcase_add_test(passing, a_key_from_the_environment_does_not_stay_there);
    tcase_add_test(passing, a_proxy_of_the_environment_does_not_get_the_requests);
    tcase_add_test(passing, each_event_of_a_stream_arrives_before_the_next_is_sent);
    tcase_add_test(passing, each_start_has_a_token_of_its_own);
    tcase_add_test(passing, the_program_keeps_our_process_id_and_gives_its_own_status);
    tcase_add_test(passing, a_pipe_of_the_programs_ends_with_it);
    tcase_add_loop_test(refusing, a_base_url_that_the_caller_set_is_refused, 0, 3);
    tcase_add_test(refusing, an_engine_that_is_too_old_is_refused);
    tcase_add_test(refusing, an_engine_that_does_not_start_is_quoted);
    tcase_add_test(refusing, a_machine_without_an_engine_is_told_the_package);
    tcase_add_test(refusing, a_program_that_is_denied_gets_no_bridge);
    tcase_add_test(refusing, a_set_user_id_program_gets_no_bridge);
    tcase_add_test(refusing, a_rule_that_no_engine_can_enforce_is_78);
    tcase_add_test(refusing, a_policy_with_an_error_is_78);
    tcase_add_test(refusing, a_key_that_cannot_be_had_is_told_at_the_start);
    tcase_add_test(refusing,
                   explain_and_run_lead_a_program_that_the_library_cannot_reach_to_a_bridge);
    tcase_add_test(refusing, status_names_the_bridges_that_run);
    tcase_add_test(refusing, doctor_has_the_engine_look_at_the_rules);
    tcase_add_test(refusing, doctor_has_the_engine_look_at_the_rules_with_no_other_descriptor_open);
    tcase_add_test(refusing, doctor_says_why_the_engine_refuses_the_rules);
    tcase_add_loop_test(refusing, options_that_do_not_go_together_are_refused, 0, 5);
    suite_add_tcase(suite, passing);
    suite_add_tcase(suite, refusing);
    return suite;
}

int main(void)
{
    return suite_run(suite());
}
