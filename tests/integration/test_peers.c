/*
 * Programs that do not verify whom they talk to, before servers of every kind: the key goes to a
 * peer whose certificate is good, and to nobody else.
 *
 * The oracle is libcurl itself: the same program, with verification on and without the library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <curl/curl.h>

#include "support/command.h"
#include "support/journal_trap.h"
#include "support/old_libcurl.h"
#include "support/peers.h"
#include "support/served.h"
#include "support/suite.h"
#include "support/tmpdir.h"

enum { FLAVOURS = 2, MAX_WORDS = 64, MAX_WORD = 96, CALLBACKS = 5 };

static const char *const programs[FLAVOURS] = {"tests/programs/peer-openssl",
                                               "tests/programs/peer-gnutls"};
enum flavour { OPENSSL, GNUTLS };

static char *folder;
static char key[TEST_KEY_LENGTH + 1];
static struct outcome outcome;

static char words[MAX_WORDS][MAX_WORD];
static int nwords;

static void configure(const char *more)
{
    char *file =
        tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\nca_file = \"%s/ca.pem\";\n%s",
                      key, folder, more);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
}

static void set_up(void)
{
    char *ca;
    folder = tmpdir_make();
    test_key_make(key);
    peers_make(folder);
    ca = tmpdir_path(folder, "ca.pem");
    setenv("PEER_CA", ca, 1);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_DEBUG");
    configure("");
    free(ca);
    nwords = 0;
}

static void tear_down(void)
{
    tmpdir_remove(folder);
}

/* The program is told of a server of that kind. */
static unsigned add_peer(const char *name)
{
    unsigned port = peer_serve(peer_number(name));
    ck_assert_int_lt(nwords, MAX_WORDS - 3);
    snprintf(words[nwords++], MAX_WORD, "%s=%u", name, port);
    return port;
}

/* With that LD_PRELOAD. */
static void run_with(enum flavour flavour, const char *scenario, const char *preloads)
{
    char path[PATH_MAX];
    const char *argv[MAX_WORDS] = {path, scenario};
    built(path, programs[flavour]);
    for (int i = 0; i < nwords; i++)
        argv[i + 2] = words[i];
    outcome_preloaded(&outcome, preloads, argv);
    ck_assert_msg(outcome.status == 0, "%s: exit %d: %s%s", scenario, outcome.status, outcome.out,
                  outcome.err);
    ck_assert_msg(strstr(outcome.out, key) == NULL && strstr(outcome.err, key) == NULL,
                  "%s printed the key", scenario);
}

static void run(enum flavour flavour, const char *scenario)
{
    char list[SERVED_PRELOADS];
    served_preloads(list, NULL, NULL);
    run_with(flavour, scenario, list);
}

static bool skips(enum flavour flavour, const char *test)
{
    const char *const needed[] = {programs[flavour], NULL};
    return served_skips(test, needed);
}

static bool has_key(const struct peer_seen *one)
{
    char expected[PEER_TEXT];
    snprintf(expected, sizeof expected, "Bearer %s", key);
    ck_assert_msg(one->authorization[0] == '\0' || strcmp(one->authorization, expected) == 0,
                  "%s: not the key", one->path);
    return one->authorization[0] != '\0';
}

/* How many requests came to that kind with the key, and without. */
static void expect(const char *name, unsigned with, unsigned without)
{
    size_t count;
    unsigned yes = 0, no = 0;
    const struct peer_seen *seen = peers_seen(&count);
    for (size_t i = 0; i < count; i++) {
        if (seen[i].kind != peer_number(name))
            continue;
        yes += has_key(&seen[i]);
        no += !has_key(&seen[i]);
    }
    ck_assert_msg(yes == with && no == without,
                  "%s: %u with the key and %u without; wanted %u and %u: %s%s", name, yes, no, with,
                  without, outcome.out, outcome.err);
}

/* ---- every kind ------------------------------------------------------------------------------ */

