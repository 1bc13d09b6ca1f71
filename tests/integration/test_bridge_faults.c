/* `run --bridge` when something fails, changes or ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "support/bridged.h"
#include "support/suite.h"

#define APP "https://app.commissioned.tech"

enum { TRIES = 1000 }; /* of what must come in the end, 10 ms apart */

static struct bridged bridged;

static bool key_arrived(int which)
{
    char expected[TEST_KEY_LENGTH + 16];
    size_t count;
    snprintf(expected, sizeof expected, "Bearer %s", bridged_keys[which]);
    const struct seen *seen = origin_seen(&count);
    return count > 0 && strcmp(seen[count - 1].authorization, expected) == 0;
}

/* Asks until the status is this one. */
static void becomes(int status, const char *path)
{
    int got = 0;
    for (int i = 0; i < TRIES && (got = bridged_get(path)) != status; i++)
        usleep(10000);
    ck_assert_int_eq(got, status);
}

static const char *answered(const char *field)
{
    static char text[1024];
    json_t *answer = json_loads(bridged_body(), 0, NULL);
    const char *value = json_string_value(json_object_get(json_object_get(answer, "error"), field));
    ck_assert_msg(value != NULL, "no %s in: %s", field, bridged_body());
    snprintf(text, sizeof text, "%s", value);
    json_decref(answer);
    return text;
}

static void key_path(char path[PATH_MAX])
{
    in_folder(path, bridged_folder, "A");
}

/* ---- keys and policy change ------------------------------------------------------------------ */

START_TEST(a_key_that_is_renamed_into_place_is_used)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_store('A', bridged_keys[1]);
    for (int i = 0; i < TRIES && !key_arrived(1); i++)
        ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert(key_arrived(1));
    bridged_end(&bridged);
}
END_TEST

static char good[2][TEST_KEY_LENGTH + 16];

static unsigned judge_by_good(const char *authorization, const char *began)
{
    (void)began;
    for (int i = 0; i < 2; i++)
        if (authorization != NULL && strcmp(authorization, good[i]) == 0)
            return 200;
    return 401;
}

START_TEST(rotations_under_load_fail_no_request)
{
    if (bridged_skips(__func__))
        return;
    char key[TEST_KEY_LENGTH + 1];
    snprintf(good[0], sizeof good[0], "Bearer %s", bridged_keys[0]);
    origin_judges = judge_by_good;
    bridged_begin(&bridged, NULL);
    for (int i = 1; i <= 30; i++) {
        test_key_make(key);
        snprintf(good[i % 2], sizeof good[0], "Bearer %s", key);
        bridged_store('A', key);
        /* The older key is good until the new one came: what rotates keys waits for that. */
        size_t count;
        const struct seen *seen;
        for (int n = 0; n < TRIES; n++) {
            ck_assert_int_eq(bridged_get("/v1/x"), 200);
            seen = origin_seen(&count);
            if (strcmp(seen[count - 1].authorization, good[i % 2]) == 0)
                break;
        }
        ck_assert_str_eq(seen[count - 1].authorization, good[i % 2]);
    }
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_key_file_that_is_gone_is_503_with_its_sentence_and_comes_back)
{
    if (bridged_skips(__func__))
        return;
    char path[PATH_MAX];
    key_path(path);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(unlink(path), 0);
    becomes(503, "/v1/x");
    ck_assert_str_eq(answered("code"), "key_missing");
    ck_assert_ptr_nonnull(strstr(answered("message"), path));
    bridged_curl("-i -H \"Authorization: Bearer $OPENAI_API_KEY\" $B/v1/x");
    ck_assert_ptr_nonnull(strstr(bridged_body(), "x-should-retry: false"));
    bridged_store('A', bridged_keys[1]);
    becomes(200, "/v1/x");
    ck_assert(key_arrived(1));
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_stale_key_serves_on)
{
    if (bridged_skips(__func__))
        return;
    char path[PATH_MAX];
    key_path(path);
    bridged_policy("keys = ( { name = \"a\"; file = \"@A\"; stale = \"2s\"; } );"
                   "rules = ( { name = \"one\"; key = \"a\"; } );");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(unlink(path), 0);
    usleep(300000);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    becomes(503, "/v1/x");
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_narrower_policy_counts_at_once_and_a_broken_one_closes)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v2/x"), 200);
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1\";");
    becomes(403, "/v2/x");
    becomes(200, "/v1/x");
    bridged_policy("key_file = ;");
    becomes(503, "/v1/x");
    ck_assert_ptr_nonnull(strstr(answered("message"), "auth.conf:1"));
    bridged_policy("key_file = \"@A\"; url = \"" APP "/v1\";");
    becomes(200, "/v1/x");
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_deny_that_comes_later_counts)
{
    if (bridged_skips(__func__))
        return;
    char policy[128];
    snprintf(policy, sizeof policy, "key_file = \"@A\"; deny = ( { users = [\"%u\"]; } );",
             (unsigned)geteuid());
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_policy(policy);
    becomes(403, "/v1/x");
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_policy_that_is_gone_closes)
{
    if (bridged_skips(__func__))
        return;
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "auth.conf");
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(unlink(path), 0);
    becomes(503, "/v1/x");
    bridged_policy("key_file = \"@A\";");
    becomes(200, "/v1/x");
    bridged_end(&bridged);
}
END_TEST

