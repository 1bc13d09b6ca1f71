/*
 * oracle.h - where the key may go, told apart from what the library thinks of it.
 *
 *   1. A key comes with https, to app.commissioned.tech by certificate and Host, port 443, a path
 *      in the policy's scope, by a method that it allows; never with CONNECT.
 *   2. The handle that sent it verified its peer all the time.
 *   3. It is the only Authorization header, and stands nowhere else.
 *   4. The second key comes only after the first one was refused by a 401.
 *   5. A request of a handle on which nothing was set that could speak against it has a key.
 *
 * The server's side of it; what handles do is in handle.h.
 */
#ifndef COMMISSIONED_CALLS_ORACLE_H
#define COMMISSIONED_CALLS_ORACLE_H

#include "server.h"

/* Set once: the policy's path, "" for all; and whether the library is there. */
extern const char *oracle_scope;
extern bool oracle_reads_only; /* the policy allows GET and HEAD */
extern bool oracle_expects_key;
/* The library verifies peers itself, and trusts those that have the right certificate here: then a
 * handle's own settings neither allow nor forbid a key. */
extern bool oracle_verifies;

/* A request came; its line in the trace is written. */
void oracle_judge(const struct request *request, const struct answer *answer);

#endif
