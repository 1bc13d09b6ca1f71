#include "peer_certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <check.h>

#include "peers.h"

#define HOST "app.commissioned.tech"

enum { DAY = 24 * 60 * 60 };

enum signer {
    ROOT,
    UNKNOWN, /* another root that nobody trusts */
    TWIN,    /* ... of the same name as the good one */
    INTERMEDIATE,
    EXPIRED_INTERMEDIATE,
    NAMED_INTERMEDIATE,   /* for other.example alone */
    FORBIDDING,           /* for all but commissioned.tech */
    SHORT_INTERMEDIATE,   /* it may sign no other authority ... */
    BELOW_SHORT,          /* ... and this is one that it signed */
    LEAF,                 /* a good server's certificate, which may sign nothing */
    LEAF_WITHOUT_BASICS,  /* the same, and it does not even say so */
    CLIENTS_INTERMEDIATE, /* signs clients alone */
    SIGNERS,
    SELF,
    NOBODY,
};

enum trait {
    EXPIRED = 1u << 0,
    NOT_YET = 1u << 1,
    FOR_CLIENTS = 1u << 2,
    FOR_SERVERS = 1u << 3,
    WEAK_KEY = 1u << 4,
    RSA = 1u << 5,
    SHA1 = 1u << 6,
    IS_AUTHORITY = 1u << 7,
    SHORT = 1u << 8,       /* a path length of 0 */
    NO_BASICS = 1u << 9,   /* no basic constraints */
    BY_IP = 1u << 10,      /* the address 127.0.0.1 is its only alternative name */
    LEAVES_OUT = 1u << 11, /* the chain lacks its intermediates */
    ONLY_OTHERS = 1u << 12,
    NOT_HOME = 1u << 13,
};

struct certificate {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    const struct certificate *issuer; /* NULL: a root, or self-signed */
};

static struct certificate signers[SIGNERS];

#define must(call) ck_assert_msg((call) >= 0, "%s", #call)

static void make_key(struct certificate *made, unsigned traits)
{
    must(gnutls_x509_privkey_init(&made->key));
    if (traits & (WEAK_KEY | RSA))
        must(gnutls_x509_privkey_generate(made->key, GNUTLS_PK_RSA, traits & RSA ? 2048 : 1024, 0));
    else
        must(gnutls_x509_privkey_generate(made->key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
}

static void set_dates(gnutls_x509_crt_t crt, unsigned traits)
{
    time_t now = time(NULL);
    time_t from = traits & NOT_YET ? now + 2 * DAY : now - 10 * DAY;
    time_t to = traits & EXPIRED ? now - 2 * DAY : now + 10 * DAY;
    must(gnutls_x509_crt_set_activation_time(crt, from));
    must(gnutls_x509_crt_set_expiration_time(crt, to));
}

static void set_constraints(gnutls_x509_crt_t crt, unsigned traits)
{
    gnutls_x509_name_constraints_t names;
    gnutls_datum_t other = {(unsigned char *)"other.example", 13};
    gnutls_datum_t home = {(unsigned char *)"commissioned.tech", 17};
    if (!(traits & (ONLY_OTHERS | NOT_HOME)))
        return;
    must(gnutls_x509_name_constraints_init(&names));
    if (traits & ONLY_OTHERS)
        must(gnutls_x509_name_constraints_add_permitted(names, GNUTLS_SAN_DNSNAME, &other));
    else
        must(gnutls_x509_name_constraints_add_excluded(names, GNUTLS_SAN_DNSNAME, &home));
    must(gnutls_x509_crt_set_name_constraints(crt, names, 1));
    gnutls_x509_name_constraints_deinit(names);
}

static void set_use(gnutls_x509_crt_t crt, unsigned traits)
{
    if (traits & IS_AUTHORITY) {
        must(gnutls_x509_crt_set_basic_constraints(crt, 1, traits & SHORT ? 0 : -1));
        must(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN));
    } else if (!(traits & NO_BASICS)) {
        must(gnutls_x509_crt_set_basic_constraints(crt, 0, -1));
    }
    if (traits & FOR_CLIENTS)
        must(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0));
    if (traits & FOR_SERVERS)
        must(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
    set_constraints(crt, traits);
}

/* A name with a NUL in it, which GnuTLS would cut there: the extension's own DER. */
static void set_raw_name(gnutls_x509_crt_t crt, const char *name, unsigned length)
{
    unsigned char der[PEER_TEXT] = {0x30, (unsigned char)(length + 2), 0x82, (unsigned char)length};
    ck_assert_uint_lt(length, 120);
    memcpy(der + 4, name, length);
    *(char *)memchr(der + 4, '@', length) = '\0';
    must(gnutls_x509_crt_set_extension_by_oid(crt, GNUTLS_X509EXT_OID_SAN, der, length + 4, 0));
}

/* `names` are separated by spaces; a '@' in the only one becomes a NUL. */
static void set_names(gnutls_x509_crt_t crt, const char *names, unsigned traits)
{
    static const unsigned char address[] = {127, 0, 0, 1};
    char text[PEER_TEXT], *rest = NULL;
    if (traits & BY_IP)
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address,
                                                  sizeof address, GNUTLS_FSAN_APPEND));
    snprintf(text, sizeof text, "%s", names != NULL ? names : "");
    for (char *name = strtok_r(text, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        unsigned length = (unsigned)strlen(name);
        if (strchr(name, '@') != NULL)
            set_raw_name(crt, name, length);
        else
            must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, length,
                                                      GNUTLS_FSAN_APPEND));
    }
}

