/*
 * origin.h - an HTTPS server inside the test program that keeps what each request brought.
 *
 * Three listeners on loopback: two with TLS (the second plays another port) and a plain one. A path
 * /to/URL or /v1/to/URL answers 302 to URL, /status/N answers N, /status/N/S does so with
 * "Retry-After: S", /digest 401 until it is asked with Digest, /drop ends the connection without an
 * answer, /stream sends "event 0" and one more for each request of /release, all else 200.
 *
 * Threads: the server runs in threads of its own; origin_seen may be called at any time.
 * Errors:  what cannot be set up fails the running Check test.
 */
#ifndef COMMISSIONED_TEST_ORIGIN_H
#define COMMISSIONED_TEST_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

enum { ORIGIN_EVENTS = 6, ORIGIN_SEEN_MAX = 4096, ORIGIN_TEXT = 512 };

struct seen {
    char host[ORIGIN_TEXT];
    char path[ORIGIN_TEXT];
    char authorization[ORIGIN_TEXT]; /* the first one's value */
    char method[32];
    char headers[ORIGIN_TEXT]; /* the names of all, in order, each followed by a space */
    unsigned authorizations;   /* how many came */
    bool tls;
};

struct origin {
    unsigned tls_port;
    unsigned other_tls_port;
    unsigned plain_port;
    char ca_file[ORIGIN_TEXT];
};

/*
 * Where a test sets it, it decides the status of a request from its Authorization header and its
 * X-Began (NULL where there is none), in a thread of the server. Set before origin_start.
 */
typedef unsigned origin_judge(const char *authorization, const char *began);
extern origin_judge *origin_judges;

/* Serves with a certificate for `host` (and localhost); its CA goes to FOLDER/ca.pem. */
void origin_start(struct origin *origin, const char *host, const char *folder);
void origin_stop(void);

/* What came so far; the pointer stays valid. */
const struct seen *origin_seen(size_t *count);

#endif
