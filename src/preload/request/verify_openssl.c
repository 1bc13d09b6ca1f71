/*
 * The peer's certificate by OpenSSL, in a store of our own: nothing that the program set on its
 * SSL_CTX, and no environment variable, is asked. Functions of OpenSSL's that empty the thread's
 * queue of errors, as those that read files do, are not called.
 */
#include <string.h>

#include "preload/loader/slab.h"
#include "preload/request/verify_task.h"

/* Numbers of OpenSSL's ABI, as its public headers have them. */
enum {
    FLAG_PARTIAL_CHAIN = 0x80000, /* as libcurl: an authority in the trust need not be a root */
    HOSTFLAG_NO_PARTIAL_WILDCARDS = 0x4,
    HOSTFLAG_NEVER_CHECK_SUBJECT = 0x20,
    PURPOSE_SSL_SERVER = 2,
    TRUST_SSL_SERVER = 3,
    LEVEL = 2, /* 112 bits of security, SSL_CTX_set_security_level(3) */
    ERROR_SELF_SIGNED = 18,
    ERROR_SELF_SIGNED_IN_CHAIN = 19,
    ERROR_NO_ISSUER = 20,
    ERROR_NO_ISSUER_OF_LEAF = 21,
    SECONDS_A_DAY = 24 * 60 * 60,
    CERTIFICATE_SIZE = 3072,
    HOST_SIZE = 256,
};

struct judging {
    const struct openssl *tls;
    const struct verify_task *task;
    void *leaf;
    void *chain; /* NULL: the session was resumed, and its chain forgotten */
    void *store;
};

/* ---- what may have issued it ----------------------------------------------------------------- */

static void add_to_store(void *data, struct der certificate)
{
    const struct judging *judging = data;
    const struct openssl *tls = judging->tls;
    const unsigned char *at = certificate.data;
    void *x509 = tls->x509_from_der(NULL, &at, (long)certificate.length);
    if (x509 == NULL)
        return;
    tls->store_add(judging->store, x509);
    tls->x509_free(x509);
}

static void add_issuer(const struct openssl *tls, struct trust_search *search, void *x509)
{
    struct der *name = &search->names[search->nnames];
    const void *issuer = tls->issuer_name(x509);
    if (issuer == NULL || tls->name_der(issuer, &name->data, &name->length) != 1)
        return;
    search->hashes[search->nnames] = tls->issuer_hash(x509);
    search->nnames++;
}

/* Fills the store. PEER_UNASKED: so far, so good. */
static enum peer find_issuers(struct judging *judging)
{
    const struct openssl *tls = judging->tls;
    const struct verify_task *task = judging->task;
    struct trust_search search = {.ca = task->what.ca,
                                  .provider = task->what.provider,
                                  .hashed = true,
                                  .found = add_to_store,
                                  .data = judging};
    int count = judging->chain != NULL ? tls->stack_count(judging->chain) : 0;
    add_issuer(tls, &search, judging->leaf);
    for (int i = 1; i < count && i < MAX_TRUST_NAMES; i++)
        add_issuer(tls, &search, tls->stack_value(judging->chain, i));
    return verify_trust(task, &search);
}

/* ---- the judgement --------------------------------------------------------------------------- */

static bool set_host(const struct openssl *tls, void *param, const char *host)
{
    char address[HOST_SIZE];
    size_t length = strlen(host);
    if (length >= sizeof address)
        return false;
    /* An IPv6 address stands in brackets. */
    bool bracketed = length > 2 && host[0] == '[' && host[length - 1] == ']';
    memcpy(address, host + bracketed, length + 1 - bracketed);
    if (bracketed)
        address[length - 2] = '\0';
    return tls->set_ip(param, address) == 1 || tls->set_host(param, host, length) == 1;
}

static bool prepare(const struct judging *judging, void *context)
{
    const struct openssl *tls = judging->tls;
    if (tls->context_init(context, judging->store, judging->leaf, judging->chain) != 1)
        return false;
    void *param = tls->context_param(context);
    if (param == NULL || tls->set_flags(param, FLAG_PARTIAL_CHAIN) != 1 ||
        tls->set_purpose(param, PURPOSE_SSL_SERVER) != 1 ||
        tls->set_trust(param, TRUST_SSL_SERVER) != 1)
        return false;
    tls->set_level(param, LEVEL);
    tls->set_hostflags(param, HOSTFLAG_NO_PARTIAL_WILDCARDS | HOSTFLAG_NEVER_CHECK_SUBJECT);
    return set_host(tls, param, judging->task->what.host);
}

