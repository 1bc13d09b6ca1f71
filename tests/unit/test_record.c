/* What is kept about a handle: found from any thread, gone when it goes,
 * true to what libcurl has. */
#define CURL_DISABLE_DEPRECATION /* CURLOPT_TLSAUTH_USERNAME, with 8.22 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "../support/fake_curl.h"
#include "../support/mmap_fails.h"
#include "preload/record/record.h"
#include "support/suite.h"

static char place;
static struct record *record;

static void setup(void)
{
    record = record_make(&place, &fake_provider);
    ck_assert_ptr_nonnull(record);
}

static void teardown(void)
{
    record_remove(record);
    record_free(record);
}

/* ---- the table ------------------------------------------------------------------------------- */

enum { THREADS = 8, EACH = 12500 };

static void *address(size_t thread, size_t i)
{
    return (void *)(uintptr_t)(0x10000000 + (thread * EACH + i) * 64);
}

static void make_and_find(size_t thread, const struct provider *provider, size_t step)
{
    for (size_t i = 0; i < EACH; i += step) {
        struct record *made = record_make(address(thread, i), provider);
        ck_assert_ptr_nonnull(made);
        ck_assert_uint_eq(made->facts | made->state, 0);
        made->facts = (uint16_t)(i & 15);
    }
    for (size_t i = 0; i < EACH; i += step) {
        const struct record *found = record_find(address(thread, i));
        ck_assert_ptr_nonnull(found);
        ck_assert_ptr_eq(found->handle, address(thread, i));
        ck_assert_ptr_eq(found->provider, provider);
        ck_assert_uint_eq(found->facts, i & 15);
    }
}

static void drop(size_t thread, size_t step)
{
    for (size_t i = 0; i < EACH; i += step) {
        struct record *found = record_find(address(thread, i));
        ck_assert_ptr_nonnull(found);
        record_remove(found);
        ck_assert_ptr_null(record_find(address(thread, i)));
        record_free(found);
    }
}

static void *work(void *data)
{
    static const struct provider other;
    size_t thread = (size_t)(uintptr_t)data;
    make_and_find(thread, &fake_provider, 1);
    drop(thread, 2);
    make_and_find(thread, &other, 2); /* libcurl gives the same addresses again */
    drop(thread, 1);
    return NULL;
}

START_TEST(a_hundred_thousand_handles_of_eight_threads_are_kept_apart)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_ptr_null(record_find(address(0, 0)));
}
END_TEST

START_TEST(memory_that_was_given_back_is_taken_again)
{
    unsigned before = 0;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < 1000; i++) {
            struct record *made = record_make(address(0, i), &fake_provider);
            record_note(made, CURLOPT_REQUEST_TARGET, (uintptr_t) "/x");
        }
        for (size_t i = 0; i < 1000; i++) {
            struct record *found = record_find(address(0, i));
            record_remove(found);
            record_free(found);
        }
        if (round > 0)
            ck_assert_uint_eq(mmap_calls, before);
        before = mmap_calls;
    }
}
END_TEST

START_TEST(an_unknown_handle_has_no_record)
{
    ck_assert_ptr_null(record_find(NULL));
    ck_assert_ptr_null(record_find((char *)&place + 1));
}
END_TEST

static int prereq(void *data, char *remote, char *local, int remote_port, int local_port)
{
    (void)data, (void)remote, (void)local, (void)remote_port, (void)local_port;
    return CURL_PREREQFUNC_OK;
}

static void set_everything(struct record *of)
{
    static struct curl_slist list;
    record_note(of, CURLOPT_HTTPHEADER, (uintptr_t)&list);
    record_note(of, CURLOPT_ERRORBUFFER, (uintptr_t)&place);
    record_note(of, CURLOPT_PORT, 8443);
    record_note(of, CURLOPT_VERBOSE, 1);
    record_note(of, CURLOPT_SSL_VERIFYPEER, 0);
    record_note(of, CURLOPT_USERPWD, (uintptr_t) "u:p");
    record_note(of, CURLOPT_PREREQFUNCTION, (uintptr_t)prereq);
    record_note(of, CURLOPT_CURLU, (uintptr_t)&place);
    record_note(of, CURLOPT_STDERR, (uintptr_t)&place);
    record_note(of, CURLOPT_REQUEST_TARGET, (uintptr_t) "/target");
}

