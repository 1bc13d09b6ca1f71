/* `gateway` and `token`: one engine for many programs. */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "support/bridged.h"
#include "support/suite.h"

#define APP "https://app.commissioned.tech"

enum { TRIES = 1000 };

static char tokens[PATH_MAX], config[PATH_MAX], socket_path[PATH_MAX], connect_to[64];
static char token[128];
static pid_t gateway;

static const char open_rule[] =
    "keys = ( { name = \"a\"; file = \"@A\"; } );\n"
    "rules = ( { name = \"all\"; key = \"a\"; url = \"" APP "/v1\"; } );";

static const char two_rules[] =
    "keys = ( { name = \"a\"; file = \"@A\"; }, { name = \"b\"; file = \"@B\"; } );\n"
    "rules = ( { name = \"app\"; key = \"b\"; url = \"" APP
    "/v1/app\"; programs = [\"/usr/bin/app\"]; },\n"
    "          { name = \"all\"; key = \"a\"; url = \"" APP "/v1\"; methods = [\"GET\"]; } );";

static void setup(void)
{
    bridged_start();
    in_folder(tokens, bridged_folder, "tokens");
    in_folder(config, bridged_folder, "auth.conf");
    in_folder(socket_path, bridged_folder, "socket");
    snprintf(connect_to, sizeof connect_to, "127.0.0.1:%u", bridged_origin.tls_port);
    bridged_policy(open_rule);
}

static int command(const char *const words[])
{
    const char *argv[24] = {bridged_command};
    for (size_t i = 0; i < 22 && words[i] != NULL; i++)
        argv[i + 1] = words[i];
    outcome_of(&bridged_outcome, NULL, NULL, NULL, argv);
    return bridged_outcome.status;
}
#define COMMAND(...) command((const char *const[]){__VA_ARGS__, NULL})

static void add(const char *name, const char *rules)
{
    ck_assert_int_eq(rules != NULL
                         ? COMMAND("token", "add", "--tokens", tokens, name, "--rule", rules)
                         : COMMAND("token", "add", "--tokens", tokens, name),
                     0);
    snprintf(token, sizeof token, "%.68s", bridged_outcome.out);
}

/* ---- token ----------------------------------------------------------------------------------- */

START_TEST(a_token_is_shown_once_and_stored_as_its_hash)
{
    char line[512];
    add("svc", NULL);
    ck_assert_uint_eq(strlen(token), 68);
    ck_assert_ptr_null(strstr(text_of(tokens), token + 12));
    snprintf(line, sizeof line, "printf %%s %s | sha256sum | cut -d' ' -f1", token);
    OUTCOME(&bridged_outcome, "sh", "-c", line);
    bridged_outcome.out[64] = '\0';
    ck_assert_ptr_nonnull(strstr(text_of(tokens), bridged_outcome.out));
    ck_assert_int_eq(COMMAND("token", "list", "--tokens", tokens), 0);
    ck_assert_ptr_null(strstr(bridged_outcome.out, token + 12));
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "svc"));
}
END_TEST

START_TEST(a_second_token_of_the_name_is_refused_and_the_first_stays)
{
    add("svc", NULL);
    ck_assert_int_eq(COMMAND("token", "add", "--tokens", tokens, "svc"), 2);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "revoke it first"));
    ck_assert_int_eq(COMMAND("token", "revoke", "--tokens", tokens, "svc"), 0);
    ck_assert_ptr_null(strstr(text_of(tokens), "svc "));
    ck_assert_int_eq(COMMAND("token", "revoke", "--tokens", tokens, "svc"), 2);
}
END_TEST

START_TEST(a_name_that_would_break_the_file_is_refused)
{
    static const char *const names[] = {"a b", "a\nb", "", "a'b", "a|b"};
    ck_assert_int_eq(COMMAND("token", "add", "--tokens", tokens, names[_i]), 2);
    ck_assert(!exists(tokens));
}
END_TEST

