/*
 * server_connection.h - one connection of the server's, between server.c and http2.c.
 */
#ifndef COMMISSIONED_CALLS_SERVER_CONNECTION_H
#define COMMISSIONED_CALLS_SERVER_CONNECTION_H

#include <gnutls/gnutls.h>

#include "server.h"

struct http2;

struct connection {
    struct connection *next;
    const struct site *site;
    int fd;
    unsigned number;
    unsigned nrequests;
    bool tls;
    bool shook;   /* TLS stands */
    bool dead;    /* to be closed */
    bool ends;    /* ... once all is said */
    bool greeted; /* SOCKS: a way to authenticate is agreed on */
    gnutls_session_t session;
    gnutls_session_t outer; /* with the proxy in front, or NULL */
    char sni[256];
    char in[32768];
    size_t nin;
    char *out;
    size_t nout;
    int64_t wake; /* nothing is said before */
    bool waits_for_body;
    bool chunked;
    size_t body; /* bytes that are still to come */
    struct answer answer;
    struct http2 *http2;
};

/* To its peer, when it is written to next. */
void connection_say(struct connection *connection, const void *data, size_t size);

/* From now on it is one to that site. */
void connection_turn(struct connection *connection, const struct site *site);

/* Notes, judges and answers. */
void request_came(const struct request *request, struct answer *answer);

#endif