/* ---- the origin ------------------------------------------------------------------------------ */

static void unreachable(const char *const options[], const char *sentence)
{
    bridged_begin(&bridged, options);
    ck_assert_int_eq(bridged_curl("-i -H \"Authorization: Bearer $OPENAI_API_KEY\" $B/v1/x"), 503);
    ck_assert_ptr_nonnull(strstr(bridged_body(), "x-should-retry: false"));
    ck_assert_int_eq(bridged_get("/v1/x"), 503);
    ck_assert_str_eq(answered("code"), "upstream_unreachable");
    ck_assert_msg(strstr(answered("message"), sentence) != NULL, "%s", bridged_body());
    size_t count;
    origin_seen(&count);
    ck_assert_uint_eq(count, 0);
    bridged_end(&bridged);
}

START_TEST(a_certificate_of_another_name_ends_it_in_one_sentence)
{
    if (bridged_skips(__func__))
        return;
    bridged_policy(
        "extra_origins = [\"https://other.example\"];"
        "keys = ( { name = \"a\"; file = \"@A\"; } );"
        "rules = ( { name = \"one\"; key = \"a\"; url = \"https://other.example/v1\"; } );");
    unreachable(NULL, "https://other.example:443");
}
END_TEST

START_TEST(a_certificate_of_an_unknown_authority_ends_it_in_one_sentence)
{
    if (bridged_skips(__func__))
        return;
    char file[PATH_MAX];
    if (!exists("/etc/ssl/certs/ca-certificates.crt")) {
        printf("SKIP a_certificate_of_an_unknown_authority_ends_it_in_one_sentence: no file\n");
        return;
    }
    snprintf(file, sizeof file, "/etc/ssl/certs/ca-certificates.crt");
    const char *const options[] = {"--cacert", file, NULL};
    unreachable(options, "certificate");
}
END_TEST

START_TEST(nothing_at_the_origin_ends_it_in_one_sentence)
{
    if (bridged_skips(__func__))
        return;
    static const char *const options[] = {"--connect", "127.0.0.1:1", NULL};
    unreachable(options, "cannot be reached");
}
END_TEST

START_TEST(a_name_that_dns_does_not_know_ends_it_in_one_sentence)
{
    if (bridged_skips(__func__))
        return;
    static const char *const options[] = {"--connect", "no.such.host.invalid:443", NULL};
    unreachable(options, "cannot be reached");
}
END_TEST

