/*
 * signals.h - what the supervisor hears of signals, and how it ends a child.
 *
 * Source: signalfd(2), waitpid(2).
 */
#ifndef COMMISSIONED_BRIDGE_SIGNALS_H
#define COMMISSIONED_BRIDGE_SIGNALS_H

#include <sys/types.h>

/* A signalfd of SIGCHLD, SIGTERM, SIGINT and SIGHUP, whatever the caller's starter ignored; others
 * that would end the process are ignored. -1 with errno. */
int signals_take_over(void);

/* Asks the child to end, ever more firmly, until it has. */
void signals_end(pid_t child);

#endif