static void check_defaults(const struct record *of)
{
    ck_assert_ptr_null(of->headers);
    ck_assert_ptr_null(of->error_buffer);
    ck_assert_uint_eq(of->port, 0);
    ck_assert_uint_eq(of->state, 0);
    ck_assert_uint_eq(of->facts, 0);
    if (of->rare == NULL)
        return;
    ck_assert(of->rare->prereq == NULL && of->rare->url == NULL);
    ck_assert_ptr_null(of->rare->error_stream);
    ck_assert(of->rare->text[RECORD_TARGET] == NULL || of->rare->text[RECORD_TARGET][0] == '\0');
}

START_TEST(a_handle_whose_address_was_used_unseen_begins_anew)
{
    struct record multi = {.handle = &multi};
    set_everything(record);
    record->state |= RECORD_MULTI | RECORD_ACTIVE | RECORD_ARMED;
    record->facts |= HOP_AMBIGUOUS;
    record->key = (const struct policy_key *)&place;
    record->node.data = &place;
    record_join(&multi, record);
    ck_assert_ptr_eq(record_make(&place, &fake_provider), record);
    check_defaults(record);
    ck_assert_ptr_null(record->key);
    ck_assert_ptr_null(record->policy);
    ck_assert_ptr_null(record->node.data);
    ck_assert_ptr_null(multi.multi_next);
}
END_TEST

START_TEST(addresses_used_unseen_over_and_over_cost_no_more_memory)
{
    set_everything(record);
    unsigned before = mmap_calls;
    for (int i = 0; i < 1000; i++) {
        record_make(&place, &fake_provider);
        set_everything(record);
    }
    ck_assert_uint_eq(mmap_calls, before);
}
END_TEST

START_TEST(reset_forgets_what_was_set_but_not_that_the_libcurl_is_in_doubt)
{
    set_everything(record);
    record_reset(record);
    check_defaults(record);
    record->facts = HOP_AMBIGUOUS;
    record_reset(record);
    ck_assert_uint_eq(record->facts, HOP_AMBIGUOUS);
}
END_TEST

START_TEST(what_a_failed_transfer_left_survives_a_reset_and_is_not_copied)
{
    static char other;
    struct record *copy = record_make(&other, &fake_provider);
    record->facts = HOP_OWN_CREDENTIALS | HOP_TRACE;
    record_copy(copy, record);
    ck_assert_uint_eq(copy->facts, HOP_TRACE);
    record_reset(record);
    ck_assert_uint_eq(record->facts, HOP_OWN_CREDENTIALS);
    record_remove(copy);
    record_free(copy);
}
END_TEST

START_TEST(a_copy_has_the_options_and_none_of_the_transfer)
{
    static char other;
    struct record *copy = record_make(&other, &fake_provider);
    set_everything(record);
    record->state |= RECORD_ACTIVE | RECORD_ARMED | RECORD_KEYED | RECORD_REDACTS | RECORD_FAILED;
    record->rare->started = (CURLU *)(void *)&place;
    record->rare->redact.matched = 3;
    record_copy(copy, record);
    ck_assert_ptr_eq(copy->headers, record->headers);
    ck_assert_ptr_eq(copy->error_buffer, &place);
    ck_assert_uint_eq(copy->port, 8443);
    ck_assert_uint_eq(copy->facts, record->facts);
    ck_assert_uint_eq(copy->state, RECORD_VERBOSE | RECORD_USER | RECORD_PASSWORD);
    ck_assert(copy->rare->prereq == prereq);
    ck_assert_ptr_eq(copy->rare->url, &place);
    ck_assert_ptr_null(copy->rare->started);
    ck_assert_uint_eq(copy->rare->redact.matched, 0);
    ck_assert_str_eq(copy->rare->text[RECORD_TARGET], "/target");
    ck_assert_ptr_ne(copy->rare->text[RECORD_TARGET], record->rare->text[RECORD_TARGET]);
    record_note(record, CURLOPT_REQUEST_TARGET, (uintptr_t) "/changed");
    ck_assert_str_eq(copy->rare->text[RECORD_TARGET], "/target");
    record_remove(copy);
    record_free(copy);
}
END_TEST

START_TEST(a_plain_handle_has_no_rare_part)
{
    record_note(record, CURLOPT_HTTPHEADER, (uintptr_t)&place);
    record_note(record, CURLOPT_SSL_VERIFYPEER, 1);
    record_note(record, CURLOPT_DEBUGFUNCTION, 0);
    record_note(record, CURLOPT_REQUEST_TARGET, 0);
    record_note(record, CURLOPT_CURLU, 0);
    ck_assert_ptr_null(record->rare);
}
END_TEST