/* Without the options that are for development: the machine's name service and trust store, in
 * namespaces of the test's own. DNS is silent there, and must not take away
 * what /etc/hosts says. */
START_TEST(the_machines_own_names_and_certificates_are_used)
{
    if (bridged_skips(__func__))
        return;
    static const char script[] =
        "set -e; cd \"$1\"; ip link set lo up; mount -t tmpfs none /run\n"
        "\"$2/commissioned-devserver\" serve --state state --listen 127.0.0.1:443 >ready &\n"
        "server=$!; trap 'kill $server; wait' EXIT\n"
        "until grep -q ready ready; do sleep 0.1; done\n"
        "\"$2/commissioned-devserver\" key create --state state --name x >A 2>/dev/null\n"
        "echo '127.0.0.1 app.commissioned.tech' >hosts; mount --bind hosts /etc/hosts\n"
        "conf=$(readlink -m /etc/resolv.conf)\n" /* systemd-resolved's is in /run */
        "case $conf in /run/*) mkdir -p \"${conf%/*}\"; : >\"$conf\";; esac\n"
        "echo 'nameserver 127.0.0.1' >resolv; mount --bind resolv \"$conf\"\n"
        "mount --bind state/ca.pem /etc/ssl/certs/ca-certificates.crt\n"
        "\"$2/commissioned-auth\" run --bridge -- sh -c 'for wait in 0 6; do sleep $wait; "
        "curl -s -o /dev/null -w \"%{http_code} \" -H \"Authorization: Bearer $OPENAI_API_KEY\" "
        "$OPENAI_BASE_URL/models; done'\n";
    char build[PATH_MAX];
    built(build, "");
    if (!exists("/etc/ssl/certs/ca-certificates.crt")) {
        printf("SKIP the_machines_own_names_and_certificates_are_used: no file of certificates\n");
        fflush(stdout);
        return;
    }
    OUTCOME(&bridged_outcome, "unshare", "-m", "-n", "-p", "-f", "true");
    if (bridged_outcome.status != 0) {
        printf("SKIP the_machines_own_names_and_certificates_are_used: no namespaces here\n");
        fflush(stdout);
        return;
    }
    OUTCOME(&bridged_outcome, "unshare", "-m", "-n", "-p", "-f", "--mount-proc", "sh", "-c", script,
            "sh", bridged_folder, build);
    ck_assert_msg(strstr(bridged_outcome.out, "200 200 ") != NULL, "%s%s", bridged_outcome.out,
                  bridged_outcome.err);
}
END_TEST

/* ---- the processes --------------------------------------------------------------------------- */

static bool port_is_free(unsigned port)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool bound = bind(fd, (struct sockaddr *)&here, sizeof here) == 0;
    close(fd);
    return bound;
}

static void nothing_is_left(void)
{
    ck_assert(bridged_is_gone(bridged.supervisor));
    ck_assert(bridged_is_gone(bridged.engine));
    ck_assert(port_is_free(bridged.port));
}

START_TEST(nothing_is_left_when_the_program_ends)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert_int_eq(bridged_end(&bridged), 0);
    nothing_is_left();
}
END_TEST

START_TEST(nothing_is_left_when_the_program_is_killed)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    kill(bridged.program, SIGKILL);
    ck_assert_int_eq(bridged_end(&bridged), 128 + SIGKILL);
    nothing_is_left();
}
END_TEST

START_TEST(an_engine_that_is_killed_is_started_again)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    pid_t first = bridged.engine;
    kill(first, SIGKILL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_find(&bridged);
    ck_assert_int_ne(bridged.engine, first);
    ck_assert_int_eq(bridged_end(&bridged), 0);
    nothing_is_left();
}
END_TEST

