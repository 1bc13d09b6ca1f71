/*
 * What the library costs, each row a ratio or a difference within this run, beside its limit. Ends
 * with 1 where a row is over. Instructions are counted by callgrind and do not depend on the
 * machine's load; times are medians and may.
 */
#include <err.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "core/cleanup.h"
#include "measure.h"
#include "policy_cost.h"
#include "support/command.h"
#include "support/origin.h"
#include "support/tmpdir.h"

#define HOST  "https://app.commissioned.tech/v1/models"
#define OTHER "https://localhost/v1/models"

enum { RUNS = 5 };

static char library[PATH_MAX];
static char filled[PATH_MAX]; /* the library and an empty one, under names of one length */
static char hollow[PATH_MAX];
static char bare[PATH_MAX];
static char silent[PATH_MAX]; /* the library without late binding */
static char workload[PATH_MAX];
static char workload_gnutls[PATH_MAX];
static char resident[PATH_MAX];
static char asker[PATH_MAX];
static char *folder;
static char *header_file;
static char *simple_file;   /* a policy of one line, which most have ... */
static char *trusting_file; /* ... one with a ca_file */
static char *rules_file;    /* ... and one whose hops are judged in full */
static cpu_set_t all_processors;
static cpu_set_t server_processor; /* one of them */
static int over;

/* ---- the table ------------------------------------------------------------------------------- */

static void row(const char *what, double measured, double limit, const char *unit)
{
    bool ok = measured <= limit;
    printf("%-64s %10.3f %8.2f %-5s %s\n", what, measured, limit, unit, ok ? "ok" : "OVER");
    fflush(stdout);
    over += !ok;
}

static void figure(const char *what, double measured, const char *unit)
{
    printf("%-64s %10.3f %8s %s\n", what, measured, "", unit);
    fflush(stdout);
}

static void part(const char *title)
{
    printf("\n%s\n", title);
}

/* ---- one operation --------------------------------------------------------------------------- */

struct load {
    const char *kind;
    unsigned threads;
    unsigned count;
    const char *url;
    const char *header_file;
};

static double count_each(const char *preload, struct load load)
{
    char threads[16], count[16];
    snprintf(threads, sizeof threads, "%u", load.threads);
    snprintf(count, sizeof count, "%u", load.count);
    return instructions(preload, BETWEEN_MARKS,
                        (const char *const[]){workload, threads, load.kind, count,
                                              load.url != NULL ? load.url : HOST, load.header_file,
                                              NULL}) /
           load.count / load.threads;
}

static double time_each(int times, const char *preload, struct load load)
{
    char threads[16], count[16];
    snprintf(threads, sizeof threads, "%u", load.threads);
    snprintf(count, sizeof count, "%u", load.count);
    return median_printed(times, preload,
                          (const char *const[]){workload, threads, load.kind, count,
                                                load.url != NULL ? load.url : HOST,
                                                load.header_file, NULL});
}

/* A wait that is broken off and taken up again only ever adds: the least of RUNS. */
static double count_request(const char *preload, struct load load)
{
    double least = count_each(preload, load);
    for (int i = 1; i < RUNS; i++) {
        double next = count_each(preload, load);
        least = next < least ? next : least;
    }
    return least;
}

/*
 * On the server's processor: client and server then take turns, and the client waits as often with
 * the library as without.
 */
static void share_processor(bool share)
{
    if (sched_setaffinity(0, sizeof(cpu_set_t), share ? &server_processor : &all_processors) != 0)
        err(99, "sched_setaffinity");
}

/* ---- the rows -------------------------------------------------------------------------------- */

