/* verify_peer itself, called in a hop of a real transfer: what it says, what it leaves as it was,
 * and what it remembers. With the libcurl that this program is linked to. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <curl/curl.h>

#include "preload/libcurl/imports.h"
#include "preload/loader/late_libc.h"
#include "preload/policy/policy_loader.h"
#include "preload/request/verify.h"
#include "preload/request/verify_task.h"
#include "support/command.h"
#include "support/old_libcurl.h"
#include "support/peers.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define HOST "app.commissioned.tech"

static char *folder;
static char *ca_pem;
static struct policy_ca ca;
static struct policy_rule rule;
static struct policy_ref policy;
static const struct provider *provider;
static struct curl_slist *connect_to; /* of the handle that make() made */

/* What a hop said. */
static struct {
    enum peer peer;
    char detail[MAX_PEER_DETAIL];
    void (*before)(void);
    void (*after)(void);
    const char *host;
    CURL *easy;
    unsigned hops;
    bool chainless;
    bool forks; /* the process does, within the TLS library */
    bool early; /* as with early data: the request is written before the handshake is over */
} hop;

static void set_up(void)
{
    char path[PATH_MAX];
    folder = tmpdir_make();
    peers_make(folder);
    in_folder(path, folder, "ca.pem");
    ca_pem = strdup(text_of(path));
    ca = (struct policy_ca){.path = path, .pem = ca_pem};
    rule = (struct policy_rule){.ca = &ca};
    policy.number = 1;
    ck_assert(late_libc_bind());
    provider = provider_of((const void *)curl_easy_init);
    ck_assert_ptr_nonnull(provider);
    memset(&hop, 0, sizeof hop);
    hop.host = HOST;
}

static void tear_down(void)
{
    free(ca_pem);
    tmpdir_remove(folder);
}

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

/* As a newer libcurl resumes a session of OpenSSL's: with the leaf, and
 * without what stood above. */
static void *no_chain(const void *ssl)
{
    (void)ssl;
    return NULL;
}

static int not_finished(const void *ssl)
{
    (void)ssl;
    return 0;
}

static int (*verify_really)(void *context);
static pid_t child;

static int fork_and_verify(void *context)
{
    child = fork();
    return verify_really(context);
}

/* With one function of OpenSSL's in another's place. */
static enum peer ask_otherwise(CURL *easy)
{
    struct openssl tls = *verifier_openssl(provider);
    struct curl_tlssessioninfo *info = NULL;
    ck_assert_int_eq(curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info), CURLE_OK);
    const struct verify_task task = {
        .what = {.provider = provider, .ca = &ca, .host = hop.host, .policy = policy.number},
        .session = info->internals,
        .detail = hop.detail};
    if (hop.chainless)
        tls.peer_chain = no_chain;
    if (hop.early)
        tls.is_init_finished = not_finished;
    verify_really = tls.verify;
    if (hop.forks)
        tls.verify = fork_and_verify;
    return verify_openssl(&tls, &task);
}

static int in_hop(void *data, char *remote, char *local, int remote_port, int local_port)
{
    struct record record = {.handle = data, .provider = provider, .policy = &policy};
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    hop.easy = data;
    if (hop.before != NULL)
        hop.before();
    hop.peer = hop.chainless || hop.early || hop.forks
                   ? ask_otherwise(data)
                   : verify_peer(&record, &rule, hop.host, hop.detail);
    if (hop.after != NULL)
        hop.after();
    hop.hops++;
    return CURL_PREREQFUNC_OK;
}

static CURL *make(unsigned port)
{
    char text[128];
    CURL *easy = curl_easy_init();
    snprintf(text, sizeof text, HOST ":443:127.0.0.1:%u", port);
    connect_to = curl_slist_append(NULL, text);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(easy, CURLOPT_URL, "https://" HOST "/");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, in_hop);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, easy);
    return easy;
}

/* What a new connection to that server is said to lead to. */
static enum peer ask(unsigned port)
{
    CURL *easy = make(port);
    ck_assert_int_eq(curl_easy_perform(easy), CURLE_OK);
    curl_easy_cleanup(easy);
    curl_slist_free_all(connect_to);
    return hop.peer;
}