START_TEST(an_engine_that_dies_again_and_again_is_given_up)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    pid_t supervisor = bridged.supervisor;
    for (int i = 0; i < TRIES && kill(supervisor, 0) == 0; i++) {
        if (bridged_is_found(&bridged) && bridged.engine > 0)
            kill(bridged.engine, SIGKILL);
        usleep(20000);
    }
    ck_assert(bridged_is_gone(supervisor));
    ck_assert_int_eq(bridged_end(&bridged), 0);
    ck_assert(port_is_free(bridged.port));
}
END_TEST

START_TEST(with_the_supervisor_the_engine_goes_and_nobody_gets_the_port)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    kill(bridged.supervisor, SIGKILL);
    ck_assert(bridged_is_gone(bridged.engine));
    ck_assert(!port_is_free(bridged.port));
    ck_assert_int_eq(bridged_end(&bridged), 0);
    nothing_is_left();
}
END_TEST

START_TEST(a_caller_that_ignores_signals_does_not_keep_the_engine)
{
    if (bridged_skips(__func__))
        return;
    signal(SIGTERM, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    bridged_begin(&bridged, NULL);
    signal(SIGCHLD, SIG_DFL);
    kill(bridged.engine, SIGTERM);
    ck_assert(bridged_is_gone(bridged.engine));
    bridged_find(&bridged);
    bridged_end(&bridged);
    nothing_is_left();
}
END_TEST

START_TEST(a_low_limit_of_descriptors_does_not_keep_the_engine_from_starting)
{
    if (bridged_skips(__func__))
        return;
    const struct rlimit low = {256, 256};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(where_no_high_descriptor_is_to_be_had_the_listener_is_a_low_one)
{
    if (bridged_skips(__func__))
        return;
    const struct rlimit low = {64, 64};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

static void ask_by_half(int *fds, unsigned count)
{
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)bridged.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 0; i < count; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fds[i], (struct sockaddr *)&there, sizeof there), 0);
        ck_assert_int_eq(send(fds[i], "GET / HT", 8, MSG_NOSIGNAL), 8);
    }
}

/* More than the engine serves at a time, by somebody who has no token and is in no hurry. */
START_TEST(requests_that_are_begun_and_not_ended_do_not_keep_the_program_out)
{
    if (bridged_skips(__func__))
        return;
    enum { MANY = 150 };
    const struct rlimit low = {256, 256};
    int fds[MANY];
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    bridged_begin(&bridged, NULL);
    ask_by_half(fds, MANY);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    bridged_end(&bridged);
}
END_TEST

static const int signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT};

START_TEST(a_signal_that_is_not_to_end_it_leaves_the_bridge_at_work)
{
    if (bridged_skips(__func__))
        return;
    bridged_begin(&bridged, NULL);
    pid_t supervisor = bridged.supervisor, engine = bridged.engine;
    kill(supervisor, signals[_i]);
    if (signals[_i] == SIGHUP)
        ck_assert(bridged_is_gone(engine));
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_find(&bridged);
    ck_assert_int_eq(bridged.supervisor, supervisor);
    bridged_end(&bridged);
}
END_TEST

START_TEST(nothing_is_written_anywhere)
{
    if (bridged_skips(__func__))
        return;
    char empty[PATH_MAX], line[3 * PATH_MAX];
    in_folder(empty, bridged_folder, "tmp");
    ck_assert_int_eq(mkdir(empty, 0700), 0);
    setenv("TMPDIR", empty, 1);
    setenv("XDG_RUNTIME_DIR", empty, 1);
    bridged_begin(&bridged, NULL);
    snprintf(line, sizeof line, "find %s /proc/%d/fd -type s -o -path '%s/?*' | wc -l", empty,
             (int)bridged.engine, empty);
    ck_assert_str_eq(bridged_shell(line), "0");
    bridged_end(&bridged);
}
END_TEST

/* ---- --isolate ------------------------------------------------------------------------------- */

static bool lacks_namespaces(const char *test)
{
    OUTCOME(&bridged_outcome, "unshare", "-U", "-n", "true");
    if (bridged_outcome.status == 0)
        return bridged_skips(test);
    printf("SKIP %.*s: no user namespaces here\n", (int)strlen(test) - 3, test);
    fflush(stdout);
    return true;
}

