/*
 * cli/processes.h - which running processes have the library loaded.
 *
 * A process keeps what it loaded when it began: after an upgrade the older library, after `disable`
 * still the library, after `enable` none.
 * Source:  proc(5), maps and cgroup.
 *
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_PROCESSES_H
#define COMMISSIONED_CLI_PROCESSES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/json.h"

enum holding {
    HOLDING_UNKNOWN, /* not ours to read, or gone meanwhile */
    HOLDING_NO_NEED, /* the kernel's, statically linked, or in another root folder */
    HOLDING_NONE,    /* a dynamic program without it */
    HOLDING_CURRENT,
    HOLDING_OLDER, /* its file was replaced or removed since */
};

struct process {
    pid_t pid;
    enum holding holding;
    char name[64];           /* as proc(5) comm has it */
    char unit[NAME_MAX + 1]; /* the systemd service that it is of; "" where it is of none */
};

/* Looks at one process. */
void process_look(pid_t pid, struct process *process);

/* Calls `seen` for every process but this one. */
void processes_each(void (*seen)(const struct process *, void *), void *data);

/* Prints who still has the library, and what to restart; nothing where nobody has. */
void processes_tell_holders(void);

/* Prints who has it, an older one, or, where the switch is on, lacks it, and what to restart. */
void processes_tell(bool on);

/* The same as an array of objects. */
json_t *processes_json(void);

#endif
