/*
 * devserver/server.h - the HTTPS server: from a folder and an address to answered requests.
 *
 * Ownership: options are read only while the server starts, but for the log, which must outlive it.
 * Threads:   start, flush and stop are called from one thread; requests run on the server's own.
 *            The caller ignores SIGPIPE and blocks the signals it waits for before it starts.
 * Errors:    NULL and a sentence.
 * Source:    GNU libmicrohttpd reference manual.
 */
#ifndef COMMISSIONED_DEVSERVER_SERVER_H
#define COMMISSIONED_DEVSERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "devserver/log.h"
#include "devserver/state.h"
#include "devserver/tls.h"

enum {
    DS_TIMEOUT_SECONDS = 60,   /* a connection on which nothing comes and nothing is owed ends */
    DS_MAX_CONNECTIONS = 4096, /* at most, fewer where RLIMIT_NOFILE is lower */
    DS_CONNECTION_MEMORY = 64 * 1024, /* of a request's line and headers: more is answered 431 */
    DS_SPARE_FILES = 64,              /* descriptors kept for what is not a connection */
};

struct ds_server_options {
    const char *folder; /* prepared */
    const char *listen; /* "127.0.0.1:8443", "[::1]:0" */
    const struct ds_tls *tls;
    struct ds_log *log;
    unsigned timeout; /* seconds */
};

struct ds_server;

struct ds_server *ds_server_start(const struct ds_server_options *options, struct ds_why *why);

/* The port that it listens on. */
uint16_t ds_server_port(const struct ds_server *server);

/* Writes down which keys were used since the last flush. Call it about once a second. */
void ds_server_flush(struct ds_server *server);

/* Takes no new connections; true once no request is under way. Connections end with their next
 * answer. */
bool ds_server_drain(struct ds_server *server);

/* Ends every connection, flushes and frees. NULL is fine. */
void ds_server_stop(struct ds_server *server);

/* Opens a listening socket on a numeric address; -1 and a sentence where it cannot. */
int ds_listen(const char *address, uint16_t *port, bool *loopback, struct ds_why *why);

#endif