static void programs_without_libcurl(void)
{
    const char *const program[] = {"/bin/true", NULL};
    const char *const paused[] = {resident, NULL};
    part("A program that makes no request, against an empty shared object");
    double none = instructions(NULL, WHOLE_PROCESS, program);
    double empty = instructions(hollow, WHOLE_PROCESS, program) - none;
    double ours = instructions(filled, WHOLE_PROCESS, program) - none;
    row("/bin/true: added instructions", ours / empty, 1.35, "x");
    figure("  of them, with us", ours, "");
    figure("  with an empty object", empty, "");
    figure("  with one without a dependency on libc",
           instructions(bare, WHOLE_PROCESS, program) - none, "");
    row("/bin/true: added system calls",
        system_calls(filled, program) - system_calls(hollow, program), 0, "");
    row("a program at rest: added private memory",
        median_printed(7, filled, paused) - median_printed(7, hollow, paused), 4, "kB");
}

/* Not those of PATH, which may be scripts that start another. */
struct interpreter {
    const char *what;
    const char *argv[5];
};
static const struct interpreter interpreters[] = {
    {"  perl with POSIX and Socket", {"/usr/bin/perl", "-MPOSIX", "-MSocket", "-e1", NULL}},
    {"  ruby", {"/usr/bin/ruby", "-e1", NULL}},
    {"  python3 with ctypes, ssl, sqlite3 and readline",
     {"/usr/bin/python3", "-Bc", "import ctypes, ssl, sqlite3, readline", NULL}},
};

static void late_binding_of_interpreters(void)
{
    part("Late binding, instructions spent in it by programs that load extensions at their start");
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++) {
        const struct interpreter *each = &interpreters[i];
        if (is_installed(each->argv[0]))
            row(each->what, instructions_of(filled, each->argv), 2000, "");
        else
            printf("SKIP %s: %s is not installed\n", each->what, each->argv[0]);
    }
}

static void late_binding(void)
{
    const char *const program[] = {"/bin/true", NULL};
    const char *const asking[] = {asker, NULL};
    part("Late binding, against the library without it (instructions)");
    row("/bin/true",
        instructions(filled, WHOLE_PROCESS, program) - instructions(silent, WHOLE_PROCESS, program),
        2000, "more");
    row("a program that asks dlsym for other names",
        instructions(filled, WHOLE_PROCESS, asking) - instructions(silent, WHOLE_PROCESS, asking),
        2000, "more");
    late_binding_of_interpreters();
}

static void curl_version(void)
{
    const char *const program[] = {"curl", "--version", NULL};
    double empty = instructions(hollow, WHOLE_PROCESS, program);
    row("curl --version: instructions", instructions(filled, WHOLE_PROCESS, program) / empty, 1.05,
        "x");
}

static void single_calls(void)
{
    part("Calls, against libcurl alone (instructions)");
    struct load setopt = {.kind = "setopt-other", .threads = 1, .count = 20000};
    row("setopt of an option that is not kept",
        count_each(library, setopt) - count_each(NULL, setopt), 9, "more");
    struct load kept = {.kind = "setopt-kept", .threads = 1, .count = 20000};
    figure("setopt of an option that is kept", count_each(library, kept) - count_each(NULL, kept),
           "more");
    struct load init = {.kind = "init-cleanup", .threads = 1, .count = 2000};
    double before = count_each(NULL, init);
    double with = count_each(library, init);
    row("init + cleanup", with / before, 1.01, "x");
    figure("  instructions more", with - before, "");
    figure("  of", before, "");
    struct load add = {.kind = "add-remove", .threads = 1, .count = 2000};
    row("multi add + remove", count_each(library, add) - count_each(NULL, add), 250, "more");
}

static void compare_files(const char *what, const char *kind, const char *url)
{
    struct load load = {.kind = kind, .threads = 1, .count = 1000, .url = url};
    double before = count_each(NULL, load);
    double with = count_each(library, load);
    row(what, with / before, 1.01, "x");
    figure("  instructions more", with - before, "");
    figure("  of", before, "");
}

static void files(void)
{
    part("A URL that is no http (instructions)");
    auto_free char *path = tmpdir_printf(folder, "file", 0600, "a line\n");
    auto_free char *url = NULL;
    if (asprintf(&url, "file://%s", path) < 0)
        err(99, "asprintf");
    compare_files("perform of a file://", "perform", url);
    compare_files("the same by a handle that asked https:// before", "perform-again", url);
}

