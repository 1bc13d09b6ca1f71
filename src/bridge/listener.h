/*
 * listener.h - the port that the program talks to.
 *
 * It is bound before anything is started, and the program, the supervisor and the engine all hold
 * it: nobody else can take the port while one of them lives.
 *
 * Errors: -1 with errno.
 */
#ifndef COMMISSIONED_BRIDGE_LISTENER_H
#define COMMISSIONED_BRIDGE_LISTENER_H

#include <stdint.h>

/* A listening socket of 127.0.0.1, closed on exec, and its port. */
int listener_open(uint16_t *port);

/* Before listener_open: a user and a network namespace for the calling process, with its loopback
 * interface up and nothing else in it. The ids stay as they are. */
int listener_isolate(void);

#endif
