/*
 * cli/lock_file.h - one writer at a time, and nobody else's lock in the way.
 *
 * flock(2) on a folder would do for any user who may open it, for as long as he likes. So the lock
 * is a file of its own that its owner alone can open (0600), and no wait is without end. It is a
 * lock of fcntl(2), which tells who holds it: it ends with the process, and a child does not have
 * it.
 *
 * Threads: none. A process takes a lock once: closing any descriptor of the file gives it up.
 */
#ifndef COMMISSIONED_CLI_LOCK_FILE_H
#define COMMISSIONED_CLI_LOCK_FILE_H

#include <sys/types.h>

enum { LOCK_FILE_WAIT = 10 /* seconds that a verb waits for another one */ };

/*
 * Takes the lock `name` of the open folder, waiting `seconds` at most. Returns a descriptor that
 * holds it, or -1 with errno: EBUSY where another process has it, which *holder names (0: of
 * another PID namespace); ELOOP, EACCES and the like where the file cannot be used.
 */
int lock_file_take(int folder, const char *name, unsigned seconds, pid_t *holder);

#endif