/* Whether libcurl said 0 of that peer. */
static bool takes(const char *name)
{
    char line[MAX_WORD];
    snprintf(line, sizeof line, "%s 0\n", name);
    const char *found = strstr(outcome.out, line);
    return found != NULL && (found == outcome.out || found[-1] == '\n');
}

static void every_kind(enum flavour flavour, const char *scenario)
{
    bool taken[64];
    size_t before, count;
    for (int i = 0; i < npeer_kinds; i++)
        add_peer(peer_kinds[i].name);
    run_with(flavour, "verified", NULL);
    for (int i = 0; i < npeer_kinds; i++)
        taken[i] = takes(peer_kinds[i].name);
    peers_seen(&before);
    run(flavour, scenario);
    const struct peer_seen *seen = peers_seen(&count);
    bool given[64] = {false};
    for (size_t i = before; i < count; i++)
        given[seen[i].kind] = has_key(&seen[i]);
    for (int i = 0; i < npeer_kinds; i++) {
        const char *name = peer_kinds[i].name;
        ck_assert_msg(!given[i] || taken[i], "%s: libcurl refuses it", name);
        ck_assert_msg(given[i] == peer_kinds[i].good, "%s: %s", name,
                      given[i] ? "the key" : "no key");
    }
}

START_TEST(of_every_kind_of_peer_only_the_good_get_the_key)
{
    if (skips_old_libcurl("of_every_kind_of_peer_only_the_good_get_the_key"))
        return;
    if (!skips((enum flavour)_i, "of_every_kind_of_peer"))
        every_kind((enum flavour)_i, "unverified");
}
END_TEST

START_TEST(so_it_is_where_the_peer_alone_is_not_verified)
{
    if (skips_old_libcurl("so_it_is_where_the_peer_alone_is_not_verified"))
        return;
    if (!skips((enum flavour)_i, "so_it_is_where_the_peer_alone"))
        every_kind((enum flavour)_i, "peer-unverified");
}
END_TEST

START_TEST(so_it_is_where_the_host_alone_is_not_verified)
{
    if (skips_old_libcurl("so_it_is_where_the_host_alone_is_not_verified"))
        return;
    if (!skips((enum flavour)_i, "so_it_is_where_the_host_alone"))
        every_kind((enum flavour)_i, "host-unverified");
}
END_TEST

START_TEST(so_it_is_behind_each_kind_of_ssl_ctx_callback)
{
    if (skips_old_libcurl("so_it_is_behind_each_kind_of_ssl_ctx_callback"))
        return;
    char number[16], added[PATH_MAX];
    if (skips(OPENSSL, "so_it_is_behind_each_kind_of_ssl_ctx_callback"))
        return;
    snprintf(number, sizeof number, "%d", _i);
    setenv("PEER_CALLBACK", number, 1);
    in_folder(added, folder, "ca.pem");
    setenv("PEER_ADDED", added, 1);
    every_kind(OPENSSL, "with-callback");
}
END_TEST

START_TEST(a_library_that_always_says_yes_does_not_pass_here)
{
    if (skips_old_libcurl("a_library_that_always_says_yes_does_not_pass_here"))
        return;
    size_t count;
    unsigned leaked = 0;
    char control[PATH_MAX], list[SERVED_PRELOADS];
    built(control, "control/libcommissioned-auth.so");
    if (access(control, R_OK) != 0)
        ck_abort_msg("the control build is not there");
    for (int i = 0; i < npeer_kinds; i++)
        add_peer(peer_kinds[i].name);
    served_preloads_other(list, control);
    run_with(OPENSSL, "unverified", list);
    const struct peer_seen *seen = peers_seen(&count);
    for (size_t i = 0; i < count; i++)
        leaked += !peer_kinds[seen[i].kind].good && has_key(&seen[i]);
    ck_assert_uint_gt(leaked, 20);
}
END_TEST

/* ---- what one handle leaves to another ------------------------------------------------------- */

static const char *const leaving[] = {"shared-connection", "shared-session", "one-multi"};
enum { LEAVING = sizeof leaving / sizeof leaving[0] };