static enum peer run(const struct judging *judging, void *context)
{
    const struct openssl *tls = judging->tls;
    if (!prepare(judging, context))
        return verify_says(judging->task, PEER_UNKNOWN, "the TLS library could not be asked");
    int good = tls->verify(context);
    int error = tls->context_error(context);
    if (good == 1 && error == 0)
        return PEER_GOOD;
    if (judging->chain == NULL && (error == ERROR_NO_ISSUER || error == ERROR_NO_ISSUER_OF_LEAF))
        return verify_says(judging->task, PEER_UNKNOWN,
                           "the TLS session was resumed without the certificate's chain");
    if (error >= ERROR_SELF_SIGNED && error <= ERROR_NO_ISSUER_OF_LEAF)
        return verify_says_stranger(judging->task, tls->error_text(error));
    return verify_says(judging->task, PEER_REFUSED, tls->error_text(error));
}

static enum peer judge(struct judging *judging)
{
    const struct openssl *tls = judging->tls;
    enum peer peer = PEER_UNASKED;
    judging->store = tls->store_new();
    void *context = judging->store != NULL ? tls->context_new() : NULL;
    if (context == NULL)
        peer = verify_says(judging->task, PEER_UNKNOWN, "out of memory");
    if (peer == PEER_UNASKED)
        peer = find_issuers(judging);
    if (peer == PEER_UNASKED)
        peer = run(judging, context);
    if (context != NULL)
        tls->context_free(context);
    if (judging->store != NULL)
        tls->store_free(judging->store);
    return peer;
}

/* ---- known already, or not ------------------------------------------------------------------- */

static int64_t seconds_left(const struct openssl *tls, const void *x509)
{
    int days = 0, seconds = 0;
    if (tls->time_diff(&days, &seconds, NULL, tls->not_after(x509)) != 1)
        return 0;
    return (int64_t)days * SECONDS_A_DAY + seconds;
}

/* `certificate` is the leaf's own, or empty. Gives *leaf up, or has another one there to give back.
 */
static enum peer judge_leaf(const struct openssl *tls, const struct verify_task *task, void **leaf,
                            struct der certificate)
{
    if (certificate.length > 0 && verified_knows(&task->what, certificate, leaf))
        return PEER_GOOD;
    struct judging judging = {
        .tls = tls, .task = task, .leaf = *leaf, .chain = tls->peer_chain(task->session)};
    enum peer peer = judge(&judging);
    if (peer == PEER_GOOD && certificate.length > 0)
        verified_keep(&task->what, certificate, leaf, seconds_left(tls, *leaf));
    return peer;
}

static enum peer verify_leaf(const struct openssl *tls, const struct verify_task *task, void **leaf)
{
    unsigned char *room = slab_map(CERTIFICATE_SIZE), *end = room;
    struct der certificate = {room, 0};
    int length = tls->x509_to_der(*leaf, NULL);
    if (room != NULL && length > 0 && length <= CERTIFICATE_SIZE)
        certificate.length = (size_t)tls->x509_to_der(*leaf, &end);
    enum peer peer = judge_leaf(tls, task, leaf, certificate);
    if (room != NULL)
        slab_unmap(room, CERTIFICATE_SIZE);
    return peer;
}

enum peer verify_openssl(const struct openssl *tls, const struct verify_task *task)
{
    if (tls->is_init_finished(task->session) == 0)
        return verify_says(task, PEER_UNKNOWN, "the TLS handshake is not over");
    void *leaf = tls->peer_certificate(task->session);
    if (leaf == NULL)
        return verify_says(task, PEER_REFUSED, "it showed none");
    if (verified_holds(&task->what, leaf)) {
        tls->x509_free(leaf);
        return PEER_GOOD;
    }
    tls->set_mark();
    enum peer peer = verify_leaf(tls, task, &leaf);
    tls->pop_to_mark();
    if (leaf != NULL)
        tls->x509_free(leaf);
    return peer;
}