START_TEST(an_isolated_program_reaches_the_bridge_and_nothing_else)
{
    static const char *const options[] = {"--isolate", NULL};
    char line[128];
    if (lacks_namespaces(__func__))
        return;
    bridged_begin(&bridged, options);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert(key_arrived(0));
    snprintf(line, sizeof line, "curl -s -m 5 http://127.0.0.1:%u/ >/dev/null; echo $?",
             bridged_origin.plain_port);
    ck_assert_str_eq(bridged_shell(line), "7");
    ck_assert_str_eq(bridged_shell("ls /sys/class/net >/dev/null; cut -d: -f1 /proc/net/dev | tail "
                                   "-n +3 | tr -d ' \\n'; echo"),
                     "lo");
    bridged_end(&bridged);
    nothing_is_left();
}
END_TEST

static void become_nobody(void *folder)
{
    if (chdir(folder) != 0 || setgroups(0, NULL) != 0 || setgid(65123) != 0 || setuid(65123) != 0)
        _exit(98);
}

/* Runs the line behind a bridge of an ordinary user's, who stands in a folder that it could not
 * enter. */
static void run_as_nobody(const char *isolate, const char *line)
{
    static const char *const files[] = {"A", "auth.conf", "ca.pem"};
    char path[PATH_MAX], command[PATH_MAX], closed[PATH_MAX], connect_to[64];
    in_folder(closed, bridged_folder, "closed");
    ck_assert_int_eq(mkdir(closed, 0700), 0);
    in_folder(command, bridged_folder, "commissioned-auth");
    copy_file(bridged_command, command, 0755); /* the build may lie in root's own home */
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        in_folder(path, bridged_folder, files[i]);
        ck_assert_int_eq(chown(path, 65123, 65123), 0);
    }
    ck_assert_int_eq(chown(bridged_folder, 65123, 65123), 0);
    snprintf(connect_to, sizeof connect_to, "127.0.0.1:%u", bridged_origin.tls_port);
    outcome_of(&bridged_outcome, NULL, become_nobody, closed,
               (const char *const[]){command, "run", "--bridge", "--cacert", bridged_origin.ca_file,
                                     "--connect", connect_to, isolate, "sh", "-c", line, NULL});
    ck_assert_str_eq(bridged_outcome.err, "");
}

static bool is_not_root(const char *test)
{
    if (getuid() == 0)
        return false;
    printf("SKIP %.*s: only root can become another user\n", (int)strlen(test) - 3, test);
    fflush(stdout);
    return true;
}

START_TEST(an_ordinary_user_can_isolate_a_program_and_keeps_its_ids)
{
    char line[1024];
    if (lacks_namespaces(__func__) || is_not_root(__func__))
        return;
    snprintf(line, sizeof line,
             "id -u; curl -s -o /dev/null -w '%%{http_code}\\n' -H \"Authorization: Bearer "
             "$OPENAI_API_KEY\" $OPENAI_BASE_URL/x; curl -s -m 5 http://127.0.0.1:%u/; echo $?",
             bridged_origin.plain_port);
    run_as_nobody("--isolate", line);
    ck_assert_str_eq(bridged_outcome.out, "65123\n200\n7\n");
}
END_TEST

START_TEST(only_root_can_look_into_the_supervisor)
{
    if (bridged_skips(__func__) || is_not_root(__func__))
        return;
    char line[2 * PATH_MAX];
    snprintf(line, sizeof line,
             "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | "
             "grep -q 'auth [r]un --bridge.*%s' && stat -c %%u $p/mem; done 2>/dev/null; :",
             bridged_folder);
    run_as_nobody("--", line);
    ck_assert_str_eq(bridged_outcome.out, "0\n");
}
END_TEST