START_TEST(a_file_of_tokens_that_others_may_write_is_refused)
{
    add("svc", NULL);
    ck_assert_int_eq(chmod(tokens, 0666), 0);
    ck_assert_int_eq(COMMAND("gateway", "print", "--config", config, "--tokens", tokens), 78);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, tokens));
}
END_TEST

/* ---- print and check ------------------------------------------------------------------------- */

static const char *const engines[] = {"haproxy", "nginx", "envoy"};

START_TEST(what_is_printed_has_no_key_and_no_token)
{
    add("svc", NULL);
    ck_assert_int_eq(COMMAND("gateway", "print", "--engine", engines[_i], "--config", config,
                             "--tokens", tokens),
                     0);
    ck_assert_ptr_null(strstr(bridged_outcome.out, bridged_keys[0]));
    ck_assert_ptr_null(strstr(bridged_outcome.out, token));
    ck_assert_ptr_nonnull(strstr(bridged_outcome.out, "/etc/commissioned-auth/gateway/key"));
}
END_TEST

static bool lacks_engine(const char *engine)
{
    char line[128];
    snprintf(line, sizeof line, "PATH=$PATH:/usr/sbin command -v %s >/dev/null", engine);
    OUTCOME(&bridged_outcome, "sh", "-c", line);
    if (bridged_outcome.status == 0)
        return false;
    printf("SKIP the_engine_takes_what_is_printed: %s is not installed\n", engine);
    fflush(stdout);
    return true;
}

START_TEST(the_engine_takes_what_is_printed)
{
    if (lacks_engine(engines[_i]) ||
        (strcmp(engines[_i], "haproxy") == 0 && bridged_skips(__func__)))
        return;
    add("svc", NULL);
    ck_assert_msg(COMMAND("gateway", "check", "--engine", engines[_i], "--config", config,
                          "--tokens", tokens, "--connect", "127.0.0.1:443") == 0,
                  "%s", bridged_outcome.err);
    /* As a path too, and as an address. */
    ck_assert_msg(COMMAND("gateway", "check", "--engine", engines[_i], "--config", config,
                          "--tokens", tokens, "--connect", "127.0.0.1:443", "--listen",
                          "unix:/tmp/commissioned-gateway.sock") == 0,
                  "%s", bridged_outcome.err);
}
END_TEST

/* In a network of its own, which has no DNS. */
START_TEST(a_name_that_nginx_does_not_find_is_not_the_policys_fault)
{
    if (lacks_engine("nginx"))
        return;
    OUTCOME(&bridged_outcome, "unshare", "-n", "true");
    if (bridged_outcome.status != 0) {
        printf("SKIP a_name_that_nginx_does_not_find_is_not_the_policys_fault: no namespaces\n");
        fflush(stdout);
        return;
    }
    add("svc", NULL);
    OUTCOME(&bridged_outcome, "unshare", "-n", bridged_command, "gateway", "check", "--engine",
            "nginx", "--config", config, "--tokens", tokens);
    ck_assert_int_eq(bridged_outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "or with --connect HOST:PORT"));
}
END_TEST

START_TEST(what_an_engine_refuses_is_78_with_its_words)
{
    if (lacks_engine("haproxy"))
        return;
    add("svc", NULL);
    char empty[PATH_MAX];
    in_folder(empty, bridged_folder, "empty.pem");
    write_file(empty, "", 0644);
    ck_assert_int_eq(
        COMMAND("gateway", "check", "--config", config, "--tokens", tokens, "--cacert", empty), 78);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "haproxy refuses it: "));
    ck_assert_ptr_null(strstr(bridged_outcome.err, "it gave no reason"));
}
END_TEST