START_TEST(the_transfers_of_a_multi_handle_leave_in_any_order)
{
    enum { COUNT = 5 };
    static const int order[] = {2, 0, 4, 1, 3};
    struct record multi = {.handle = &multi}, easy[COUNT];
    memset(easy, 0, sizeof easy);
    for (int i = 0; i < COUNT; i++)
        record_join(&multi, &easy[i]);
    for (int i = 0; i < COUNT; i++) {
        record_leave(&easy[order[i]]);
        record_leave(&easy[order[i]]); /* the second time it is in none */
        int left = 0;
        for (struct record *next = multi.multi_next; next != NULL; next = next->multi_next)
            left++;
        ck_assert_int_eq(left, COUNT - 1 - i);
    }
}
END_TEST

/* ---- options --------------------------------------------------------------------------------- */

static const struct {
    CURLoption option;
    unsigned long value;
    unsigned fact; /* that must hold afterwards; 0: none */
} facts[] = {
    {CURLOPT_SSL_VERIFYPEER, 0, HOP_PEER_UNVERIFIED},
    {CURLOPT_SSL_VERIFYPEER, 1, 0},
    {CURLOPT_SSL_VERIFYPEER, 2, 0},
    {CURLOPT_SSL_VERIFYHOST, 0, HOP_HOST_UNVERIFIED},
    {CURLOPT_SSL_VERIFYHOST, 1, 0},
    {CURLOPT_SSL_VERIFYHOST, 2, 0},
    {CURLOPT_SSL_VERIFYHOST, 4, HOP_HOST_UNVERIFIED},
    {CURLOPT_SSL_CTX_FUNCTION, 0, 0},
    {CURLOPT_SSL_CTX_FUNCTION, 4096, HOP_SSL_CTX_FUNCTION},
    {CURLOPT_SSL_OPTIONS, 0, 0},
    {CURLOPT_SSL_OPTIONS, CURLSSLOPT_NATIVE_CA, 0},
    {CURLOPT_SSL_OPTIONS, 1 << 6, HOP_EARLY_DATA},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE, 0},
    {CURLOPT_HEADEROPT, CURLHEADER_UNIFIED, HOP_HEADER_UNIFIED},
    {CURLOPT_CONNECT_ONLY, 0, 0},
    {CURLOPT_CONNECT_ONLY, 1, HOP_CONNECT_ONLY},
    {CURLOPT_CONNECT_ONLY, 2, 0},
};

START_TEST(an_option_that_the_decision_reads_becomes_a_fact_and_goes_again)
{
    unsigned long undo = facts[_i].fact != 0 && facts[_i].value != 0 ? 0 : 2;
    if (facts[_i].option == CURLOPT_HEADEROPT)
        undo = CURLHEADER_SEPARATE;
    if (facts[_i].option == CURLOPT_SSL_VERIFYHOST)
        undo = 2;
    record_note(record, facts[_i].option, facts[_i].value);
    ck_assert_uint_eq(record->facts, facts[_i].fact);
    if (facts[_i].fact == 0)
        return;
    record_note(record, facts[_i].option, undo);
    /* Connections that were made under the callback may be used again. */
    bool stays = facts[_i].option == CURLOPT_SSL_CTX_FUNCTION;
    ck_assert_uint_eq(record->facts, stays ? facts[_i].fact : 0);
    record_reset(record);
    ck_assert_uint_eq(record->facts, stays ? facts[_i].fact : 0);
}
END_TEST

START_TEST(every_kept_option_stands_in_its_own_place)
{
    static const CURLoption options[] = {
        CURLOPT_HTTPHEADER,
        CURLOPT_PREREQFUNCTION,
        CURLOPT_PREREQDATA,
        CURLOPT_DEBUGFUNCTION,
        CURLOPT_DEBUGDATA,
        CURLOPT_STDERR,
        CURLOPT_VERBOSE,
        CURLOPT_ERRORBUFFER,
        CURLOPT_CURLU,
        CURLOPT_PORT,
        CURLOPT_SSL_VERIFYPEER,
        CURLOPT_SSL_VERIFYHOST,
        CURLOPT_SSL_CTX_FUNCTION,
        CURLOPT_SSL_OPTIONS,
        CURLOPT_HEADEROPT,
        CURLOPT_REQUEST_TARGET,
        CURLOPT_CONNECT_ONLY,
        CURLOPT_USERPWD,
        CURLOPT_USERNAME,
        CURLOPT_PASSWORD,
        CURLOPT_XOAUTH2_BEARER,
        CURLOPT_AWS_SIGV4,
        CURLOPT_HTTPAUTH,
        CURLOPT_CUSTOMREQUEST,
        CURLOPT_NETRC,
        CURLOPT_NETRC_FILE,
        CURLOPT_COOKIE,
        CURLOPT_USERAGENT,
        CURLOPT_REFERER,
        CURLOPT_RANGE,
        CURLOPT_ACCEPT_ENCODING,
        CURLOPT_TLSAUTH_USERNAME,
        CURLOPT_UNRESTRICTED_AUTH,
        CURLOPT_URL,
        CURLOPT_FOLLOWLOCATION,
        CURLOPT_NOBODY,
        CURLOPT_UPLOAD,
        CURLOPT_POST,
        CURLOPT_HTTPGET,
        CURLOPT_MIMEPOST,
        CURLOPT_POSTFIELDS,
        CURLOPT_COPYPOSTFIELDS,
        (CURLoption)10024, /* HTTPPOST */
        (CURLoption)54,    /* PUT */
    };
    size_t count = sizeof options / sizeof options[0], kept = 0;
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(record_kept[options[i] & RECORD_KEPT_MASK], options[i]);
    for (size_t i = 0; i <= RECORD_KEPT_MASK; i++)
        kept += record_kept[i] != 0;
    ck_assert_uint_eq(kept, count);
}
END_TEST

