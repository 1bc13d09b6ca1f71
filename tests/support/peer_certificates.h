/*
 * peer_certificates.h - the chains that peers.c shows. For peers.c and for tests that need
 * certificates and no servers.
 */
#ifndef COMMISSIONED_TEST_PEER_CERTIFICATES_H
#define COMMISSIONED_TEST_PEER_CERTIFICATES_H

#include <gnutls/x509.h>

enum { MAX_CHAIN = 4 };

struct peer_chain {
    unsigned count; /* 0: no certificate at all */
    gnutls_x509_crt_t certificates[MAX_CHAIN];
    gnutls_x509_privkey_t key;
};

/* The chain of a kind of peer; `authority` becomes the certificate that signs the good ones. */
void peer_chains_make(struct peer_chain *chains, gnutls_x509_crt_t *authority);

/* Frees those chains, and the authorities with them. */
void peer_chains_free(struct peer_chain *chains);

/* The chain of a server named localhost, of the same authority. */
void peer_chain_of_proxy(struct peer_chain *chain);

#endif