static void requests(void)
{
    part("Requests over TLS on a kept connection, the client's instructions");
    struct load other = {.kind = "perform", .threads = 1, .count = 300, .url = OTHER};
    share_processor(true);
    double before = count_request(NULL, other);
    double with = count_request(library, other);
    row("perform to a host that no rule names", with / before, 1.01, "x");
    figure("  instructions more", with - before, "");
    figure("  of", before, "");
    struct load host = {.kind = "perform", .threads = 1, .count = 300};
    struct load own = host;
    own.header_file = header_file;
    before = count_request(NULL, own);
    with = count_request(library, host);
    row("perform to the host, against a program that sets the header", with / before, 1.01, "x");
    figure("  instructions more", with - before, "");
    figure("  of", before, "");
    setenv("COMMISSIONED_AUTH_CONFIG", rules_file, 1);
    figure("  the same with rules that name paths and methods",
           count_request(library, host) / before, "x");
    setenv("COMMISSIONED_AUTH_CONFIG", simple_file, 1);
    share_processor(false);
}

/* ---- one process ----------------------------------------------------------------------------- */

enum { PLACES = 4, LINE = 64 }; /* bytes of a cache line */

/* The folder that is so named has `filled` and `hollow`. */
static void name_place(char path[PATH_MAX], unsigned place)
{
    static const char letters[] = "0123456789abcdef0123456789abcdef0123456789abcdef0";
    snprintf(path, PATH_MAX, "%s/%s", folder, letters + (PLACES - 1 - place) * LINE / PLACES);
}

static void link_to(const char *place, const char *library_file, const char *name)
{
    char target[PATH_MAX], link[PATH_MAX + 16];
    snprintf(target, sizeof target, "%s", library_file);
    *strrchr(target, '/') = '\0';
    snprintf(link, sizeof link, "%s/%s", place, name);
    if (symlink(target, link) != 0)
        err(99, "%s", link);
}

static void make_places(void)
{
    char place[PATH_MAX];
    for (unsigned i = 0; i < PLACES; i++) {
        name_place(place, i);
        if (mkdir(place, 0700) != 0)
            err(99, "%s", place);
        link_to(place, filled, "filled");
        link_to(place, hollow, "hollow");
    }
}

/*
 * The dynamic loader compares names, and where in a cache line they lie makes a difference of
 * 20,000 instructions to a process like curl, with us as without. It depends on how long the
 * library's own name is, so this is the mean over four lengths.
 */
static double whole_process(const char *which, const char *const argv[])
{
    char place[PATH_MAX], file[PATH_MAX + 64];
    double sum = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        name_place(place, i);
        snprintf(file, sizeof file, "%s/%s/libcommissioned-auth.so", place, which);
        sum += instructions(file, WHOLE_PROCESS, argv);
    }
    return sum / PLACES;
}

static void with_and_without_policy(const char *const argv[])
{
    double empty = whole_process("hollow", argv);
    double faults = page_faults(RUNS, hollow, argv);
    row("with the key: added instructions", whole_process("filled", argv) - empty, 350000, "");
    row("  added page faults", page_faults(RUNS, filled, argv) - faults, 45, "");
    setenv("COMMISSIONED_AUTH_CONFIG", rules_file, 1);
    row("with rules and a key file: added instructions", whole_process("filled", argv) - empty,
        350000, "");
    row("  added page faults", page_faults(RUNS, filled, argv) - faults, 45, "");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    row("no policy: added instructions", whole_process("filled", argv) - empty, 60000, "");
    row("  added page faults", page_faults(RUNS, filled, argv) - faults, 45, "");
    setenv("COMMISSIONED_AUTH_CONFIG", simple_file, 1);
    figure("  of instructions", empty, "");
}

