/*
 * cli/loopback.h - a server on 127.0.0.1 that notes what libcurl sends it.
 *
 * It answers /start with a redirect to /end, every other path with 200, and a CONNECT as a proxy
 * would, being its own target. It serves one connection after the other, and notes the first
 * LOOPBACK_MAX_REQUESTS requests.
 *
 * Threads: one of its own between start and stop; read the requests after stop.
 */
#ifndef COMMISSIONED_CLI_LOOPBACK_H
#define COMMISSIONED_CLI_LOOPBACK_H

#include <pthread.h>
#include <stdbool.h>

enum { LOOPBACK_MAX_REQUESTS = 16, LOOPBACK_LINE = 64 };

struct loopback_request {
    char line[LOOPBACK_LINE]; /* the begin of the request line */
    bool marked;              /* it carries the mark in some header */
};

struct loopback {
    unsigned port;
    const char *mark;
    struct loopback_request requests[LOOPBACK_MAX_REQUESTS];
    int count;

    int listener;
    int stop[2]; /* a pipe: closed to end the thread */
    pthread_t thread;
};

/* False with errno where nothing can be reached at 127.0.0.1: ENETUNREACH where the interface is
 * down. */
bool loopback_works(void);

/* False with errno where there is no loopback to listen on. */
bool loopback_start(struct loopback *server, const char *mark);
void loopback_stop(struct loopback *server);

#endif