static const struct {
    const char *policy, *engine, *listen, *sentence;
} unenforceable[] = {
    {two_rules, "haproxy", "127.0.0.1:1",
     "auth.conf:2: no engine sees the programs and users of the rule 'app'"},
    {two_rules, "envoy", "127.0.0.1:1", "the rule 'app'"},
    {"key_file = \"@A\"; deny = ( { programs = [\"/bin/x\"]; } );", "haproxy", "127.0.0.1:1",
     "auth.conf:1: no engine sees whom this denies"},
    {"keys = ( { name = \"a\"; file = \"@A\"; }, { name = \"b\"; file = \"@B\"; } );\n"
     "rules = ( { name = \"x\"; key = \"a\"; }, { name = \"y\"; key = \"b\"; } );",
     "envoy", "127.0.0.1:1", "Envoy gives one key"},
    {"key_file = \"@A\";", "envoy", "0.0.0.0:8455",
     "whoever reaches 0.0.0.0:8455 would have the key"},
    {"keys = ( { name = \"a\"; file = \"@A\"; } );\n"
     "rules = ( { name = \"x\"; key = \"a\"; missing = \"pass\"; } );",
     "nginx", "127.0.0.1:1", "missing = \"pass\""},
    {"keys = ( { name = \"a\"; file = \"@A\"; } );\nextra_origins = [\"https://b.example\"];"
     "rules = ( { name = \"x\"; key = \"a\"; }, { name = \"y\"; key = \"a\"; url = "
     "\"https://b.example\"; } );",
     "haproxy", "127.0.0.1:1", "another origin"},
};

START_TEST(a_rule_that_the_engine_cannot_enforce_is_refused_and_never_widened)
{
    bridged_policy(unenforceable[_i].policy);
    ck_assert_int_eq(COMMAND("gateway", "print", "--engine", unenforceable[_i].engine, "--config",
                             config, "--tokens", tokens, "--listen", unenforceable[_i].listen),
                     78);
    ck_assert_str_eq(bridged_outcome.out, "");
    ck_assert_msg(strstr(bridged_outcome.err, unenforceable[_i].sentence) != NULL, "%s",
                  bridged_outcome.err);
}
END_TEST

/* ---- run ------------------------------------------------------------------------------------- */

static void become_gateway(const char *listen)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execl(bridged_command, bridged_command, "gateway", "run", "--config", config, "--tokens",
          tokens, "--cacert", bridged_origin.ca_file, "--connect", connect_to, "--listen", listen,
          NULL);
    _exit(99);
}

/* The status of a request with a token, by the socket. */
static int ask(const char *with, const char *method, const char *path)
{
    char header[256], url[256];
    snprintf(header, sizeof header, "Authorization: Bearer %s", with);
    snprintf(url, sizeof url, "http://gateway%s", path);
    OUTCOME(&bridged_outcome, "curl", "-s", "-m", "10", "-X", method, "-o", "/dev/null", "-w",
            "%{http_code}", "--unix-socket", socket_path, "-H", header, url);
    return atoi(bridged_outcome.out);
}

static void becomes(int status, const char *with, const char *path)
{
    int got = 0;
    for (int i = 0; i < TRIES && (got = ask(with, "GET", path)) != status; i++)
        usleep(10000);
    ck_assert_int_eq(got, status);
}

static void serve(void)
{
    char listen[PATH_MAX + 8];
    snprintf(listen, sizeof listen, "unix:%s", socket_path);
    gateway = fork();
    if (gateway == 0)
        become_gateway(listen);
    becomes(401, "none", "/v1/x");
}

static void stop(void)
{
    int status;
    kill(gateway, SIGTERM);
    ck_assert_int_eq(waitpid(gateway, &status, 0), gateway);
    ck_assert_int_eq(status, 0);
    ck_assert(!exists(socket_path));
}

static void saw_key(int which)
{
    char expected[TEST_KEY_LENGTH + 16];
    size_t count;
    snprintf(expected, sizeof expected, "Bearer %s", bridged_keys[which]);
    const struct seen *seen = origin_seen(&count);
    ck_assert_uint_gt(count, 0);
    ck_assert_str_eq(seen[count - 1].authorization, expected);
}

