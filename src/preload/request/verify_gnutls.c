/*
 * The peer's certificate by GnuTLS, against a list of our own: nothing that the program set on its
 * session or credentials is asked.
 */
#include <string.h>

#include "preload/request/verify_task.h"

/* Numbers of GnuTLS's ABI: gnutls/gnutls.h, gnutls/x509.h. */
enum {
    CREDENTIALS_CERTIFICATE = 1,
    FORMAT_DER = 0,
    DATA_DNS_NAME = 1,
    DATA_KEY_PURPOSE = 2,
    DATA_IP_ADDRESS = 4,
    PROFILE_MEDIUM = 5 << 24, /* 112 bits of security */
    NO_ISSUER = 1 << 6,       /* a bit of its status, as words_of has them */
    MAX_CHAIN = MAX_TRUST_NAMES,
};

struct typed { /* as GnuTLS has it */
    int type;
    unsigned char *data;
    unsigned size;
};

struct chain {
    unsigned count;
    const struct gnutls_bytes *raw;
    void *certificates[MAX_CHAIN];
};

static struct der as_der(const struct gnutls_bytes *bytes)
{
    return (struct der){bytes->data, bytes->size};
}

/* ---- what may have issued it ----------------------------------------------------------------- */

struct adding {
    const struct gnutls *tls;
    void *list;
};

static void add_to_list(void *data, struct der certificate)
{
    const struct adding *adding = data;
    /* It is copied; the cast takes nothing from anybody. */
    const struct gnutls_bytes bytes = {(unsigned char *)(uintptr_t)certificate.data,
                                       (unsigned)certificate.length};
    adding->tls->list_add(adding->list, &bytes, NULL, FORMAT_DER, 0, 0);
}

static enum peer find_issuers(const struct gnutls *tls, const struct verify_task *task,
                              const struct chain *chain, void *list)
{
    struct adding adding = {tls, list};
    struct der_names names;
    struct trust_search search = {.ca = task->what.ca,
                                  .provider = task->what.provider,
                                  .found = add_to_list,
                                  .data = &adding};
    for (unsigned i = 0; i < chain->count && i < MAX_TRUST_NAMES; i++)
        if (der_names(as_der(&chain->raw[i]), &names))
            search.names[search.nnames++] = names.issuer;
    return verify_trust(task, &search);
}

/* ---- the judgement --------------------------------------------------------------------------- */

/* The first of what speaks against it; the words are ours, for GnuTLS allocates its own. */
static const char *words_of(unsigned status)
{
    static const struct {
        unsigned bit;
        char text[48];
    } words[] = {
        {1u << 5, "it was revoked"},
        {1u << 14, "it is for another host"},
        {1u << 10, "it has expired"},
        {1u << 9, "it is not valid yet"},
        {NO_ISSUER, "its issuer is not trusted"},
        {1u << 7, "its issuer is no authority"},
        {1u << 18, "it is not for a server"},
        {1u << 13, "its issuer may not issue it"},
        {1u << 8, "it is signed with a weak algorithm"},
        {1u << 11, "its signature is wrong"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (status & words[i].bit)
            return words[i].text;
    return "it cannot be verified";
}

/* An IP address in the host's place is compared as one by GnuTLS itself. */
static enum peer run(const struct gnutls *tls, const struct verify_task *task, struct chain *chain,
                     void *list)
{
    char purpose[] = "1.3.6.1.5.5.7.3.1"; /* RFC 5280, 4.2.1.12: id-kp-serverAuth */
    char host[256];
    unsigned status = ~0u;
    size_t length = strlen(task->what.host);
    bool bracketed = length > 2 && task->what.host[0] == '[';
    if (length >= sizeof host)
        return verify_says(task, PEER_REFUSED, words_of(1u << 14));
    memcpy(host, task->what.host + bracketed, length + 1 - bracketed);
    if (bracketed)
        host[length - 2] = '\0';
    struct typed data[] = {{DATA_DNS_NAME, (unsigned char *)host, 0},
                           {DATA_KEY_PURPOSE, (unsigned char *)purpose, 0}};
    if (tls->list_verify(list, chain->certificates, chain->count, data, 2, PROFILE_MEDIUM, &status,
                         NULL) < 0)
        return verify_says(task, PEER_UNKNOWN, "the TLS library could not be asked");
    if (status == 0)
        return PEER_GOOD;
    const char *words = words_of(status);
    return words == words_of(NO_ISSUER) ? verify_says_stranger(task, words)
                                        : verify_says(task, PEER_REFUSED, words);
}

static enum peer judge(const struct gnutls *tls, const struct verify_task *task,
                       struct chain *chain)
{
    void *list = NULL;
    if (tls->list_init(&list, 0) < 0)
        return verify_says(task, PEER_UNKNOWN, "out of memory");
    enum peer peer = find_issuers(tls, task, chain, list);
    if (peer == PEER_UNASKED)
        peer = run(tls, task, chain, list);
    tls->list_deinit(list, 1);
    return peer;
}

static bool import(const struct gnutls *tls, struct chain *chain, unsigned count)
{
    for (chain->count = 0; chain->count < count; chain->count++) {
        void **certificate = &chain->certificates[chain->count];
        if (tls->crt_init(certificate) < 0)
            return false;
        if (tls->crt_import(*certificate, &chain->raw[chain->count], FORMAT_DER) >= 0)
            continue;
        tls->crt_deinit(*certificate);
        return false;
    }
    return true;
}

static int64_t seconds_left(const struct gnutls *tls, void *certificate)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)tls->crt_expires(certificate) - now.tv_sec;
}

enum peer verify_gnutls(const struct gnutls *tls, const struct verify_task *task)
{
    unsigned count = 0;
    void *none = NULL;
    struct chain chain = {.raw = NULL};
    if (tls->credentials(task->session) == CREDENTIALS_CERTIFICATE)
        chain.raw = tls->peers(task->session, &count);
    if (chain.raw == NULL || count == 0)
        return verify_says(task, PEER_REFUSED, "it showed none");
    if (verified_knows(&task->what, as_der(&chain.raw[0]), &none))
        return PEER_GOOD;
    if (count > MAX_CHAIN)
        return verify_says(task, PEER_REFUSED, "its chain is too long");
    enum peer peer = PEER_REFUSED;
    if (import(tls, &chain, count))
        peer = judge(tls, task, &chain);
    else
        verify_says(task, peer, "it cannot be read");
    if (peer == PEER_GOOD)
        verified_keep(&task->what, as_der(&chain.raw[0]), &none,
                      seconds_left(tls, chain.certificates[0]));
    for (unsigned i = 0; i < chain.count; i++)
        tls->crt_deinit(chain.certificates[i]);
    return peer;
}
