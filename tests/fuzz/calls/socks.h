/*
 * socks.h - the SOCKS proxy of the small internet: versions 4, 4a and 5 without authentication.
 *
 * Source: RFC 1928; the SOCKS 4A note of NEC's.
 */
#ifndef COMMISSIONED_CALLS_SOCKS_H
#define COMMISSIONED_CALLS_SOCKS_H

#include "server_connection.h"

/* How many bytes of what came were a message, and were answered; 0 where there is none yet. */
size_t socks_take(struct connection *connection);

#endif
