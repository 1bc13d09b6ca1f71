/*
 * running.h - one process of the engine at work, with its runtime socket.
 *
 * Ownership: running_close closes what it holds; the process is the caller's to end.
 */
#ifndef COMMISSIONED_BRIDGE_RUNNING_H
#define COMMISSIONED_BRIDGE_RUNNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "bridge/admin.h"
#include "bridge/engine.h"

struct running {
    pid_t pid; /* -1: there is none */
    int output;
    struct admin admin;
};

#define RUNNING_NONE ((struct running){-1, -1, {-1, -1}})

/*
 * Starts one on the listener with this configuration and map, and waits until it answers. False where
 * it does not; *running is then what there is of it.
 */
bool running_start(struct running *running, const struct engine *engine, int listener,
                   const char *text, const char *map);

/* What it said last, as the end of a sentence; takes it off the pipe. */
void running_quote(const struct running *running, char quote[BRIDGE_SENTENCE]);

void running_close(struct running *running);

#endif