START_TEST(what_a_callback_let_through_is_not_believed_of_another_handle)
{
    if (skips(OPENSSL, leaving[_i]))
        return;
    add_peer("unknown-authority");
    run(OPENSSL, leaving[_i]);
    ck_assert(takes("unknown-authority"));
    expect("unknown-authority", 0, 2);
}
END_TEST

START_TEST(and_a_good_peer_gets_the_key_from_both_handles)
{
    if (skips_old_libcurl("and_a_good_peer_gets_the_key_from_both_handles"))
        return;
    if (skips(OPENSSL, leaving[_i]))
        return;
    add_peer("behind-an-intermediate");
    run(OPENSSL, leaving[_i]);
    expect("behind-an-intermediate", 2, 0);
}
END_TEST

/* ---- connections ----------------------------------------------------------------------------- */

START_TEST(a_request_that_is_retried_on_an_impostor_loses_its_key)
{
    if (skips_old_libcurl("a_request_that_is_retried_on_an_impostor_loses_its_key"))
        return;
    if (skips((enum flavour)_i, "a_request_that_is_retried"))
        return;
    unsigned port = add_peer("good");
    peer_becomes(port, peer_number("self-signed"), 1);
    run((enum flavour)_i, "retried");
    expect("good", 2, 0);
    expect("self-signed", 0, 1);
}
END_TEST

/* libcurl 7.88.1 resumes no session of TLS 1.3 with GnuTLS. */
START_TEST(a_resumed_session_stands_on_its_first_certificate)
{
    if (skips_old_libcurl("a_resumed_session_stands_on_its_first_certificate"))
        return;
    size_t count, resumed = 0;
    enum flavour flavour = _i == 0 ? OPENSSL : GNUTLS;
    if (skips(flavour, "a_resumed_session"))
        return;
    peers_speak_old_tls = flavour == GNUTLS;
    add_peer("behind-an-intermediate");
    add_peer("unknown-authority");
    run(flavour, "resumed");
    expect("behind-an-intermediate", 3, 0);
    expect("unknown-authority", 0, 3);
    const struct peer_seen *seen = peers_seen(&count);
    for (size_t i = 0; i < count; i++)
        resumed += seen[i].resumed;
    ck_assert_uint_eq(resumed, 4);
}
END_TEST

START_TEST(each_request_on_a_kept_connection_has_the_key)
{
    if (skips_old_libcurl("each_request_on_a_kept_connection_has_the_key"))
        return;
    if (skips((enum flavour)_i, "each_request_on_a_kept_connection"))
        return;
    add_peer("good");
    add_peer("another-name");
    run((enum flavour)_i, "kept");
    expect("good", 6, 0);
    expect("another-name", 0, 5);
}
END_TEST

START_TEST(several_at_once_in_a_multi_handle)
{
    if (skips_old_libcurl("several_at_once_in_a_multi_handle"))
        return;
    if (skips((enum flavour)_i, "several_at_once"))
        return;
    add_peer("good");
    add_peer("expired");
    run((enum flavour)_i, "together");
    expect("good", 4, 0);
    expect("expired", 0, 4);
}
END_TEST

START_TEST(several_threads_at_once)
{
    if (skips_old_libcurl("several_threads_at_once"))
        return;
    if (skips((enum flavour)_i, "several_threads"))
        return;
    add_peer("behind-an-intermediate");
    add_peer("unknown-authority");
    run((enum flavour)_i, "threads");
    expect("behind-an-intermediate", 64, 0);
    expect("unknown-authority", 0, 64);
}
END_TEST