/* The commonest use: one curl in a script. Its first request pays for finding libcurl and for the
 * policy. */
static void one_process(void)
{
    char lead[64], header[PATH_MAX + 1];
    const char *ca = getenv("ORIGIN_CA");
    part("One curl process with one request over TLS, against an empty shared object");
    snprintf(lead, sizeof lead, "app.commissioned.tech:443:%s",
             strstr(getenv("ORIGIN_ROUTE"), "127.0.0.1"));
    snprintf(header, sizeof header, "@%s", header_file);
    const char *const words[] = {"curl", "-q",           "-sS", "-o", "/dev/null", "--cacert",
                                 ca,     "--connect-to", lead,  HOST, NULL};
    const char *const own[] = {"curl",     "-q", "-sS",          "-o", "/dev/null", "-H", header,
                               "--cacert", ca,   "--connect-to", lead, HOST,        NULL};
    with_and_without_policy(words);
    figure("  instructions with the header from a file", whole_process("hollow", own), "");
    if (access(workload_gnutls, X_OK) != 0) {
        printf("SKIP a program with GnuTLS: there is no such libcurl\n");
        return;
    }
    part("One process with GnuTLS, likewise");
    with_and_without_policy((const char *const[]){workload_gnutls, "1", "first", "1", HOST, NULL});
}

static void compare_threads(const char *what, struct load bare_load, struct load our_load)
{
    char text[128];
    double one = count_each(library, our_load) / count_each(NULL, bare_load);
    bare_load.threads = our_load.threads = 16;
    double many = count_each(library, our_load) / count_each(NULL, bare_load);
    snprintf(text, sizeof text, "16 threads against one: %s", what);
    row(text, fabs(many - one), 0.03, "apart");
    figure("  ratio with one thread", one, "x");
    figure("  ratio with 16 threads", many, "x");
    figure("  ratio of the time with 16 threads (this machine's cores)",
           time_each(5, library, our_load) / time_each(5, NULL, bare_load), "x");
}

static void threads(void)
{
    part("Threads, each with its own handles");
    struct load init = {.kind = "init-cleanup", .threads = 1, .count = 1000};
    compare_threads("init + cleanup", init, init);
    struct load life = {.kind = "whole-life", .threads = 1, .count = 500};
    compare_threads("a handle's whole life without a request", life, life);
    struct load host = {.kind = "perform", .threads = 1, .count = 100};
    struct load own = host;
    own.header_file = header_file;
    compare_threads("perform to the host", own, host);
}

static double memory_of(const char *preload, const char *handles)
{
    return printed(preload, (const char *const[]){workload, "1", "memory", handles, NULL});
}

static double call_at(const char *kind, const char *preload, const char *handles)
{
    return median_printed(3, preload, (const char *const[]){workload, "1", kind, handles, NULL});
}

static void live_handles(void)
{
    part("100,000 live handles");
    double grown = memory_of(library, "100000") - memory_of(library, "1");
    double grown_bare = memory_of(NULL, "100000") - memory_of(NULL, "1");
    row("memory of a live handle", (grown - grown_bare) / 99999, 128, "bytes");
    double few = call_at("calls", library, "1") - call_at("calls", NULL, "1");
    double many = call_at("calls", library, "100000") - call_at("calls", NULL, "100000");
    row("a kept setopt, against one live handle", fabs(many - few), 20, "ns");
    figure("  our part of it with one handle", few, "ns");
    figure("  our part of it with 100,000", many, "ns");
    figure("  the same, walking over all of them (the cache's misses)",
           call_at("calls-everywhere", library, "100000") -
               call_at("calls-everywhere", NULL, "100000"),
           "ns");
}

static double taking(unsigned requests)
{
    char count[16];
    snprintf(count, sizeof count, "%u", requests);
    return instructions_in("policy_take_for", library,
                           (const char *const[]){workload, "1", "perform", count, HOST, NULL});
}

