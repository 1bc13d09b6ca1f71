/*
 * measure.h - runs a program with a library in LD_PRELOAD and says what it cost.
 *
 * Ownership: arguments belong to the caller.
 * Threads:   one.
 * Errors:    a program or tool that fails ends the benchmark with its output: a figure would mean
 *            nothing.
 */
#ifndef COMMISSIONED_BENCH_MEASURE_H
#define COMMISSIONED_BENCH_MEASURE_H

#include <stdbool.h>

/* Where callgrind begins to count. */
enum span {
    WHOLE_PROCESS,
    BETWEEN_MARKS, /* of the program's own: CALLGRIND_TOGGLE_COLLECT */
};

/* Scratch files go to `folder`. */
void measure_in(const char *folder);

/* Instructions executed in user mode (callgrind). `preload` may be NULL. */
double instructions(const char *preload, enum span span, const char *const argv[]);

/* Instructions spent in that function of the library and what it calls. */
double instructions_in(const char *function, const char *preload, const char *const argv[]);

/* Instructions spent in the library, and in the one function that it imports. */
double instructions_of(const char *preload, const char *const argv[]);

/* System calls, its threads' included (strace). */
double system_calls(const char *preload, const char *const argv[]);

/* Page faults without I/O (getrusage(2)), the least of `times` runs. */
double page_faults(int times, const char *preload, const char *const argv[]);

/* The number that the program prints. */
double printed(const char *preload, const char *const argv[]);

/* The median of `times` such numbers; `times` is odd and at most 31. */
double median_printed(int times, const char *preload, const char *const argv[]);

/*
 * What is measured from now on runs in a mount namespace of its own, where these commands of a
 * shell came first; they end in `exec "$@"`. NULL: as usual.
 */
void measure_where(const char *commands);

bool is_installed(const char *tool);

#endif
