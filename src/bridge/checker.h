/*
 * checker.h - an engine's own program, asked what it says of a configuration without serving it.
 *
 * Threads: none.
 * Errors:  CHECKER_FAILED, with errno.
 */
#ifndef COMMISSIONED_BRIDGE_CHECKER_H
#define COMMISSIONED_BRIDGE_CHECKER_H

enum { MAX_CHECKER_OUTPUT = 16 * 1024 }; /* bytes that are kept of it, with the NUL */

enum { CHECKER_FILE = 3 }; /* the descriptor under which the checker finds the file */

enum checker_says {
    CHECKER_TAKES_IT,
    CHECKER_REFUSES_IT,
    CHECKER_FAILED, /* it could not be run to its end */
};

/* Runs `words`, which end in NULL; the first is the program's path. `file`
 * is handed down, or -1. */
enum checker_says checker_run(const char *const *words, int file, char output[MAX_CHECKER_OUTPUT]);

/* The line of its output, in place, that tells why it refuses. */
const char *checker_complaint(char *output);

#endif