/* A table of imports may be filled with the first call only: one connection, of which nothing is
 * kept. */
static void find_library(void)
{
    ck_assert_int_eq(ask(peer_serve(peer_number("expired"))), PEER_REFUSED);
    ck_assert_ptr_nonnull(verifier_openssl(provider));
}

/* ---- what it says ---------------------------------------------------------------------------- */

START_TEST(a_good_peer_and_a_bad_one_are_told_apart)
{
    ck_assert_int_eq(ask(peer_serve(peer_number("good"))), PEER_GOOD);
    ck_assert_int_eq(ask(peer_serve(peer_number("self-signed"))), PEER_REFUSED);
    ck_assert_ptr_nonnull(strstr(hop.detail, "self-signed certificate"));
    ck_assert_ptr_nonnull(strstr(hop.detail, "name its authority by ca_file"));
    ck_assert_int_eq(ask(peer_serve(peer_number("expired"))), PEER_REFUSED);
    ck_assert_ptr_nonnull(strstr(hop.detail, "expired"));
    ck_assert_ptr_null(strstr(hop.detail, "ca_file"));
}
END_TEST

START_TEST(a_certificate_is_good_for_its_own_host_alone)
{
    unsigned port = peer_serve(peer_number("good"));
    ck_assert_int_eq(ask(port), PEER_GOOD);
    hop.host = "app.commissioned.example";
    ck_assert_int_eq(ask(port), PEER_REFUSED);
    hop.host = "127.0.0.1";
    ck_assert_int_eq(ask(port), PEER_REFUSED);
    hop.host = HOST;
    ck_assert_int_eq(ask(port), PEER_GOOD);
}
END_TEST

START_TEST(an_address_is_a_host_too)
{
    unsigned port = peer_serve(peer_number("an-address-alone"));
    hop.host = "127.0.0.1";
    ck_assert_int_eq(ask(port), PEER_GOOD);
    hop.host = "127.0.0.2";
    ck_assert_int_eq(ask(port), PEER_REFUSED);
    hop.host = "[::1]";
    ck_assert_int_eq(ask(port), PEER_REFUSED);
}
END_TEST

START_TEST(before_the_handshake_is_over_nobody_is_known)
{
    unsigned port = peer_serve(peer_number("good"));
    ck_assert_int_eq(ask(port), PEER_GOOD);
    hop.early = true;
    ck_assert_int_eq(ask(port), PEER_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(hop.detail, "the TLS handshake is not over"));
}
END_TEST

START_TEST(without_tls_there_is_nobody_to_verify)
{
    struct record record = {.handle = curl_easy_init(), .provider = provider, .policy = &policy};
    ck_assert_int_eq(verify_peer(&record, &rule, HOST, hop.detail), PEER_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(hop.detail, "no TLS session"));
    curl_easy_cleanup(record.handle);
}
END_TEST

static struct rlimit files;