static void make(struct certificate *made, const char *subject, const char *names, unsigned traits,
                 const struct certificate *issuer)
{
    unsigned char serial[16], id[64];
    size_t size = sizeof id;
    const struct certificate *by = issuer != NULL ? issuer : made;
    make_key(made, traits);
    made->issuer = issuer;
    must(gnutls_x509_crt_init(&made->crt));
    gnutls_x509_crt_t crt = made->crt;
    ck_assert_int_eq(getrandom(serial, sizeof serial, 0), sizeof serial);
    serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
    must(gnutls_x509_crt_set_version(crt, 3));
    must(gnutls_x509_crt_set_key(crt, made->key));
    must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, subject,
                                       (unsigned)strlen(subject)));
    set_dates(crt, traits);
    set_use(crt, traits);
    set_names(crt, names, traits);
    must(gnutls_x509_crt_get_key_id(crt, 0, id, &size));
    must(gnutls_x509_crt_set_subject_key_id(crt, id, size));
    must(gnutls_x509_crt_sign2(crt, by->crt, by->key,
                               traits & SHA1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0));
}

static void make_signers(void)
{
    static const struct {
        const char *subject;
        unsigned traits;
        enum signer issuer;
    } specs[SIGNERS] = {
        [ROOT] = {"test root", IS_AUTHORITY, SELF},
        [UNKNOWN] = {"another root", IS_AUTHORITY, SELF},
        [TWIN] = {"test root", IS_AUTHORITY, SELF},
        [INTERMEDIATE] = {"intermediate", IS_AUTHORITY, ROOT},
        [EXPIRED_INTERMEDIATE] = {"expired intermediate", IS_AUTHORITY | EXPIRED, ROOT},
        [NAMED_INTERMEDIATE] = {"named intermediate", IS_AUTHORITY | ONLY_OTHERS, ROOT},
        [FORBIDDING] = {"forbidding intermediate", IS_AUTHORITY | NOT_HOME, ROOT},
        [SHORT_INTERMEDIATE] = {"short intermediate", IS_AUTHORITY | SHORT, ROOT},
        [BELOW_SHORT] = {"below the short one", IS_AUTHORITY, SHORT_INTERMEDIATE},
        [LEAF] = {"signing.example", FOR_SERVERS, ROOT},
        [LEAF_WITHOUT_BASICS] = {"plain.example", NO_BASICS, ROOT},
        [CLIENTS_INTERMEDIATE] = {"clients' intermediate", IS_AUTHORITY | FOR_CLIENTS, ROOT},
    };
    for (int i = 0; i < SIGNERS; i++)
        make(&signers[i], specs[i].subject, NULL, specs[i].traits,
             specs[i].issuer == SELF ? NULL : &signers[specs[i].issuer]);
}

/* ---- the kinds ------------------------------------------------------------------------------- */

