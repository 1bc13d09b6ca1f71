#include "preload/request/verifier.h"

#include <string.h>

#include "preload/libcurl/imports.h"
#include "preload/loader/locks.h"
#include "preload/loader/slab.h"

enum {
    KEPT = 8,                /* certificates of one libcurl */
    HOST_SIZE = 256,         /* a longer host is no host of DNS, and not kept */
    CERTIFICATE_SIZE = 3072, /* a larger certificate is verified at each hop */
    MAX_SECONDS = 60 * 60,
};

struct verified {
    const struct policy_ca *ca;
    unsigned policy;
    int64_t until; /* seconds of the monotonic clock; 0: nothing is kept here */
    size_t length;
    char host[HOST_SIZE];
    unsigned char certificate[CERTIFICATE_SIZE];
};

enum tls { TLS_NONE, TLS_OPENSSL, TLS_GNUTLS };

union table {
    struct openssl openssl;
    struct gnutls gnutls;
    void *entry[sizeof(struct openssl) / sizeof(void *)];
};

struct verifier {
    enum tls tls;
    union table table;
    unsigned oldest; /* of `verified`: the next to be replaced */
    struct verified verified[KEPT];
};

/* LOCK_PEERS is held for every use of what is kept; a table does not change once it is there. */
static struct verifier *verifiers[MAX_PROVIDERS];

/*
 * Of each that is kept a reference of the TLS library's, or NULL. Not in the mapping with the rest:
 * in a program that looks for its leaks (LeakSanitizer) they would be some.
 */
static void *held[MAX_PROVIDERS][KEPT];

static void **held_by(const struct provider *provider)
{
    return held[provider_number(provider)];
}

/* ---- the TLS library ------------------------------------------------------------------------- */

/* One string rather than an array of pointers, each of which would be a relocation at start-up. */
#define TLS_NAME(name, member) name "\0"
static const char ssl_names[] = SSL_FUNCTIONS(TLS_NAME);
static const char crypto_names[] = CRYPTO_FUNCTIONS(TLS_NAME);
static const char gnutls_names[] = GNUTLS_FUNCTIONS(TLS_NAME);
#undef TLS_NAME

#define TLS_ONE(name, member) +1
enum { SSL_NAMES = 0 SSL_FUNCTIONS(TLS_ONE) };
#undef TLS_ONE

/* OpenSSL's own: LibreSSL says 2, and forks of 1.1 lack a name. Before 1.1 names were others. */
static bool is_known_openssl(unsigned long version)
{
    return version >> 20 == 0x101 || version >= 0x30000000ul;
}

/* libssl's calls lead to the libcrypto whose objects it hands out; an entry that was never called
 * may lead nowhere yet, so there are three to ask. */
static bool find_openssl(const struct provider *provider, union table *table)
{
    static const char anchors[] = "X509_up_ref\0X509_get0_pubkey\0CRYPTO_zalloc\0";
    void *ssl = import_target((const void *)provider->real.easy_init, "SSL_new");
    if (ssl == NULL || !import_names(ssl, ssl_names, table->entry))
        return false;
    for (const char *name = anchors; *name != '\0'; name += strlen(name) + 1) {
        void *crypto = import_target(ssl, name);
        if (crypto != NULL && import_names(crypto, crypto_names, table->entry + SSL_NAMES))
            return is_known_openssl(table->openssl.version());
    }
    return false;
}

static bool find_gnutls(const struct provider *provider, union table *table)
{
    void *init = import_target((const void *)provider->real.easy_init, "gnutls_init");
    return init != NULL && import_names(init, gnutls_names, table->entry);
}

/* LOCK_PEERS is held; NULL where the provider has none yet. */
static struct verifier *of_provider(const struct provider *provider)
{
    return verifiers[provider_number(provider)];
}

static void publish(const struct provider *provider, const union table *table, enum tls tls)
{
    struct verifier *fresh = slab_map(sizeof *fresh);
    if (fresh == NULL)
        return;
    fresh->table = *table;
    fresh->tls = tls;
    lock_take(LOCK_PEERS);
    struct verifier **place = &verifiers[provider_number(provider)];
    if (*place == NULL) {
        *place = fresh;
        fresh = NULL;
    }
    lock_give(LOCK_PEERS);
    if (fresh != NULL)
        slab_unmap(fresh, sizeof *fresh);
}