static void leave_no_descriptor(void)
{
    struct rlimit none = {0, 0};
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    none.rlim_max = files.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void give_descriptors(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
}

START_TEST(a_process_without_descriptors_knows_nothing_and_remembers_nothing)
{
    unsigned port = peer_serve(peer_number("self-signed"));
    rule.ca = NULL;
    hop.before = leave_no_descriptor;
    hop.after = give_descriptors;
    ck_assert_int_eq(ask(port), PEER_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(hop.detail, "can open no file now"));
}
END_TEST

/* ---- what it remembers ----------------------------------------------------------------------- */

START_TEST(what_was_good_is_so_for_its_policy_alone)
{
    unsigned port = peer_serve(peer_number("good"));
    static const struct policy_ca none = {.pem = "nothing"};
    ck_assert_int_eq(ask(port), PEER_GOOD);
    rule.ca = &none;
    ck_assert_int_eq(ask(port), PEER_REFUSED);
    rule.ca = &ca;
    ca.pem = "nothing"; /* the same place in memory, of another policy */
    policy.number = 2;
    ck_assert_int_eq(ask(port), PEER_REFUSED);
    policy.number = 1;
    ck_assert_int_eq(ask(port), PEER_GOOD); /* known already: the trust is not asked again */
}
END_TEST

START_TEST(what_is_known_is_known_by_its_bytes_its_host_and_its_policy)
{
    unsigned char der[] = "a certificate";
    const struct der certificate = {der, sizeof der}, other = {der, sizeof der - 1};
    const struct verified_for what = {.provider = provider, .ca = &ca, .host = HOST, .policy = 1};
    struct verified_for elsewhere = what;
    void *object = NULL;
    find_library();
    ck_assert(!verified_knows(&what, certificate, &object));
    verified_keep(&what, certificate, &object, 60);
    ck_assert(verified_knows(&what, certificate, &object));
    ck_assert(!verified_knows(&what, other, &object));
    elsewhere.host = "other.example";
    ck_assert(!verified_knows(&elsewhere, certificate, &object));
    elsewhere = what;
    elsewhere.policy = 2;
    ck_assert(!verified_knows(&elsewhere, certificate, &object));
}
END_TEST

START_TEST(a_session_without_its_chain_is_good_only_where_its_leaf_was_seen_good)
{
    unsigned port = peer_serve(peer_number("behind-an-intermediate"));
    hop.chainless = true;
    ck_assert_int_eq(ask(port), PEER_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(hop.detail, "without the certificate's chain"));
    hop.chainless = false;
    ck_assert_int_eq(ask(port), PEER_GOOD);
    hop.chainless = true;
    ck_assert_int_eq(ask(port), PEER_GOOD);
    policy.number++;
    ck_assert_int_eq(ask(port), PEER_UNKNOWN);
}
END_TEST

START_TEST(a_session_without_its_chain_may_need_none)
{
    hop.chainless = true;
    ck_assert_int_eq(ask(peer_serve(peer_number("good"))), PEER_GOOD);
    ck_assert_int_eq(ask(peer_serve(peer_number("self-signed"))), PEER_REFUSED);
    ck_assert_int_eq(ask(peer_serve(peer_number("another-name"))), PEER_REFUSED);
}
END_TEST

START_TEST(what_has_expired_is_not_kept)
{
    unsigned char der[] = "a certificate";
    const struct der certificate = {der, sizeof der};
    const struct verified_for what = {.provider = provider, .ca = &ca, .host = HOST, .policy = 1};
    void *object = NULL;
    find_library();
    verified_keep(&what, certificate, &object, 0);
    ck_assert(!verified_knows(&what, certificate, &object));
    verified_keep(&what, certificate, &object, -60);
    ck_assert(!verified_knows(&what, certificate, &object));
}
END_TEST

START_TEST(a_held_object_is_given_back_when_another_takes_its_place)
{
    char objects[32];
    unsigned char der[] = "certificate 0";
    const struct verified_for what = {.provider = provider, .ca = &ca, .host = HOST, .policy = 1};
    unsigned back = 0;
    find_library();
    for (int i = 0; i < 32; i++) {
        void *object = &objects[i];
        der[12] = (unsigned char)i;
        verified_keep(&what, (struct der){der, sizeof der}, &object, 60);
        ck_assert(verified_holds(&what, &objects[i]));
        if (object != NULL) {
            ck_assert(!verified_holds(&what, object));
            back++;
        }
    }
    ck_assert_uint_eq(back, 32 - 8);
}
END_TEST

/* ---- what stays as it was -------------------------------------------------------------------- */

static void *openssl(const char *name)
{
    void *function = dlsym(RTLD_DEFAULT, name);
    ck_assert_msg(function != NULL, "%s", name);
    return function;
}

static bool is_openssl_3(void)
{
    return dlsym(RTLD_DEFAULT, "ERR_set_error") != NULL;
}

enum { QUEUED = 6 };

/* Errors of the program's own, which it has not looked at yet. */
static void queue_errors(void)
{
    void (*new_error)(void) = (void (*)(void))openssl("ERR_new");
    void (*set_error)(int, int, const char *, ...) =
        (void (*)(int, int, const char *, ...))openssl("ERR_set_error");
    ((void (*)(void))openssl("ERR_clear_error"))();
    for (int i = 0; i < QUEUED; i++) {
        new_error();
        set_error(128, i + 1, "%d", i);
    }
    errno = ENOTTY;
}

static void expect_errors(void)
{
    unsigned long (*get_error)(void) = (unsigned long (*)(void))openssl("ERR_get_error");
    ck_assert_int_eq(errno, ENOTTY);
    for (int i = 0; i < QUEUED; i++)
        ck_assert_uint_eq(get_error() & 0x7fffff, (unsigned)i + 1);
    ck_assert_uint_eq(get_error(), 0);
}

static void clear_errors(void)
{
    ((void (*)(void))openssl("ERR_clear_error"))();
    errno = ENOTTY;
}

static void expect_no_errors(void)
{
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert_uint_eq(((unsigned long (*)(void))openssl("ERR_get_error"))(), 0);
}

/* Good, refused, known, by a trust of one and by the system's. */
static void ask_of_all(void)
{
    unsigned good = peer_serve(peer_number("behind-an-intermediate"));
    for (int i = 0; i < npeer_kinds; i++)
        if (strcmp(peer_kinds[i].name, "anonymous") != 0 &&
            strcmp(peer_kinds[i].name, "sha1") != 0 && strcmp(peer_kinds[i].name, "weak-key") != 0)
            ask(peer_serve(i));
    ask(good);
    rule.ca = NULL;
    ask(good);
}

START_TEST(errno_and_the_programs_own_errors_stay)
{
    if (!is_openssl_3()) {
        printf("SKIP errno_and_the_programs_own_errors_stay: not OpenSSL 3\n");
        return;
    }
    hop.before = queue_errors;
    hop.after = expect_errors;
    ask_of_all();
    ck_assert_uint_gt(hop.hops, 20);
}
END_TEST

START_TEST(an_empty_queue_of_errors_stays_empty)
{
    hop.before = clear_errors;
    hop.after = expect_no_errors;
    ask_of_all();
    ck_assert_uint_gt(hop.hops, 20);
}
END_TEST

static sigset_t mask_before;
static int cancel_before;

static void note_thread(void)
{
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_before);
}

