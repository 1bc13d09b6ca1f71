/*
 * verifier.h - one libcurl's TLS library, and the certificates that were found good with it. For
 * verify*.c alone.
 *
 * A certificate is good for one host, by one policy's trust, for an hour at most. It is known again
 * by its bytes; or, of OpenSSL, by being the very object that is held here.
 *
 * Ownership: a verifier stays for the life of the process, as its libcurl does (provider.c pins
 *            it).
 * Threads:   LOCK_PEERS is taken inside.
 * Errors:    NULL, false.
 */
#ifndef COMMISSIONED_VERIFIER_H
#define COMMISSIONED_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/decide.h"
#include "core/der.h"
#include "preload/libcurl/provider.h"

struct gnutls_bytes { /* gnutls_datum_t */
    unsigned char *data;
    unsigned size;
};

/*
 * What is called of it: the name, or two of which the second is the older one, and the pointer. All
 * objects are the library's own. Of what peer_certificate gives one reference is the caller's;
 * peer_chain has the leaf too, or is NULL.
 * Source: OpenSSL's manual pages of these names; gnutls/gnutls.h, gnutls/x509.h.
 */
#define SSL_FUNCTIONS(X)                                                                           \
    X("SSL_get1_peer_certificate|SSL_get_peer_certificate",                                        \
      void *(*peer_certificate)(const void *ssl))                                                  \
    X("SSL_get_peer_cert_chain", void *(*peer_chain)(const void *ssl))                             \
    X("SSL_is_init_finished", int (*is_init_finished)(const void *ssl))
#define CRYPTO_FUNCTIONS(X)                                                                        \
    X("OpenSSL_version_num", unsigned long (*version)(void))                                       \
    X("X509_free", void (*x509_free)(void *x509))                                                  \
    X("i2d_X509", int (*x509_to_der)(const void *x509, unsigned char **to))                        \
    X("d2i_X509", void *(*x509_from_der)(void **x509, const unsigned char **from, long length))    \
    X("X509_get_issuer_name", void *(*issuer_name)(const void *x509))                              \
    X("X509_issuer_name_hash", unsigned long (*issuer_hash)(void *x509))                           \
    X("X509_NAME_get0_der",                                                                        \
      int (*name_der)(const void *name, const unsigned char **der, size_t *length))                \
    X("X509_get0_notAfter", const void *(*not_after)(const void *x509))                            \
    X("ASN1_TIME_diff",                                                                            \
      int (*time_diff)(int *days, int *seconds, const void *from, const void *to))                 \
    X("OPENSSL_sk_num", int (*stack_count)(const void *stack))                                     \
    X("OPENSSL_sk_value", void *(*stack_value)(const void *stack, int number))                     \
    X("X509_STORE_new", void *(*store_new)(void))                                                  \
    X("X509_STORE_free", void (*store_free)(void *store))                                          \
    X("X509_STORE_add_cert", int (*store_add)(void *store, void *x509))                            \
    X("X509_STORE_CTX_new", void *(*context_new)(void))                                            \
    X("X509_STORE_CTX_free", void (*context_free)(void *context))                                  \
    X("X509_STORE_CTX_init",                                                                       \
      int (*context_init)(void *context, void *store, void *leaf, void *chain))                    \
    X("X509_STORE_CTX_get0_param", void *(*context_param)(void *context))                          \
    X("X509_STORE_CTX_get_error", int (*context_error)(const void *context))                       \
    X("X509_verify_cert", int (*verify)(void *context))                                            \
    X("X509_verify_cert_error_string", const char *(*error_text)(long error))                      \
    X("X509_VERIFY_PARAM_set_flags", int (*set_flags)(void *param, unsigned long flags))           \
    X("X509_VERIFY_PARAM_set_purpose", int (*set_purpose)(void *param, int purpose))               \
    X("X509_VERIFY_PARAM_set_trust", int (*set_trust)(void *param, int trust))                     \
    X("X509_VERIFY_PARAM_set_auth_level", void (*set_level)(void *param, int level))               \
    X("X509_VERIFY_PARAM_set_hostflags", void (*set_hostflags)(void *param, unsigned flags))       \
    X("X509_VERIFY_PARAM_set1_host",                                                               \
      int (*set_host)(void *param, const char *name, size_t length))                               \
    X("X509_VERIFY_PARAM_set1_ip_asc", int (*set_ip)(void *param, const char *text))               \
    X("ERR_set_mark", int (*set_mark)(void))                                                       \
    X("ERR_pop_to_mark", int (*pop_to_mark)(void))
#define GNUTLS_FUNCTIONS(X)                                                                        \
    X("gnutls_auth_server_get_type", int (*credentials)(void *session))                            \
    X("gnutls_certificate_get_peers",                                                              \
      const struct gnutls_bytes *(*peers)(void *session, unsigned *count))                         \
    X("gnutls_x509_trust_list_init", int (*list_init)(void **list, unsigned size))                 \
    X("gnutls_x509_trust_list_deinit", void (*list_deinit)(void *list, unsigned all))              \
    X("gnutls_x509_trust_list_add_trust_mem",                                                      \
      int (*list_add)(void *list, const struct gnutls_bytes *cas, const struct gnutls_bytes *crls, \
                      int format, unsigned list_flags, unsigned verify_flags))                     \
    X("gnutls_x509_trust_list_verify_crt2",                                                        \
      int (*list_verify)(void *list, void **certificates, unsigned count, void *data,              \
                         unsigned elements, unsigned flags, unsigned *status, void *function))     \
    X("gnutls_x509_crt_init", int (*crt_init)(void **certificate))                                 \
    X("gnutls_x509_crt_deinit", void (*crt_deinit)(void *certificate))                             \
    X("gnutls_x509_crt_import",                                                                    \
      int (*crt_import)(void *certificate, const struct gnutls_bytes *data, int format))           \
    X("gnutls_x509_crt_get_expiration_time", time_t (*crt_expires)(void *certificate))

#define TLS_MEMBER(name, member) member;
struct openssl {
    SSL_FUNCTIONS(TLS_MEMBER)
    CRYPTO_FUNCTIONS(TLS_MEMBER)
};
struct gnutls {
    GNUTLS_FUNCTIONS(TLS_MEMBER)
};
#undef TLS_MEMBER

/* The TLS library of that libcurl; NULL where it cannot be asked. */
const struct openssl *verifier_openssl(const struct provider *provider);
const struct gnutls *verifier_gnutls(const struct provider *provider);

/* What a good certificate is good for. */
struct verified_for {
    const struct provider *provider;
    const struct policy_ca *ca;
    const char *host;
    unsigned policy; /* policy_ref.number */
};

/* Whether it is the very object that is held for that. */
bool verified_holds(const struct verified_for *what, const void *object);

/*
 * Whether the certificate is known to be good for that. Then, as with verified_keep, a reference on
 * `object` is taken over, and the one that it replaces is the caller's to give back: *object is
 * that one, or NULL.
 */
bool verified_knows(const struct verified_for *what, struct der certificate, void **object);
void verified_keep(const struct verified_for *what, struct der certificate, void **object,
                   int64_t seconds);

#endif