#define KINDS(X)                                                                                   \
    X("good", true, HOST, ROOT, 0)                                                                 \
    X("behind-an-intermediate", true, HOST, INTERMEDIATE, FOR_SERVERS)                             \
    X("rsa", true, HOST, ROOT, RSA | FOR_SERVERS)                                                  \
    X("wildcard", true, "*.commissioned.tech", ROOT, 0)                                            \
    X("among-others", true, "a.example " HOST " b.example", ROOT, 0)                               \
    X("for-both", true, HOST, ROOT, FOR_SERVERS | FOR_CLIENTS)                                     \
    X("upper-case", true, "APP.Commissioned.TECH", ROOT, 0)                                        \
    X("self-signed", false, HOST, SELF, 0)                                                         \
    X("another-name", false, "other.example", ROOT, 0)                                             \
    X("sub-name", false, "x." HOST, ROOT, 0)                                                       \
    X("parent-name", false, "commissioned.tech", ROOT, 0)                                          \
    X("nul-in-the-name", false, HOST "@.evil.example", ROOT, 0)                                    \
    X("partial-wildcard", false, "a*.commissioned.tech", ROOT, 0)                                  \
    X("wide-wildcard", false, "*.tech", ROOT, 0)                                                   \
    X("name-in-the-subject-alone", false, "other.example", ROOT, NO_BASICS)                        \
    X("an-address-alone", false, NULL, ROOT, BY_IP)                                                \
    X("expired", false, HOST, ROOT, EXPIRED)                                                       \
    X("not-yet-valid", false, HOST, ROOT, NOT_YET)                                                 \
    X("unknown-authority", false, HOST, UNKNOWN, 0)                                                \
    X("authority-of-the-same-name", false, HOST, TWIN, 0)                                          \
    X("for-clients", false, HOST, ROOT, FOR_CLIENTS)                                               \
    X("signed-by-a-server", false, HOST, LEAF, 0)                                                  \
    X("signed-by-no-authority", false, HOST, LEAF_WITHOUT_BASICS, 0)                               \
    X("signed-for-other-names", false, HOST, NAMED_INTERMEDIATE, 0)                                \
    X("signed-for-all-but-this-name", false, HOST, FORBIDDING, 0)                                  \
    X("path-too-long", false, HOST, BELOW_SHORT, 0)                                                \
    X("behind-an-expired-intermediate", false, HOST, EXPIRED_INTERMEDIATE, 0)                      \
    X("behind-clients-intermediate", false, HOST, CLIENTS_INTERMEDIATE, 0)                         \
    X("intermediate-missing", false, HOST, INTERMEDIATE, LEAVES_OUT)                               \
    X("weak-key", false, HOST, ROOT, WEAK_KEY)                                                     \
    X("sha1", false, HOST, ROOT, SHA1 | RSA)                                                       \
    X("anonymous", false, NULL, NOBODY, 0)

static const struct spec {
    const char *names;
    enum signer signer;
    unsigned traits;
} specs[] = {
#define SPEC(name, good, names, signer, traits) {names, signer, traits},
    KINDS(SPEC)
#undef SPEC
};

const struct peer_kind peer_kinds[] = {
#define KIND(name, good, names, signer, traits) {name, good},
    KINDS(KIND)
#undef KIND
};
const int npeer_kinds = sizeof peer_kinds / sizeof peer_kinds[0];

static void make_chain(struct peer_chain *chain, const struct spec *spec, const char *subject)
{
    struct certificate leaf;
    *chain = (struct peer_chain){0};
    if (spec->signer == NOBODY)
        return;
    make(&leaf, subject, spec->names, spec->traits,
         spec->signer == SELF ? NULL : &signers[spec->signer]);
    chain->key = leaf.key;
    chain->certificates[chain->count++] = leaf.crt;
    const struct certificate *above = spec->traits & LEAVES_OUT ? NULL : leaf.issuer;
    for (; above != NULL && above->issuer != NULL; above = above->issuer)
        chain->certificates[chain->count++] = above->crt;
}

void peer_chains_make(struct peer_chain *chains, gnutls_x509_crt_t *authority)
{
    make_signers();
    for (int i = 0; i < npeer_kinds; i++)
        make_chain(&chains[i], &specs[i], HOST);
    *authority = signers[ROOT].crt;
}

static void free_chain(struct peer_chain *chain)
{
    if (chain->count == 0)
        return;
    gnutls_x509_crt_deinit(chain->certificates[0]); /* what stands above is a signer's */
    gnutls_x509_privkey_deinit(chain->key);
    chain->count = 0;
}

void peer_chains_free(struct peer_chain *chains)
{
    for (int i = 0; i < npeer_kinds; i++)
        free_chain(&chains[i]);
    for (int i = 0; i < SIGNERS; i++) {
        gnutls_x509_crt_deinit(signers[i].crt);
        gnutls_x509_privkey_deinit(signers[i].key);
    }
}

void peer_chain_of_proxy(struct peer_chain *chain)
{
    static const struct spec proxy = {"localhost", ROOT, 0};
    make_chain(chain, &proxy, "localhost");
}