static void expect_thread(void)
{
    sigset_t mask;
    int cancel;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
    for (int i = 1; i < 65; i++)
        ck_assert_int_eq(sigismember(&mask, i), sigismember(&mask_before, i));
    ck_assert_int_eq(cancel, PTHREAD_CANCEL_ENABLE);
}

START_TEST(the_threads_signals_and_cancelling_stay)
{
    hop.before = note_thread;
    hop.after = expect_thread;
    ck_assert_int_eq(ask(peer_serve(peer_number("good"))), PEER_GOOD);
    ck_assert_int_eq(ask(peer_serve(peer_number("self-signed"))), PEER_REFUSED);
}
END_TEST

/* ---- threads and fork ------------------------------------------------------------------------ */

static atomic_bool churning = true;

static void *churn(void *data)
{
    unsigned char der[64];
    const struct verified_for what = {.provider = provider, .ca = &ca, .host = HOST, .policy = 1};
    memset(der, (int)(intptr_t)data, sizeof der);
    while (churning) {
        void *object = NULL;
        verified_keep(&what, (struct der){der, sizeof der}, &object, 60);
        verified_knows(&what, (struct der){der, sizeof der}, &object);
    }
    return NULL;
}

/* What was found good in the child is known there, and its own verifications go on. */
static void end_child(void)
{
    struct record record = {.handle = hop.easy, .provider = provider, .policy = &policy};
    if (child != 0)
        return;
    enum peer known = verify_peer(&record, &rule, hop.host, hop.detail);
    policy.number++;
    enum peer anew = verify_peer(&record, &rule, hop.host, hop.detail);
    _exit(hop.peer == PEER_GOOD && known == PEER_GOOD && anew == PEER_GOOD ? 0 : 1);
}