START_TEST(a_token_gets_the_keys_of_its_rules_and_of_no_others)
{
    if (bridged_skips(__func__))
        return;
    char app[128];
    bridged_policy(two_rules);
    add("app", "app");
    memcpy(app, token, sizeof app);
    add("svc", NULL);
    serve();
    ck_assert_int_eq(ask(app, "POST", "/v1/app"), 200);
    saw_key(1);
    ck_assert_int_eq(ask(app, "GET", "/v1/models"), 403);
    ck_assert_int_eq(ask(token, "GET", "/v1/models"), 200);
    saw_key(0);
    ck_assert_int_eq(ask(token, "GET", "/v1/app"), 200);
    saw_key(0); /* the rule of `app` is not its own, and the next one fits */
    ck_assert_int_eq(ask(token, "POST", "/v1/app"), 403);
    stop();
}
END_TEST

START_TEST(a_token_that_is_revoked_is_dead_and_a_new_one_lives)
{
    if (bridged_skips(__func__))
        return;
    char first[128];
    add("one", NULL);
    memcpy(first, token, sizeof first);
    serve();
    ck_assert_int_eq(ask(first, "GET", "/v1/x"), 200);
    ck_assert_int_eq(COMMAND("token", "revoke", "--tokens", tokens, "one"), 0);
    becomes(401, first, "/v1/x");
    add("two", NULL);
    becomes(200, token, "/v1/x");
    ck_assert_int_eq(ask(first, "GET", "/v1/x"), 401);
    stop();
}
END_TEST

START_TEST(a_gateway_waits_for_its_key)
{
    if (bridged_skips(__func__))
        return;
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "A");
    ck_assert_int_eq(unlink(path), 0);
    add("svc", NULL);
    serve();
    ck_assert_int_eq(ask(token, "GET", "/v1/x"), 503);
    bridged_store('A', bridged_keys[1]);
    becomes(200, token, "/v1/x");
    saw_key(1);
    stop();
}
END_TEST

START_TEST(a_policy_that_cannot_be_enforced_any_more_closes)
{
    if (bridged_skips(__func__))
        return;
    add("svc", NULL);
    serve();
    ck_assert_int_eq(ask(token, "GET", "/v1/x"), 200);
    bridged_policy("key_file = \"@A\"; deny = ( { users = [\"x\"]; } );");
    becomes(503, token, "/v1/x");
    bridged_policy(open_rule);
    becomes(200, token, "/v1/x");
    stop();
}
END_TEST

START_TEST(without_a_file_of_tokens_that_can_be_trusted_not_even_a_stale_key_serves)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy("keys = ( { name = \"a\"; file = \"@A\"; stale = \"1h\"; } );"
                   "rules = ( { name = \"one\"; key = \"a\"; } );");
    add("svc", NULL);
    serve();
    ck_assert_int_eq(ask(token, "GET", "/v1/x"), 200);
    ck_assert_int_eq(chmod(tokens, 0666), 0);
    write_file(tokens, "broken\n", 0666);
    becomes(503, token, "/v1/x");
    stop();
}
END_TEST

static void become_gateway_with_socket(int listener)
{
    char pid[32];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(listener, 3);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    become_gateway("127.0.0.1:1");
}

START_TEST(a_socket_that_was_passed_is_used)
{
    if (bridged_skips(__func__))
        return;
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(here.sun_path, sizeof here.sun_path, "%.100s", socket_path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&here, sizeof here), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    add("svc", NULL);
    gateway = fork();
    if (gateway == 0)
        become_gateway_with_socket(listener);
    close(listener);
    becomes(200, token, "/v1/x");
    unlink(socket_path);
    stop();
}
END_TEST

START_TEST(a_second_gateway_does_not_take_the_firsts_socket)
{
    if (bridged_skips(__func__))
        return;
    char listen[PATH_MAX + 8];
    snprintf(listen, sizeof listen, "unix:%s", socket_path);
    add("svc", NULL);
    serve();
    ck_assert_int_eq(
        COMMAND("gateway", "run", "--config", config, "--tokens", tokens, "--listen", listen), 2);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "Address already in use"));
    ck_assert_int_eq(ask(token, "GET", "/v1/x"), 200);
    /* One that was killed leaves its socket behind, and that is nobody's. */
    kill(gateway, SIGKILL);
    waitpid(gateway, NULL, 0);
    ck_assert(exists(socket_path));
    serve();
    stop();
}
END_TEST