START_TEST(the_certificate_of_a_proxy_says_nothing_of_who_stands_behind)
{
    if (skips_old_libcurl("the_certificate_of_a_proxy_says_nothing_of_who_stands_behind"))
        return;
    char proxy[MAX_WORD];
    if (skips((enum flavour)_i, "the_certificate_of_a_proxy"))
        return;
    unsigned good = peer_serve(peer_number("good"));
    unsigned bad = peer_serve(peer_number("self-signed"));
    snprintf(words[nwords++], MAX_WORD, "x=%u", good);
    snprintf(proxy, sizeof proxy, "https://localhost:%u", peer_proxy(good));
    setenv("PEER_PROXY", proxy, 1);
    run((enum flavour)_i, "behind-a-proxy");
    snprintf(proxy, sizeof proxy, "https://localhost:%u", peer_proxy(bad));
    setenv("PEER_PROXY", proxy, 1);
    run((enum flavour)_i, "behind-a-proxy");
    expect("self-signed", 0, 1);
    expect("good", 1, 2); /* the proxies' own requests are without */
}
END_TEST

/* ---- TLS libraries that cannot be asked, and preloads ---------------------------------------- */

static void run_program(const char *program, const char *scenario, const char *first)
{
    char path[PATH_MAX], list[SERVED_PRELOADS];
    const char *argv[MAX_WORDS] = {path, scenario};
    built(path, program);
    for (int i = 0; i < nwords; i++)
        argv[i + 2] = words[i];
    served_preloads(list, first, NULL);
    outcome_preloaded(&outcome, list, argv);
    ck_assert_msg(outcome.status == 0, "%s %s: exit %d: %s%s", program, scenario, outcome.status,
                  outcome.out, outcome.err);
}

/* One that switches verification off gets no key, and one that verifies gets it as ever. */
static void cannot_be_asked(const char *program, const char *first)
{
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    add_peer("good");
    run_program(program, "unverified", first);
    ck_assert(takes("good"));
    expect("good", 0, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "[peer-unknown]"));
    run_program(program, "verified", first);
    expect("good", 1, 1);
}

START_TEST(a_wrapped_ssl_new_leads_to_no_library)
{
    if (skips_old_libcurl("a_wrapped_ssl_new_leads_to_no_library"))
        return;
    char wraps[PATH_MAX];
    built(wraps, "tests/programs/peer-wraps.so");
    cannot_be_asked(programs[OPENSSL], wraps);
}
END_TEST

START_TEST(an_openssl_of_the_programs_own_is_no_library)
{
    if (!served_skips("an_openssl_of_the_programs_own",
                      (const char *const[]){"tests/programs/peer-static", NULL}))
        cannot_be_asked("tests/programs/peer-static", NULL);
}
END_TEST

START_TEST(nss_cannot_be_asked)
{
    if (!served_skips("nss_cannot_be_asked",
                      (const char *const[]){"tests/programs/peer-nss", NULL}))
        cannot_be_asked("tests/programs/peer-nss", NULL);
}
END_TEST

START_TEST(a_preload_that_verifies_everybody_is_not_believed)
{
    if (skips_old_libcurl("a_preload_that_verifies_everybody_is_not_believed"))
        return;
    char says_yes[PATH_MAX];
    built(says_yes, "tests/programs/peer-says-yes.so");
    add_peer("good");
    add_peer("self-signed");
    add_peer("another-name");
    run_program(programs[OPENSSL], "unverified", says_yes);
    ck_assert(takes("self-signed"));
    expect("good", 1, 0);
    expect("self-signed", 0, 1);
    expect("another-name", 0, 1);
}
END_TEST

/* ---- the trust of the machine ---------------------------------------------------------------- */