static struct record *record_of(unsigned version)
{
    static struct provider provider;
    provider = fake_provider;
    provider.version = version;
    record_remove(record);
    record_free(record);
    record = record_make(&place, &provider);
    return record;
}

START_TEST(to_follow_in_a_way_that_may_drop_the_method_counts_in_a_libcurl_that_does)
{
    record_of(CURL_DROPS_CUSTOM - 1);
    record_note(record, CURLOPT_FOLLOWLOCATION, 3);
    ck_assert_uint_eq(record->state | record->facts, 0);
    record_of(CURL_DROPS_CUSTOM);
    record_note(record, CURLOPT_FOLLOWLOCATION, 1);
    ck_assert_uint_eq(record->state, 0);
    record_note(record, CURLOPT_FOLLOWLOCATION, 2);
    ck_assert_uint_eq(record->state, RECORD_DROPS_CUSTOM);
    record_note(record, CURLOPT_FOLLOWLOCATION, 0);
    ck_assert_uint_eq(record->state, 0);
    record->state = RECORD_ACTIVE | RECORD_DROPS_CUSTOM; /* a redirect may have come */
    record_note(record, CURLOPT_FOLLOWLOCATION, 1);
    ck_assert(record->state & RECORD_DROPS_CUSTOM);
}
END_TEST

START_TEST(a_record_that_is_put_back_is_found_again)
{
    for (size_t i = 0; i < 1000; i++) /* in the nest, and outside */
        ck_assert_ptr_nonnull(record_make(address(0, i), &fake_provider));
    for (size_t i = 0; i < 1000; i++) {
        struct record *found = record_find(address(0, i));
        record_remove(found);
        ck_assert_ptr_null(record_find(address(0, i)));
        record_put_back(found, address(0, i));
        ck_assert_ptr_eq(record_find(address(0, i)), found);
    }
    for (size_t i = 0; i < 1000; i++) {
        struct record *found = record_find(address(0, i));
        record_remove(found);
        record_free(found);
    }
}
END_TEST

START_TEST(a_request_target_is_kept_up_to_the_room_there_is)
{
    char text[RECORD_TEXT_SIZE + 1];
    memset(text, '/', sizeof text);
    text[RECORD_TEXT_SIZE - 1] = '\0';
    record_note(record, CURLOPT_REQUEST_TARGET, (uintptr_t)text);
    ck_assert_str_eq(record->rare->text[RECORD_TARGET], text);
    ck_assert_uint_eq(record->facts, 0);
    text[RECORD_TEXT_SIZE - 1] = '/';
    text[RECORD_TEXT_SIZE] = '\0';
    record_note(record, CURLOPT_REQUEST_TARGET, (uintptr_t)text);
    ck_assert_uint_eq(record->facts, HOP_UNKNOWN_TARGET);
    ck_assert_str_eq(record->rare->text[RECORD_TARGET], "");
    record_note(record, CURLOPT_REQUEST_TARGET, (uintptr_t) "/short");
    ck_assert_uint_eq(record->facts, 0);
    record_note(record, CURLOPT_REQUEST_TARGET, 0);
    ck_assert_str_eq(record->rare->text[RECORD_TARGET], "");
}
END_TEST

/* ---- out of memory --------------------------------------------------------------------------- */

START_TEST(without_memory_there_is_no_record_and_errno_is_kept)
{
    static char many[200000];
    size_t i = 0;
    mmap_fails = true;
    errno = ENOTTY;
    while (i < sizeof many && record_make(&many[i], &fake_provider) != NULL)
        i++;
    ck_assert_uint_lt(i, sizeof many);
    ck_assert_ptr_null(record_find(&many[i]));
    ck_assert_int_eq(errno, ENOTTY);
    mmap_fails = false;
    ck_assert_ptr_nonnull(record_make(&many[i], &fake_provider));
}
END_TEST

