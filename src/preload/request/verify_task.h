/*
 * verify_task.h - one peer to be verified, and by which TLS library. For verify*.c alone.
 *
 * Threads: any, each its own task. Errors: PEER_UNKNOWN.
 */
#ifndef COMMISSIONED_VERIFY_TASK_H
#define COMMISSIONED_VERIFY_TASK_H

#include "core/decide.h"
#include "preload/request/trust.h"
#include "preload/request/verifier.h"

struct verify_task {
    struct verified_for what;
    void *session;
    char *detail; /* MAX_PEER_DETAIL bytes */
};

enum peer verify_openssl(const struct openssl *tls, const struct verify_task *task);
enum peer verify_gnutls(const struct gnutls *tls, const struct verify_task *task);

/* Finds what is looked for. PEER_UNASKED, or PEER_UNKNOWN where there is no trust to look in. */
enum peer verify_trust(const struct verify_task *task, struct trust_search *search);

/* Says why, and gives `peer` back. */
enum peer verify_says(const struct verify_task *task, enum peer peer, const char *why);

/* That its issuer is not trusted, and what its owner can do. PEER_REFUSED. */
enum peer verify_says_stranger(const struct verify_task *task, const char *why);

#endif