/* With /etc/ssl as `script` fills it, in a namespace of the program's own. */
static bool run_where(enum flavour flavour, const char *test, const char *script)
{
    char line[8 * PATH_MAX], path[PATH_MAX], list[SERVED_PRELOADS];
    built(path, programs[flavour]);
    served_preloads(list, NULL, NULL);
    if (skips_old_libcurl(test))
        return false;
    OUTCOME(&outcome, "unshare", "-m", "true");
    if (outcome.status != 0 || skips(flavour, test)) {
        printf("SKIP %s: no namespaces for this user\n", test);
        return false;
    }
    int length =
        snprintf(line, sizeof line,
                 "mount -t tmpfs -o mode=755 trust /etc/ssl && mkdir -m 755 /etc/ssl/certs && "
                 "cd '%s' && %s && export LD_PRELOAD='%s' && exec '%s' unverified",
                 folder, script, list, path);
    for (int i = 0; i < nwords; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %s", words[i]);
    OUTCOME(&outcome, "unshare", "-m", "sh", "-c", line);
    ck_assert_msg(outcome.status == 0, "%s: exit %d: %s%s", test, outcome.status, outcome.out,
                  outcome.err);
    return true;
}

static void without_ca_file(void)
{
    free(tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key));
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    add_peer("good");
    add_peer("behind-an-intermediate");
    add_peer("unknown-authority");
}

static void trusted(enum flavour flavour, const char *test, const char *script)
{
    without_ca_file();
    if (!run_where(flavour, test, script))
        return;
    expect("good", 1, 0);
    expect("behind-an-intermediate", 1, 0);
    expect("unknown-authority", 0, 1);
}

START_TEST(the_machines_bundle_is_its_trust)
{
    trusted((enum flavour)_i, "the_machines_bundle_is_its_trust",
            "cat ca.pem >/etc/ssl/certs/ca-certificates.crt");
}
END_TEST

/* The tests link the same libcurl as the program. */
static bool has_folder(enum flavour flavour)
{
    const char *folder_of = curl_version_info(CURLVERSION_NOW)->capath;
    return flavour == GNUTLS || (folder_of != NULL && strcmp(folder_of, "/etc/ssl/certs") == 0);
}

START_TEST(the_machines_folder_is_its_trust)
{
    if (!has_folder((enum flavour)_i)) {
        printf("SKIP the_machines_folder_is_its_trust: this libcurl was built to use another\n");
        return;
    }
    trusted((enum flavour)_i, "the_machines_folder_is_its_trust",
            "cat ca.pem >/etc/ssl/certs/$(openssl x509 -in ca.pem -noout -hash).0");
}
END_TEST

START_TEST(another_distributions_bundle_is_its_trust)
{
    trusted((enum flavour)_i, "another_distributions_bundle_is_its_trust",
            "cat ca.pem >/etc/ssl/cert.pem");
}
END_TEST

START_TEST(a_machine_without_a_trust_verifies_nobody)
{
    without_ca_file();
    if (!run_where((enum flavour)_i, "a_machine_without_a_trust", "true"))
        return;
    expect("good", 0, 1);
    expect("unknown-authority", 0, 1);
    ck_assert_ptr_nonnull(
        strstr(outcome.err, "no certificate authority can be read [peer-unknown]"));
}
END_TEST

START_TEST(a_trust_that_others_may_write_is_none)
{
    without_ca_file();
    if (!run_where((enum flavour)_i, "a_trust_that_others_may_write",
                   "cat ca.pem >/etc/ssl/certs/ca-certificates.crt && "
                   "chmod 666 /etc/ssl/certs/ca-certificates.crt"))
        return;
    expect("good", 0, 1);
}
END_TEST

/* ---- the settings ---------------------------------------------------------------------------- */

START_TEST(verify_never_gives_no_key_where_libcurl_does_not_verify)
{
    free(tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\nverify = \"never\";\n", key));
    add_peer("good");
    run(OPENSSL, "unverified");
    expect("good", 0, 1);
    run(OPENSSL, "verified");
    expect("good", 1, 1);
}
END_TEST

START_TEST(verify_always_does_not_take_the_programs_own_authorities)
{
    if (skips_old_libcurl("verify_always_does_not_take_the_programs_own_authorities"))
        return;
    free(
        tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\nverify = \"always\";\n", key));
    add_peer("good");
    run(OPENSSL, "verified"); /* the program knows an authority that the machine does not */
    ck_assert(takes("good"));
    expect("good", 0, 1);
    configure("verify = \"always\";\n");
    run(OPENSSL, "verified");
    expect("good", 1, 1);
}
END_TEST