START_TEST(what_cannot_be_kept_forbids_the_key)
{
    mmap_fails = true;
    record_note(record, CURLOPT_REQUEST_TARGET, (uintptr_t) "/x");
    ck_assert_uint_eq(record->facts, HOP_UNKNOWN_TARGET);
    record_note(record, CURLOPT_CURLU, (uintptr_t)&place);
    ck_assert(record->facts & HOP_NO_URL);
    mmap_fails = false;
}
END_TEST

START_TEST(a_copy_that_cannot_be_whole_forbids_the_key)
{
    static char other;
    struct record *copy = record_make(&other, &fake_provider);
    record_note(record, CURLOPT_CURLU, (uintptr_t)&place);
    mmap_fails = true;
    record_copy(copy, record);
    mmap_fails = false;
    /* The copy may lie in the other's shard and share its memory: then it is whole. */
    ck_assert(copy->rare != NULL ? copy->rare->url == (CURLU *)(void *)&place
                                 : (copy->facts & HOP_NO_URL) != 0);
}
END_TEST

START_TEST(buckets_that_cannot_grow_still_find_every_handle)
{
    enum { COUNT = 5000 };
    for (size_t i = 0; i < COUNT; i++) { /* their memory, without their buckets */
        mmap_fails = true;
        struct record *made = record_make(address(1, i), &fake_provider);
        mmap_fails = false;
        if (made == NULL)
            ck_assert_ptr_nonnull(record_make(address(1, i), &fake_provider));
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_ptr_nonnull(record_find(address(1, i)));
}
END_TEST

/* ---- credentials: what libcurl sends without being asked ------------------------------------- */

#define REPLY_END "Content-Length: 0\r\nConnection: close\r\n\r\n"

/* An Authorization header, and how many requests; written before the answer is, read after it. */
static bool came;
static unsigned requests;

/* "/digest" is answered 401 without one. */
static const char *reply_to(const char *request)
{
    bool digest = strstr(request, "/digest ") != NULL;
    bool has = strcasestr(request, "\nAuthorization:") != NULL;
    __atomic_store_n(&came, has, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&requests, 1, __ATOMIC_SEQ_CST);
    return digest && !has ? "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", "
                            "nonce=\"n\"\r\n" REPLY_END
                          : "HTTP/1.1 200 OK\r\n" REPLY_END;
}

static void *serve(void *data)
{
    int listener = *(int *)data;
    for (;;) {
        char text[8192];
        size_t used = 0;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        text[0] = '\0';
        while (strstr(text, "\r\n\r\n") == NULL && used < sizeof text - 1) {
            ssize_t got = read(fd, text + used, sizeof text - 1 - used);
            if (got <= 0)
                break;
            used += (size_t)got;
            text[used] = '\0';
        }
        const char *reply = reply_to(text);
        if (write(fd, reply, strlen(reply)) < 0)
            __atomic_store_n(&came, false, __ATOMIC_SEQ_CST);
        close(fd);
    }
}

static int listen_on_loopback(unsigned *port)
{
    struct sockaddr_in bound = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof bound;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&bound, length), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &length), 0);
    *port = ntohs(bound.sin_port);
    return fd;
}

static const char *const userpwds[] = {NULL, "", ":", ":p", "u", "u:", "u:p"};
static const char *const names[] = {NULL, "", "u"};
static const char *const passwords[] = {NULL, "", "p"};
static const char *const bearers[] = {NULL, "", "t"};
static const unsigned long methods[] = {0, /* left at its default */
                                        CURLAUTH_BASIC,
                                        CURLAUTH_DIGEST,
                                        CURLAUTH_DIGEST_IE,
                                        CURLAUTH_BEARER,
                                        CURLAUTH_NTLM,
                                        CURLAUTH_BASIC | CURLAUTH_DIGEST,
                                        CURLAUTH_NTLM | CURLAUTH_NEGOTIATE,
                                        CURLAUTH_BASIC | CURLAUTH_BEARER,
                                        CURLAUTH_BASIC | CURLAUTH_ONLY,
                                        CURLAUTH_BEARER | CURLAUTH_ONLY,
                                        CURLAUTH_ANYSAFE,
                                        CURLAUTH_ANY};

