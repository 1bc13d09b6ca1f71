/*
 * peers.h - servers that show certificates of every kind, good and bad, and keep what came.
 *
 * All are made when the test runs, with GnuTLS, by a throw-away authority whose certificate is in
 * FOLDER/ca.pem. A request for /die that is not its connection's first ends that connection without
 * an answer; one for /close ends it behind the answer; all else is answered 200 on a kept one.
 *
 * Threads: each server and each connection has one of its own; peers_seen may be called at any
 *          time.
 * Errors:  what cannot be set up fails the running Check test, with which all of it ends.
 */
#ifndef COMMISSIONED_TEST_PEERS_H
#define COMMISSIONED_TEST_PEERS_H

#include <stdbool.h>
#include <stddef.h>

struct peer_kind {
    const char *name;
    bool good; /* a machine that trusts the authority must take it for app.commissioned.tech */
};
extern const struct peer_kind peer_kinds[];
extern const int npeer_kinds;

/* The number of a kind. */
int peer_number(const char *name);

void peers_make(const char *folder);

/* Where a test sets it the servers speak TLS 1.2. */
extern bool peers_speak_old_tls;

/* Starts a server that shows that kind, and returns its port. */
unsigned peer_serve(int kind);

/* What the server of that port shows from its connection number `connections` (from 0) on. */
void peer_becomes(unsigned port, int kind, unsigned connections);

/* A TLS proxy with a certificate for localhost: whatever a CONNECT names, it leads to `port`. */
unsigned peer_proxy(unsigned port);

enum { PEER_TEXT = 256 };

struct peer_seen {
    int kind;
    bool resumed; /* the TLS session was */
    char path[PEER_TEXT];
    char authorization[PEER_TEXT]; /* or empty */
};

/* What came so far, in order. The pointer stays valid. */
const struct peer_seen *peers_seen(size_t *count);

#endif