static const struct {
    const char *change; /* a shell's line */
    const char *sentence;
} bad_files[] = {
    {"chmod 666 ca.pem", "/ca.pem: mode 0666 lets others change"},
    {"openssl x509 -in ca.pem -outform DER -out der && mv der ca.pem",
     "/ca.pem: holds DER, not PEM: openssl x509 -inform DER -in "},
};

START_TEST(a_ca_file_that_cannot_be_had_verifies_nobody)
{
    if (skips_old_libcurl("a_ca_file_that_cannot_be_had_verifies_nobody"))
        return;
    char command[PATH_MAX];
    add_peer("good");
    snprintf(command, sizeof command, "umask 022; cd '%s' && %s", folder, bad_files[_i].change);
    ck_assert_int_eq(system(command), 0);
    setenv("COMMISSIONED_AUTH_DEBUG", "1", 1);
    run(OPENSSL, "unverified");
    expect("good", 0, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "[peer-unknown]"));
    ck_assert_ptr_nonnull(strstr(outcome.err, bad_files[_i].sentence));
}
END_TEST

START_TEST(the_systems_trust_is_not_what_the_environment_names)
{
    char path[PATH_MAX];
    if (skips((enum flavour)_i, "the_systems_trust_is_not"))
        return;
    free(tmpdir_printf(folder, "auth.conf", 0600, "api_key = \"%s\";\n", key));
    in_folder(path, folder, "ca.pem");
    setenv("SSL_CERT_FILE", path, 1);
    setenv("CURL_CA_BUNDLE", path, 1);
    setenv("SSL_CERT_DIR", folder, 1);
    add_peer("good");
    run((enum flavour)_i, "unverified");
    expect("good", 0, 1);
}
END_TEST

/* ---- the journal ----------------------------------------------------------------------------- */

static bool trapped;

static void set_up_trap(void)
{
    trapped = geteuid() == 0 && journal_trap_start();
    set_up();
}

static const struct {
    const char *report;
    size_t lines;
} reports[] = {{"none", 1}, {"denied", 2}};

START_TEST(a_refused_peer_is_a_warning_whatever_the_policy_reports)
{
    const char(*lines)[TRAP_SIZE];
    char setting[64];
    if (skips_old_libcurl("a_refused_peer_is_a_warning"))
        return;
    if (!trapped) {
        printf("SKIP a_refused_peer_is_a_warning: only root has a journal of his own\n");
        return;
    }
    snprintf(setting, sizeof setting, "report = \"%s\";\n", reports[_i].report);
    configure(setting);
    add_peer("self-signed");
    add_peer("another-name");
    run(OPENSSL, "unverified");
    ck_assert_uint_eq(journal_trap_lines(&lines), reports[_i].lines);
    ck_assert_str_eq(journal_trap_field(lines[0], "COMMISSIONED_REASON"), "peer-refused");
    ck_assert_str_eq(journal_trap_field(lines[0], "PRIORITY"), "4");
    ck_assert_ptr_nonnull(strstr(lines[0], "self-signed certificate"));
    ck_assert_ptr_nonnull(strstr(lines[0], "name its authority by ca_file"));
    ck_assert_ptr_null(strstr(lines[0], key));
}
END_TEST

/* ---- main ------------------------------------------------------------------------------------ */