struct choice {
    const char *userpwd;
    const char *name;
    const char *password;
    const char *bearer;
    const char *sigv4;
    unsigned long methods;
    bool proxy; /* that has a user; the server itself */
};

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (text != NULL && curl_easy_setopt(easy, option, text) == CURLE_OK)
        record_note(record, option, (uintptr_t)text);
}

static void set_methods(CURL *easy, unsigned long bits)
{
    if (bits != 0 && curl_easy_setopt(easy, CURLOPT_HTTPAUTH, bits) == CURLE_OK)
        record_note(record, CURLOPT_HTTPAUTH, bits);
}

static bool sends(CURL *easy)
{
    __atomic_store_n(&came, false, __ATOMIC_SEQ_CST);
    __atomic_store_n(&requests, 0, __ATOMIC_SEQ_CST);
    curl_easy_perform(easy);
    return __atomic_load_n(&came, __ATOMIC_SEQ_CST);
}

static void compare_with_libcurl(CURL *easy, const char *url, const struct choice *choice)
{
    curl_easy_reset(easy);
    record_reset(record);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, choice->proxy ? url : "");
    if (choice->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXYUSERPWD, "proxy:user");
    set_text(easy, CURLOPT_USERPWD, choice->userpwd);
    set_text(easy, CURLOPT_USERNAME, choice->name);
    set_text(easy, CURLOPT_PASSWORD, choice->password);
    set_text(easy, CURLOPT_XOAUTH2_BEARER, choice->bearer);
    set_text(easy, CURLOPT_AWS_SIGV4, choice->sigv4);
    set_methods(easy, choice->methods);
    ck_assert_msg(!sends(easy) || record_has_credentials(record),
                  "sent unseen: userpwd %s, name %s, password %s, bearer %s, sigv4 %s, auth %lx, "
                  "proxy %d",
                  choice->userpwd, choice->name, choice->password, choice->bearer, choice->sigv4,
                  choice->methods, choice->proxy);
}

static int listener;
static pthread_t server;

/* The handle that is tried, and the server's URL. */
static CURL *begin_to_try(char *url, size_t size)
{
    static struct provider here;
    unsigned port;
    listener = listen_on_loopback(&port);
    ck_assert_int_eq(pthread_create(&server, NULL, serve, &listener), 0);
    snprintf(url, size, "http://127.0.0.1:%u/", port);
    here.version = curl_version_info(CURLVERSION_NOW)->version_num;
    record->provider = &here;
    return curl_easy_init();
}

static void end_to_try(CURL *easy)
{
    curl_easy_cleanup(easy);
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);
}

START_TEST(whatever_libcurl_sends_unasked_counts_as_the_applications_own)
{
    char url[64];
    CURL *easy = begin_to_try(url, sizeof url);
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        for (size_t b = 0; b < 3; b++) {
            for (size_t u = 0; u < sizeof userpwds / sizeof userpwds[0]; u++)
                compare_with_libcurl(easy, url,
                                     &(struct choice){.userpwd = userpwds[u],
                                                      .bearer = bearers[b],
                                                      .methods = methods[m]});
            for (size_t n = 0; n < 9; n++)
                compare_with_libcurl(easy, url,
                                     &(struct choice){.name = names[n / 3],
                                                      .password = passwords[n % 3],
                                                      .bearer = bearers[b],
                                                      .methods = methods[m]});
        }
        compare_with_libcurl(easy, url, &(struct choice){.proxy = true, .methods = methods[m]});
    }
    compare_with_libcurl(easy, url, &(struct choice){.userpwd = "u:p", .sigv4 = "aws:amz:r:s"});
    compare_with_libcurl(easy, url, &(struct choice){.sigv4 = "aws:amz:r:s"});
    compare_with_libcurl(easy, url, &(struct choice){.sigv4 = ""});
    end_to_try(easy);
}
END_TEST

/* A transfer with a user, to "" or "digest"; what hop.c and follow.c note of it. */
static void transfer_before(CURL *easy, const char *url, const char *path, const char *user,
                            unsigned long method)
{
    char text[96];
    curl_easy_reset(easy);
    record_reset(record);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    set_text(easy, CURLOPT_USERPWD, user);
    set_methods(easy, method);
    snprintf(text, sizeof text, "%s%s", url, path);
    curl_easy_setopt(easy, CURLOPT_URL, text);
    sends(easy);
    bool twice = __atomic_load_n(&requests, __ATOMIC_SEQ_CST) > 1;
    record->state |= RECORD_HOOKED | (twice ? RECORD_SETTLED : 0u);
}

static void remove_user(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_USERPWD, NULL);
    record_note(record, CURLOPT_USERPWD, 0);
}

