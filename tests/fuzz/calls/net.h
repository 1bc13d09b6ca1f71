/*
 * net.h - a network and a clock inside the program, so that a sequence runs the same way each time.
 *
 * The program's own socket, connect, poll, clock_gettime and so on stand before the C library's
 * wherever libcurl calls them. A socket is one end of a pair; its other end is handed to the server
 * (server.h), which lives in this thread and runs whenever libcurl waits. Time passes only there.
 *
 * Threads: one; a sequence that would start another ends.
 */
#ifndef COMMISSIONED_CALLS_NET_H
#define COMMISSIONED_CALLS_NET_H

#include <stdint.h>

/* Milliseconds since the program began. */
int64_t net_now(void);
void net_pass(int64_t milliseconds);

/* How long a connect takes from now on. */
void net_set_connect_time(int64_t milliseconds);

/* Lets the server do all that it can do now. */
void net_settle(void);

#endif
