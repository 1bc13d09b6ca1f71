/*
 * cli/bridges.h - which bridges and gateways run, as their supervisors can be told by name.
 *
 * Everybody can see them, of all users; a process that calls itself so is believed.
 * Source: proc(5), comm, cmdline and status.
 *
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_BRIDGES_H
#define COMMISSIONED_CLI_BRIDGES_H

#include "cli/json.h"

/* Prints a line for each; nothing where there is none. */
void bridges_tell(void);

/* The same as an array of objects. */
json_t *bridges_json(void);

#endif
