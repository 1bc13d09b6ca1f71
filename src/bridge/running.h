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

enum { RUNNING_LINE = 4096 };

struct running {
    pid_t pid; /* -1: there is none */
    int output;
    struct admin admin;
    size_t used; /* of a line that has not ended yet */
    char line[RUNNING_LINE];
};

#define RUNNING_NONE ((struct running){.pid = -1, .output = -1, .admin = {-1, -1}})

/* One line of what the engine says, without its newline. */
typedef void running_hear(char *line, void *data);

/*
 * Starts one on the listener with this configuration and map, and waits until it answers. False
 * where it does not; *running is then what there is of it.
 */
bool running_start(struct running *running, const struct engine *engine, int listener,
                   const char *text, const char *map);

/* What it said last, as the end of a sentence; takes it off the pipe. */
void running_quote(const struct running *running, char quote[BRIDGE_SENTENCE]);

/* Hands over each whole line that is there. What is longer than RUNNING_LINE is cut. */
void running_lines(struct running *running, running_hear *hear, void *data);

void running_close(struct running *running);

#endif