static void policies(void)
{
    part("The policy");
    /* Twice as many requests against as many: what reads the policy first falls out. */
    setenv("WORKLOAD_UNMARKED", "1", 1);
    figure("taking it, nothing changed", (taking(400) - taking(200)) / 200, "instr");
    unsetenv("WORKLOAD_UNMARKED");
    struct load begin = {.kind = "add-remove", .threads = 1, .count = 100000};
    figure("add + remove, whole", time_each(5, library, begin) - time_each(5, NULL, begin),
           "ns more");
    const char *const first[] = {workload, "1", "first", "1", HOST, NULL};
    figure("reading it for the first request",
           (median_printed(9, library, first) - median_printed(9, NULL, first)) / 1e6, "ms");
    struct policy_cost one = policy_cost(folder, 1);
    struct policy_cost many = policy_cost(folder, 10000);
    row("one decision, 1 rule", one.decide_ns / 1000, 2, "us");
    row("one decision, 10,000 rules", many.decide_ns / 1000, 2, "us");
    row("loading 10,000 rules", many.load_ms, 50, "ms");
}

/* All requests of a program, what was done to verify their peers. */
static double verifying(unsigned requests)
{
    char count[16];
    snprintf(count, sizeof count, "%u", requests);
    return instructions_in("verify_peer", library,
                           (const char *const[]){workload, "1", "perform", count, HOST, NULL});
}

/* The machine's trust with the server's authority in its hashed folder, as a
 * distribution adds one. */
static void peers_by_folder(void)
{
    static const char commands[] =
        "mount -t tmpfs -o mode=755 trust /mnt && cp -a /etc/ssl /mnt && "
        "mount --bind /mnt/ssl /etc/ssl && "
        "hash=$(openssl x509 -in \"$ORIGIN_CA\" -noout -hash) && "
        "cp \"$ORIGIN_CA\" /etc/ssl/certs/$hash.0 && chmod 644 /etc/ssl/certs/$hash.0 && "
        "exec \"$@\"";
    if (system("unshare -m mount -t tmpfs trust /mnt 2>/dev/null && openssl version >/dev/null") !=
        0) {
        printf("SKIP the first verification, by a hashed folder: no namespaces, or no openssl\n");
        return;
    }
    measure_where(commands);
    double first = verifying(1);
    row("the first verification, by a hashed folder that has the issuer", first, 3e6, "");
    row("  eight requests more, to a peer that is known", verifying(9) - first, 10000, "");
    measure_where(NULL);
}

static double more_of_a_request(void)
{
    struct load host = {.kind = "perform", .threads = 1, .count = 300};
    return count_request(library, host) - count_request(NULL, host);
}

static void peers(void)
{
    part("A program that does not verify its peers (instructions)");
    setenv("COMMISSIONED_AUTH_CONFIG", trusting_file, 1);
    setenv("WORKLOAD_UNMARKED", "1", 1);
    row("verifying, in a program that verifies by itself", verifying(1), 0, "");
    setenv("WORKLOAD_UNVERIFIED", "1", 1);
    figure("the first verification, by a ca_file", verifying(1), "");
    setenv("COMMISSIONED_AUTH_CONFIG", simple_file, 1);
    row("one, by the machine's folder and bundle, which lack the issuer",
        (verifying(9) - verifying(1)) / 8, 3e6, "");
    peers_by_folder();
    setenv("COMMISSIONED_AUTH_CONFIG", trusting_file, 1);
    unsetenv("WORKLOAD_UNMARKED");
    share_processor(true);
    double without = more_of_a_request();
    unsetenv("WORKLOAD_UNVERIFIED");
    row("a request on a kept connection, against one that verifies", without - more_of_a_request(),
        1000, "more");
    share_processor(false);
    setenv("COMMISSIONED_AUTH_CONFIG", simple_file, 1);
}

/* ---- the stage ------------------------------------------------------------------------------- */

