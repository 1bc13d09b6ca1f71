/*
 * admin.h - the engine's runtime commands, over a connection that has no name.
 *
 * The engine listens on one end of a pair of sockets; who holds the other passes it connections. So
 * there is nothing on disk that another could connect to, and nothing that is left behind.
 *
 * Errors:  false; the connection is then to be closed.
 * Secrets: what is told is wiped here; the caller wipes its own.
 * Source:  HAProxy's management guide, "Unix Socket commands"; "sockpair@" in its configuration
 *          manual; unix(7), SCM_RIGHTS.
 */
#ifndef COMMISSIONED_BRIDGE_ADMIN_H
#define COMMISSIONED_BRIDGE_ADMIN_H

#include <stdbool.h>

struct admin {
    int door;       /* through which connections are passed */
    int connection; /* in interactive mode: many commands */
};

/* A door; the engine's end is *engine_end, which is the caller's to close. */
bool admin_prepare(struct admin *admin, int *engine_end);

/* Waits until the engine answers, five seconds at most. */
bool admin_connect(struct admin *admin);

/* Maps `name` to the value, which has no blanks. Requests see the old one or the new one. */
bool admin_set(const struct admin *admin, const char *name, const char *value);
bool admin_delete(const struct admin *admin, const char *name);

/* Keeps the connection from timing out. */
bool admin_ping(const struct admin *admin);

void admin_close(struct admin *admin);

#endif