START_TEST(what_libcurl_remembers_of_a_transfer_counts_as_the_applications_own)
{
    static const char *const paths[] = {"", "digest"}, *const users[] = {"u:p", ":"};
    const int nmethods = sizeof methods / sizeof methods[0];
    char url[64];
    CURL *easy = begin_to_try(url, sizeof url);
    for (int i = 0; i < nmethods * nmethods * 8; i++) {
        const char *path = paths[i % 2], *user = users[i / 2 % 2];
        const char *later = i / 4 % 2 == 0 ? NULL : ":";
        unsigned long then = methods[i / 8 % nmethods], now = methods[i / 8 / nmethods];
        transfer_before(easy, url, path, user, then);
        remove_user(easy);
        set_text(easy, CURLOPT_USERPWD, later);
        set_methods(easy, now);
        ck_assert_msg(!sends(easy) || record_has_credentials(record),
                      "sent unseen: first /%s, %s, auth %lx; then %s, auth %lx", path, user, then,
                      later, now);
    }
    end_to_try(easy);
}
END_TEST

static const struct {
    struct choice set;
    bool own;
} credentials[] = {
    {{0}, false},
    {{.methods = CURLAUTH_ANY}, false},
    {{.password = "p"}, false},
    {{.userpwd = ":", .methods = CURLAUTH_ANY}, false},
    {{.name = "", .methods = CURLAUTH_BASIC | CURLAUTH_DIGEST}, false},
    {{.userpwd = ":"}, true},
    {{.userpwd = ":", .methods = CURLAUTH_BASIC}, true},
    {{.userpwd = ":p", .methods = CURLAUTH_ANY}, true},
    {{.userpwd = "u"}, true},
    {{.userpwd = "u:p", .methods = CURLAUTH_ANY}, true},
    {{.name = "u"}, true},
    {{.bearer = "t"}, true},
    {{.sigv4 = "aws:amz"}, true},
};

static void note_text(CURLoption option, const char *text)
{
    if (text != NULL)
        record_note(record, option, (uintptr_t)text);
}

START_TEST(credentials_are_told_from_habits)
{
    const struct choice *set = &credentials[_i].set;
    note_text(CURLOPT_USERPWD, set->userpwd);
    note_text(CURLOPT_USERNAME, set->name);
    note_text(CURLOPT_PASSWORD, set->password);
    note_text(CURLOPT_XOAUTH2_BEARER, set->bearer);
    note_text(CURLOPT_AWS_SIGV4, set->sigv4);
    if (set->methods != 0)
        record_note(record, CURLOPT_HTTPAUTH, set->methods);
    ck_assert_int_eq(record_has_credentials(record), credentials[_i].own);
    record_note(record, CURLOPT_USERPWD, 0);
    record_note(record, CURLOPT_XOAUTH2_BEARER, 0);
    record_note(record, CURLOPT_AWS_SIGV4, 0);
    ck_assert(!record_has_credentials(record));
}
END_TEST

/* As each was measured. */
START_TEST(some_libcurls_send_a_lone_password)
{
    static const struct {
        struct provider of;
        bool sends;
    } rows[] = {{{.version = 0x074a00}, true},
                {{.version = 0x075100}, false},
                {{.version = 0x075801}, false},
                {{.version = 0x080500}, true},
                {{.version = 0x080e01}, false}};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        record->provider = &rows[i / 2].of;
        record_note(record, CURLOPT_PASSWORD, (uintptr_t)(i % 2 ? "" : "p"));
        ck_assert_msg(record_has_credentials(record) == rows[i / 2].sends, "%x",
                      rows[i / 2].of.version);
    }
}
END_TEST

START_TEST(before_websockets_any_connect_only_leaves_the_request)
{
    static const struct provider old = {.version = 0x075500}, since = {.version = 0x075600};
    record->provider = &old;
    record_note(record, CURLOPT_CONNECT_ONLY, 2);
    ck_assert_uint_eq(record->facts, HOP_CONNECT_ONLY);
    record->provider = &since;
    record_note(record, CURLOPT_CONNECT_ONLY, 2);
    ck_assert_uint_eq(record->facts, 0);
}
END_TEST

START_TEST(a_newer_libcurl_sends_a_lone_password_and_no_empty_user)
{
    static const struct provider before = {.version = 0x081300}, untried = {.version = 0x081400},
                                 since = {.version = 0x081500};
    record_note(record, CURLOPT_PASSWORD, (uintptr_t) "p");
    record->provider = &before;
    ck_assert(!record_has_credentials(record));
    record->provider = &untried;
    ck_assert(record_has_credentials(record));
    record->provider = &since;
    ck_assert(record_has_credentials(record));
    record_note(record, CURLOPT_USERNAME, (uintptr_t) "");
    ck_assert(record_has_credentials(record));
    record_note(record, CURLOPT_PASSWORD, 0);
    ck_assert(!record_has_credentials(record));
    record->provider = &untried;
    ck_assert(record_has_credentials(record));
    record->provider = &before;
    ck_assert(record_has_credentials(record));
}
END_TEST