static void forbid_namespaces(void *data)
{
    int fd;
    (void)data;
    if (unshare(CLONE_NEWUSER) != 0)
        _exit(97);
    if ((fd = open("/proc/self/uid_map", O_WRONLY)) < 0 || write(fd, "0 0 1", 5) != 5)
        _exit(98);
    close(fd);
    if ((fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY)) < 0 || write(fd, "0", 1) != 1)
        _exit(99);
    close(fd);
}

START_TEST(where_user_namespaces_are_forbidden_it_says_so)
{
    if (lacks_namespaces(__func__) || is_not_root(__func__))
        return;
    outcome_of(&bridged_outcome, NULL, forbid_namespaces, NULL,
               (const char *const[]){bridged_command, "run", "--bridge", "--isolate", "--", "echo",
                                     "started", NULL});
    ck_assert_str_eq(bridged_outcome.out, "");
    ck_assert_int_eq(bridged_outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(bridged_outcome.err, "--isolate needs user namespaces"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("bridge_faults");
    TCase *changes = tcase_create("changes");
    TCase *origins = tcase_create("origins");
    TCase *ends = tcase_create("ends");
    TCase *isolation = tcase_create("isolation");
    TCase *cases[] = {changes, origins, ends, isolation};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], bridged_start, bridged_stop);
        tcase_set_timeout(cases[i], 120);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_test(changes, a_key_that_is_renamed_into_place_is_used);
    tcase_add_test(changes, rotations_under_load_fail_no_request);
    tcase_add_test(changes, a_key_file_that_is_gone_is_503_with_its_sentence_and_comes_back);
    tcase_add_test(changes, a_stale_key_serves_on);
    tcase_add_test(changes, a_narrower_policy_counts_at_once_and_a_broken_one_closes);
    tcase_add_test(changes, a_deny_that_comes_later_counts);
    tcase_add_test(changes, a_policy_that_is_gone_closes);
    tcase_add_test(origins, a_certificate_of_another_name_ends_it_in_one_sentence);
    tcase_add_test(origins, a_certificate_of_an_unknown_authority_ends_it_in_one_sentence);
    tcase_add_test(origins, the_machines_own_names_and_certificates_are_used);
    tcase_add_test(origins, nothing_at_the_origin_ends_it_in_one_sentence);
    tcase_add_test(origins, a_name_that_dns_does_not_know_ends_it_in_one_sentence);
    tcase_add_test(ends, nothing_is_left_when_the_program_ends);
    tcase_add_test(ends, nothing_is_left_when_the_program_is_killed);
    tcase_add_test(ends, an_engine_that_is_killed_is_started_again);
    tcase_add_test(ends, an_engine_that_dies_again_and_again_is_given_up);
    tcase_add_test(ends, with_the_supervisor_the_engine_goes_and_nobody_gets_the_port);
    tcase_add_test(ends, a_caller_that_ignores_signals_does_not_keep_the_engine);
    tcase_add_test(ends, a_low_limit_of_descriptors_does_not_keep_the_engine_from_starting);
    tcase_add_test(ends, where_no_high_descriptor_is_to_be_had_the_listener_is_a_low_one);
    tcase_add_test(ends, requests_that_are_begun_and_not_ended_do_not_keep_the_program_out);
    tcase_add_loop_test(ends, a_signal_that_is_not_to_end_it_leaves_the_bridge_at_work, 0,
                        sizeof signals / sizeof signals[0]);
    tcase_add_test(ends, nothing_is_written_anywhere);
    tcase_add_test(isolation, an_isolated_program_reaches_the_bridge_and_nothing_else);
    tcase_add_test(isolation, an_ordinary_user_can_isolate_a_program_and_keeps_its_ids);
    tcase_add_test(isolation, only_root_can_look_into_the_supervisor);
    tcase_add_test(isolation, where_user_namespaces_are_forbidden_it_says_so);
    return suite;
}

int main(void)
{
    return suite_run(suite());
}