static void clear_stage(void)
{
    origin_stop();
    tmpdir_remove(folder);
    free(header_file);
    free(simple_file);
    free(rules_file);
    free(trusting_file);
}

static void choose_processor(void)
{
    size_t first = 0;
    if (sched_getaffinity(0, sizeof all_processors, &all_processors) != 0)
        err(99, "sched_getaffinity");
    while (!CPU_ISSET(first, &all_processors))
        first++;
    CPU_SET(first, &server_processor);
}

static void set_stage(void)
{
    static struct origin origin;
    char key[TEST_KEY_LENGTH + 1];
    char route[64];
    folder = tmpdir_make();
    atexit(clear_stage);
    measure_in(folder);
    test_key_make(key);
    built(library, "libcommissioned-auth.so");
    built(filled, "tests/bench/filled/libcommissioned-auth.so");
    built(hollow, "tests/bench/hollow/libcommissioned-auth.so");
    built(silent, "tests/bench/silent/libcommissioned-auth.so");
    built(asker, "tests/bench/asker");
    built(bare, "tests/bench/lonely/libcommissioned-auth.so");
    built(workload, "tests/bench/workload");
    built(workload_gnutls, "tests/bench/workload-gnutls");
    make_places();
    built(resident, "tests/bench/resident");
    header_file = tmpdir_printf(folder, "header", 0600, "Authorization: Bearer %s", key);
    simple_file = tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key);
    char *key_file = tmpdir_printf(folder, "key", 0600, "%s\n", key);
    rules_file = tmpdir_printf(
        folder, "rules.conf", 0600,
        "keys = ( { name = \"k\"; file = \"%s\"; } );\n"
        "rules = ( { name = \"a\"; key = \"k\"; url = \"https://app.commissioned.tech/v2\"; },\n"
        "          { name = \"b\"; key = \"k\"; url = \"https://app.commissioned.tech/v1\";\n"
        "            methods = [ \"GET\", \"POST\" ]; } );\n",
        key_file);
    free(key_file);
    choose_processor();
    share_processor(true);
    origin_start(&origin, "app.commissioned.tech", folder);
    share_processor(false);
    trusting_file = tmpdir_printf(folder, "trusting.conf", 0600,
                                  "api_key = \"%s\";\nca_file = \"%s\";\n", key, origin.ca_file);
    snprintf(route, sizeof route, "::127.0.0.1:%u", origin.tls_port);
    setenv("ORIGIN_ROUTE", route, 1);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    setenv("COMMISSIONED_AUTH_CONFIG", simple_file, 1);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("LD_PRELOAD");
}

struct group {
    const char *name;
    void (*measure)(void);
};

static const struct group groups[] = {
    {"start", programs_without_libcurl},
    {"late", late_binding},
    {"version", curl_version},
    {"calls", single_calls},
    {"files", files},
    {"requests", requests},
    {"once", one_process},
    {"peers", peers},
    {"threads", threads},
    {"handles", live_handles},
    {"policy", policies},
};

static char **wanted; /* names of groups, NULL at the end; none means all */

static bool is_wanted(const char *name)
{
    for (char **each = wanted; *each != NULL; each++)
        if (strcmp(*each, name) == 0)
            return true;
    return *wanted == NULL;
}

/* A Check test, because the server and the folders that it stands on are made for those. */
START_TEST(costs)
{
    set_stage();
    printf("%-64s %10s %8s\n", "what", "measured", "limit");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (is_wanted(groups[i].name))
            groups[i].measure();
    printf("\n%d over their limit\n", over);
    ck_assert_int_eq(over, 0);
}
END_TEST

/* bench [GROUP ...] */
int main(int argc, char **argv)
{
    (void)argc;
    wanted = argv + 1;
    if (!is_installed("valgrind") || !is_installed("strace")) {
        printf("SKIP bench: valgrind and strace are needed\n");
        return 0;
    }
    Suite *suite = suite_create("bench");
    TCase *tcase = tcase_create("costs");
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, costs);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