int main(void)
{
    Suite *suite = suite_create("peers");
    TCase *kinds = tcase_create("kinds");
    tcase_add_checked_fixture(kinds, set_up, tear_down);
    tcase_set_timeout(kinds, 120);
    tcase_add_loop_test(kinds, of_every_kind_of_peer_only_the_good_get_the_key, 0, FLAVOURS);
    tcase_add_loop_test(kinds, so_it_is_where_the_peer_alone_is_not_verified, 0, FLAVOURS);
    tcase_add_loop_test(kinds, so_it_is_where_the_host_alone_is_not_verified, 0, FLAVOURS);
    tcase_add_loop_test(kinds, so_it_is_behind_each_kind_of_ssl_ctx_callback, 0, CALLBACKS);
    tcase_add_test(kinds, a_library_that_always_says_yes_does_not_pass_here);
    suite_add_tcase(suite, kinds);
    TCase *others = tcase_create("others");
    tcase_add_checked_fixture(others, set_up, tear_down);
    tcase_set_timeout(others, 60);
    tcase_add_loop_test(others, what_a_callback_let_through_is_not_believed_of_another_handle, 0,
                        LEAVING);
    tcase_add_loop_test(others, and_a_good_peer_gets_the_key_from_both_handles, 0, LEAVING);
    suite_add_tcase(suite, others);
    TCase *connections = tcase_create("connections");
    tcase_add_checked_fixture(connections, set_up, tear_down);
    tcase_set_timeout(connections, 60);
    tcase_add_loop_test(connections, a_request_that_is_retried_on_an_impostor_loses_its_key, 0,
                        FLAVOURS);
    tcase_add_loop_test(connections, a_resumed_session_stands_on_its_first_certificate, 0,
                        FLAVOURS);
    tcase_add_loop_test(connections, each_request_on_a_kept_connection_has_the_key, 0, FLAVOURS);
    tcase_add_loop_test(connections, several_at_once_in_a_multi_handle, 0, FLAVOURS);
    tcase_add_loop_test(connections, several_threads_at_once, 0, FLAVOURS);
    tcase_add_loop_test(connections, the_certificate_of_a_proxy_says_nothing_of_who_stands_behind,
                        0, FLAVOURS);
    suite_add_tcase(suite, connections);
    TCase *libraries = tcase_create("libraries");
    tcase_add_checked_fixture(libraries, set_up, tear_down);
    tcase_set_timeout(libraries, 60);
    tcase_add_test(libraries, a_wrapped_ssl_new_leads_to_no_library);
    tcase_add_test(libraries, an_openssl_of_the_programs_own_is_no_library);
    tcase_add_test(libraries, nss_cannot_be_asked);
    tcase_add_test(libraries, a_preload_that_verifies_everybody_is_not_believed);
    suite_add_tcase(suite, libraries);
    TCase *trust = tcase_create("trust");
    tcase_add_checked_fixture(trust, set_up, tear_down);
    tcase_set_timeout(trust, 60);
    tcase_add_loop_test(trust, the_machines_bundle_is_its_trust, 0, FLAVOURS);
    tcase_add_loop_test(trust, the_machines_folder_is_its_trust, 0, FLAVOURS);
    tcase_add_loop_test(trust, another_distributions_bundle_is_its_trust, 0, FLAVOURS);
    tcase_add_loop_test(trust, a_machine_without_a_trust_verifies_nobody, 0, FLAVOURS);
    tcase_add_loop_test(trust, a_trust_that_others_may_write_is_none, 0, FLAVOURS);
    suite_add_tcase(suite, trust);
    TCase *journal = tcase_create("journal");
    tcase_add_checked_fixture(journal, set_up_trap, tear_down);
    tcase_set_timeout(journal, 60);
    tcase_add_loop_test(journal, a_refused_peer_is_a_warning_whatever_the_policy_reports, 0,
                        (int)(sizeof reports / sizeof reports[0]));
    suite_add_tcase(suite, journal);
    TCase *settings = tcase_create("settings");
    tcase_add_checked_fixture(settings, set_up, tear_down);
    tcase_set_timeout(settings, 60);
    tcase_add_test(settings, verify_never_gives_no_key_where_libcurl_does_not_verify);
    tcase_add_test(settings, verify_always_does_not_take_the_programs_own_authorities);
    tcase_add_loop_test(settings, a_ca_file_that_cannot_be_had_verifies_nobody, 0,
                        (int)(sizeof bad_files / sizeof bad_files[0]));
    tcase_add_loop_test(settings, the_systems_trust_is_not_what_the_environment_names, 0, FLAVOURS);
    suite_add_tcase(suite, settings);
    return suite_run(suite);
}