static const union table *table_of(const struct provider *provider, enum tls tls)
{
    lock_take(LOCK_PEERS);
    const struct verifier *verifier = of_provider(provider);
    lock_give(LOCK_PEERS);
    if (verifier == NULL) {
        union table table;
        memset(&table, 0, sizeof table);
        bool found =
            tls == TLS_OPENSSL ? find_openssl(provider, &table) : find_gnutls(provider, &table);
        publish(provider, &table, found ? tls : TLS_NONE);
        lock_take(LOCK_PEERS);
        verifier = of_provider(provider);
        lock_give(LOCK_PEERS);
    }
    return verifier != NULL && verifier->tls == tls ? &verifier->table : NULL;
}

const struct openssl *verifier_openssl(const struct provider *provider)
{
    const union table *table = table_of(provider, TLS_OPENSSL);
    return table != NULL ? &table->openssl : NULL;
}

const struct gnutls *verifier_gnutls(const struct provider *provider)
{
    const union table *table = table_of(provider, TLS_GNUTLS);
    return table != NULL ? &table->gnutls : NULL;
}

/* ---- what was found good --------------------------------------------------------------------- */

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec + 1; /* never 0 */
}

static bool is_for(const struct verified *verified, const struct verified_for *what, int64_t now)
{
    return verified->until >= now && verified->policy == what->policy && verified->ca == what->ca &&
           strcmp(verified->host, what->host) == 0;
}

bool verified_holds(const struct verified_for *what, const void *object)
{
    bool holds = false;
    int64_t now = seconds_now();
    lock_take(LOCK_PEERS);
    const struct verifier *verifier = of_provider(what->provider);
    void *const *objects = held_by(what->provider);
    for (int i = 0; verifier != NULL && !holds && i < KEPT; i++)
        holds = objects[i] == object && is_for(&verifier->verified[i], what, now);
    lock_give(LOCK_PEERS);
    return holds;
}

static void swap(void **a, void **b)
{
    void *other = *a;
    *a = *b;
    *b = other;
}

bool verified_knows(const struct verified_for *what, struct der certificate, void **object)
{
    bool knows = false;
    int64_t now = seconds_now();
    lock_take(LOCK_PEERS);
    const struct verifier *verifier = of_provider(what->provider);
    for (int i = 0; verifier != NULL && !knows && i < KEPT; i++) {
        const struct verified *verified = &verifier->verified[i];
        struct der kept = {verified->certificate, verified->length};
        knows = is_for(verified, what, now) && der_equal(kept, certificate);
        if (knows)
            swap(&held_by(what->provider)[i], object);
    }
    lock_give(LOCK_PEERS);
    return knows;
}

static void fill(struct verified *verified, const struct verified_for *what, struct der certificate,
                 int64_t seconds)
{
    verified->ca = what->ca;
    verified->policy = what->policy;
    verified->until = seconds_now() + (seconds < MAX_SECONDS ? seconds : MAX_SECONDS);
    verified->length = certificate.length;
    memcpy(verified->certificate, certificate.data, certificate.length);
    memcpy(verified->host, what->host, strlen(what->host) + 1);
}

void verified_keep(const struct verified_for *what, struct der certificate, void **object,
                   int64_t seconds)
{
    if (strlen(what->host) >= HOST_SIZE || certificate.length > CERTIFICATE_SIZE || seconds <= 0)
        return;
    lock_take(LOCK_PEERS);
    struct verifier *verifier = of_provider(what->provider);
    if (verifier != NULL) {
        unsigned oldest = verifier->oldest;
        verifier->oldest = (oldest + 1) % KEPT;
        fill(&verifier->verified[oldest], what, certificate, seconds);
        swap(&held_by(what->provider)[oldest], object);
    }
    lock_give(LOCK_PEERS);
}
