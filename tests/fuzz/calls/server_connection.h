/*
 * server_connection.h - one connection of the server's: its bytes and its TLS (server_wire.c), what
 * is said on it (server_http.c, http2.c, socks.c), and when (server.c).
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

/* As recv(2). */
ssize_t connection_receive(struct connection *connection, char *to, size_t size);

/* To its peer, when it is written to next. */
void connection_say(struct connection *connection, const void *data, size_t size);

/* Writes to it, once that is due. True where something went. */
bool connection_flush(struct connection *connection);

/* Of its site; within the session with a proxy, where it has one. */
void connection_start_tls(struct connection *connection);

/* True when it is through. */
bool connection_shake(struct connection *connection);

/* From now on it is one to that site. */
void connection_turn(struct connection *connection, const struct site *site);

/* Takes of what came. True where it took something. */
bool connection_consume(struct connection *connection);

/* Notes, judges and answers. */
void request_came(const struct request *request, struct answer *answer);

#endif
