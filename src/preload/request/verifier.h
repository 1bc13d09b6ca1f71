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
#include "preload/libcurl/provider.h"
#include "preload/request/trust_pem.h"

/* All pointers are the library's own. Source: OpenSSL's manual pages of the names in verifier.c. */
struct openssl {
    void *(*peer_certificate)(const void *ssl); /* one reference is the caller's */
    void *(*peer_chain)(const void *ssl);       /* with the leaf, or NULL */
    int (*is_init_finished)(const void *ssl);

    unsigned long (*version)(void);
    void (*x509_free)(void *x509);
    int (*x509_to_der)(const void *x509, unsigned char **to);
    void *(*x509_from_der)(void **x509, const unsigned char **from, long length);
    void *(*issuer_name)(const void *x509);
    unsigned long (*issuer_hash)(void *x509);
    int (*name_der)(const void *name, const unsigned char **der, size_t *length);
    const void *(*not_after)(const void *x509);
    int (*time_diff)(int *days, int *seconds, const void *from, const void *to);
    int (*stack_count)(const void *stack);
    void *(*stack_value)(const void *stack, int number);
    void *(*store_new)(void);
    void (*store_free)(void *store);
    int (*store_add)(void *store, void *x509);
    void *(*context_new)(void);
    void (*context_free)(void *context);
    int (*context_init)(void *context, void *store, void *leaf, void *chain);
    void *(*context_param)(void *context);
    int (*context_error)(const void *context);
    int (*verify)(void *context);
    const char *(*error_text)(long error);
    int (*set_flags)(void *param, unsigned long flags);
    int (*set_purpose)(void *param, int purpose);
    int (*set_trust)(void *param, int trust);
    void (*set_level)(void *param, int level);
    void (*set_hostflags)(void *param, unsigned flags);
    int (*set_host)(void *param, const char *name, size_t length);
    int (*set_ip)(void *param, const char *text);
    int (*set_mark)(void);
    int (*pop_to_mark)(void);
};

/* Source: gnutls/gnutls.h, gnutls/x509.h. */
struct gnutls {
    int (*credentials)(void *session);
    const struct gnutls_bytes *(*peers)(void *session, unsigned *count);
    int (*list_init)(void **list, unsigned size);
    void (*list_deinit)(void *list, unsigned all);
    int (*list_add)(void *list, const struct gnutls_bytes *cas, const struct gnutls_bytes *crls,
                    int format, unsigned list_flags, unsigned verify_flags);
    int (*list_verify)(void *list, void **certificates, unsigned count, void *data,
                       unsigned elements, unsigned flags, unsigned *status, void *function);
    int (*crt_init)(void **certificate);
    void (*crt_deinit)(void *certificate);
    int (*crt_import)(void *certificate, const struct gnutls_bytes *data, int format);
    time_t (*crt_expires)(void *certificate);
};

struct gnutls_bytes { /* gnutls_datum_t */
    unsigned char *data;
    unsigned size;
};

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