START_TEST(a_process_that_forks_within_a_verification_ends_it_in_both)
{
    int status;
    unsigned port = peer_serve(peer_number("behind-an-intermediate"));
    find_library();
    hop.forks = true;
    hop.after = end_child;
    ck_assert_int_eq(ask(port), PEER_GOOD);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_child_of_a_process_that_verifies_finds_the_lock_free)
{
    pthread_t ids[4];
    const struct verified_for what = {.provider = provider, .ca = &ca, .host = HOST, .policy = 1};
    find_library();
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&ids[i], NULL, churn, (void *)(intptr_t)i), 0);
    for (int i = 0; i < 200; i++) {
        int status;
        pid_t forked = fork();
        if (forked == 0) {
            alarm(10);
            _exit(verified_holds(&what, &ids) ? 1 : 0);
        }
        ck_assert(waitpid(forked, &status, 0) == forked);
        ck_assert_int_eq(status, 0);
    }
    churning = false;
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
}
END_TEST

/* ---- the TLS library ------------------------------------------------------------------------- */

START_TEST(a_libcurls_own_table_leads_to_its_tls_library)
{
    void *found = NULL;
    find_library();
    void *ssl = import_target((const void *)provider->real.easy_init, "SSL_new");
    ck_assert_ptr_eq(ssl, openssl("SSL_new"));
    ck_assert(import_names(ssl, "SSL_nothing|SSL_free\0", &found));
    ck_assert_ptr_eq(found, openssl("SSL_free"));
    ck_assert(!import_names(ssl, "X509_free\0", &found)); /* libcrypto's: not its own */
    ck_assert_ptr_null(import_target((const void *)provider->real.easy_init, "gnutls_init"));
    ck_assert_ptr_null(verifier_gnutls(provider));
}
END_TEST

START_TEST(a_peer_is_looked_at_where_libcurl_shows_it)
{
    skips_old_libcurl("verify");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify");
    TCase *tests = tcase_create("verify");
    /* The libcurl that the tests link says which it is. */
    if (strstr(curl_version(), "OpenSSL") == NULL) {
        printf("SKIP verify: this libcurl does not use OpenSSL\n");
        return 0;
    }
    if (old_libcurl()) {
        tcase_add_test(tests, a_peer_is_looked_at_where_libcurl_shows_it);
        suite_add_tcase(suite, tests);
        return suite_run(suite);
    }
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_good_peer_and_a_bad_one_are_told_apart);
    tcase_add_test(tests, a_certificate_is_good_for_its_own_host_alone);
    tcase_add_test(tests, an_address_is_a_host_too);
    tcase_add_test(tests, before_the_handshake_is_over_nobody_is_known);
    tcase_add_test(tests, without_tls_there_is_nobody_to_verify);
    tcase_add_test(tests, a_process_without_descriptors_knows_nothing_and_remembers_nothing);
    tcase_add_test(tests, what_was_good_is_so_for_its_policy_alone);
    tcase_add_test(tests, what_is_known_is_known_by_its_bytes_its_host_and_its_policy);
    tcase_add_test(tests, a_session_without_its_chain_is_good_only_where_its_leaf_was_seen_good);
    tcase_add_test(tests, a_session_without_its_chain_may_need_none);
    tcase_add_test(tests, what_has_expired_is_not_kept);
    tcase_add_test(tests, a_held_object_is_given_back_when_another_takes_its_place);
    tcase_add_test(tests, errno_and_the_programs_own_errors_stay);
    tcase_add_test(tests, an_empty_queue_of_errors_stays_empty);
    tcase_add_test(tests, the_threads_signals_and_cancelling_stay);
    tcase_add_test(tests, a_process_that_forks_within_a_verification_ends_it_in_both);
    tcase_add_test(tests, a_child_of_a_process_that_verifies_finds_the_lock_free);
    tcase_add_test(tests, a_libcurls_own_table_leads_to_its_tls_library);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