/* As of 8.23, libcurl does not show them in the effective URL. */
static const struct {
    const char *url;
    bool own;
} users_in_urls[] = {
    {"https://u:p@app.commissioned.tech/v1", true},
    {"https://u@app.commissioned.tech/v1", true},
    {"https://@app.commissioned.tech/v1", true},
    {"https:/u@app.commissioned.tech/v1", true},
    {"https:///u@app.commissioned.tech/v1", true},
    {"u:p@app.commissioned.tech", true},
    {"u:p@app.commissioned.tech/v1/@me", true},
    {"https://app.commissioned.tech/v1/@me", false},
    {"https://app.commissioned.tech?at=a@b", false},
    {"https://app.commissioned.tech#a@b", false},
    {"app.commissioned.tech/a@b", false},
    {"", false},
};

START_TEST(a_user_in_the_url_is_the_applications_own_where_libcurl_hides_it)
{
    static const struct provider shows = {.version = 0x081600}, hides = {.version = 0x081700};
    uintptr_t url = (uintptr_t)users_in_urls[_i].url;
    record->provider = &hides;
    ck_assert(record_keeps_of(&hides, CURLOPT_URL));
    record_note(record, CURLOPT_URL, url);
    ck_assert_int_eq(record_has_credentials(record), users_in_urls[_i].own);
    record_note(record, CURLOPT_URL, 0);
    ck_assert(!record_has_credentials(record));
    record->provider = &shows;
    ck_assert(!record_keeps_of(&shows, CURLOPT_URL));
    record_note(record, CURLOPT_URL, url);
    ck_assert(!record_has_credentials(record));
}
END_TEST

#define COUNT_OF(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_hundred_thousand_handles_of_eight_threads_are_kept_apart);
    tcase_add_test(tests, memory_that_was_given_back_is_taken_again);
    tcase_add_test(tests, an_unknown_handle_has_no_record);
    tcase_add_test(tests, a_handle_whose_address_was_used_unseen_begins_anew);
    tcase_add_test(tests, addresses_used_unseen_over_and_over_cost_no_more_memory);
    tcase_add_test(tests, reset_forgets_what_was_set_but_not_that_the_libcurl_is_in_doubt);
    tcase_add_test(tests, what_a_failed_transfer_left_survives_a_reset_and_is_not_copied);
    tcase_add_test(tests, a_copy_has_the_options_and_none_of_the_transfer);
    tcase_add_test(tests, a_plain_handle_has_no_rare_part);
    tcase_add_test(tests, the_transfers_of_a_multi_handle_leave_in_any_order);
    tcase_add_loop_test(tests, an_option_that_the_decision_reads_becomes_a_fact_and_goes_again, 0,
                        COUNT_OF(facts));
    tcase_add_test(tests, every_kept_option_stands_in_its_own_place);
    tcase_add_test(tests,
                   to_follow_in_a_way_that_may_drop_the_method_counts_in_a_libcurl_that_does);
    tcase_add_test(tests, a_record_that_is_put_back_is_found_again);
    tcase_add_test(tests, a_request_target_is_kept_up_to_the_room_there_is);
    tcase_add_test(tests, without_memory_there_is_no_record_and_errno_is_kept);
    tcase_add_test(tests, what_cannot_be_kept_forbids_the_key);
    tcase_add_test(tests, a_copy_that_cannot_be_whole_forbids_the_key);
    tcase_add_test(tests, buckets_that_cannot_grow_still_find_every_handle);
    tcase_add_test(tests, whatever_libcurl_sends_unasked_counts_as_the_applications_own);
    tcase_add_test(tests, what_libcurl_remembers_of_a_transfer_counts_as_the_applications_own);
    tcase_add_loop_test(tests, credentials_are_told_from_habits, 0, COUNT_OF(credentials));
    tcase_add_loop_test(tests, a_user_in_the_url_is_the_applications_own_where_libcurl_hides_it, 0,
                        COUNT_OF(users_in_urls));
    tcase_add_test(tests, some_libcurls_send_a_lone_password);
    tcase_add_test(tests, before_websockets_any_connect_only_leaves_the_request);
    tcase_add_test(tests, a_newer_libcurl_sends_a_lone_password_and_no_empty_user);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