START_TEST(a_hangup_has_a_gateway_begin_anew_and_not_end)
{
    if (bridged_skips(__func__))
        return;
    add("svc", NULL);
    serve();
    kill(gateway, SIGHUP);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(ask(token, "GET", "/v1/x"), 200);
    stop();
}
END_TEST

static void become_nobody(void *data)
{
    (void)data;
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        _exit(98);
}

START_TEST(the_programs_user_can_read_neither_key_nor_engine)
{
    if (bridged_skips(__func__))
        return;
    if (getuid() != 0) {
        printf("SKIP the_programs_user_can_read_neither_key_nor_engine: only root has two users\n");
        fflush(stdout);
        return;
    }
    char line[3 * PATH_MAX];
    add("svc", NULL);
    serve();
    snprintf(line, sizeof line,
             "e=$(cat /proc/%d/task/%d/children | cut -d' ' -f1); [ -n \"$e\" ] || exit 3; "
             "for f in %s/A /proc/%d/mem /proc/%d/environ /proc/$e/mem /proc/$e/environ "
             "/proc/$e/fd/5 /proc/$e/fd/6; do cat $f >/dev/null 2>&1 && echo $f; done; :",
             (int)gateway, (int)gateway, bridged_folder, (int)gateway, (int)gateway);
    outcome_of(&bridged_outcome, NULL, become_nobody, NULL,
               (const char *const[]){"sh", "-c", line, NULL});
    ck_assert_int_eq(bridged_outcome.status, 0);
    ck_assert_str_eq(bridged_outcome.out, "");
    stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("gateway");
    TCase *kept = tcase_create("tokens");
    TCase *printed = tcase_create("printed");
    TCase *served = tcase_create("served");
    TCase *cases[] = {kept, printed, served};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], setup, bridged_stop);
        tcase_set_timeout(cases[i], 120);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_test(kept, a_token_is_shown_once_and_stored_as_its_hash);
    tcase_add_test(kept, a_second_token_of_the_name_is_refused_and_the_first_stays);
    tcase_add_loop_test(kept, a_name_that_would_break_the_file_is_refused, 0, 5);
    tcase_add_test(kept, a_file_of_tokens_that_others_may_write_is_refused);
    tcase_add_loop_test(printed, what_is_printed_has_no_key_and_no_token, 0, 3);
    tcase_add_loop_test(printed, the_engine_takes_what_is_printed, 0, 3);
    tcase_add_test(printed, a_name_that_nginx_does_not_find_is_not_the_policys_fault);
    tcase_add_test(printed, what_an_engine_refuses_is_78_with_its_words);
    tcase_add_loop_test(printed, a_rule_that_the_engine_cannot_enforce_is_refused_and_never_widened,
                        0, sizeof unenforceable / sizeof unenforceable[0]);
    tcase_add_test(served, a_token_gets_the_keys_of_its_rules_and_of_no_others);
    tcase_add_test(served, a_token_that_is_revoked_is_dead_and_a_new_one_lives);
    tcase_add_test(served, a_gateway_waits_for_its_key);
    tcase_add_test(served, a_policy_that_cannot_be_enforced_any_more_closes);
    tcase_add_test(served,
                   without_a_file_of_tokens_that_can_be_trusted_not_even_a_stale_key_serves);
    tcase_add_test(served, a_socket_that_was_passed_is_used);
    tcase_add_test(served, a_second_gateway_does_not_take_the_firsts_socket);
    tcase_add_test(served, a_hangup_has_a_gateway_begin_anew_and_not_end);
    tcase_add_test(served, the_programs_user_can_read_neither_key_nor_engine);
    return suite;
}

int main(void)
{
    return suite_run(suite());
}
