/*
 * command.h - runs programs and makes scratch folders for the tests of the command.
 *
 * Every function fails the running Check test where the machine does not do its part.
 */
#ifndef COMMISSIONED_TEST_COMMAND_H
#define COMMISSIONED_TEST_COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outcome {
    int status; /* exit status, or 128 + signal */
    pid_t pid;  /* of the child that was started */
    char out[1 << 16];
    char err[1 << 16];
};

/* The absolute path of a product of the build, such as "commissioned-auth". */
void built(char path[PATH_MAX], const char *name);

/* Runs argv with `input` (NULL: none) on its standard input; `before` (NULL: nothing) is called in
 * the child before it executes. argv[0] is searched in PATH. */
void outcome_of(struct outcome *outcome, const char *input, void (*before)(void *), void *data,
                const char *const argv[]);

/* The same with that LD_PRELOAD (NULL: none). It is set before the fork: in the child of a process
 * with threads an allocator may wait for ever, as AddressSanitizer's does (gcc 12). */
void outcome_preloaded(struct outcome *outcome, const char *list, const char *const argv[]);

/* outcome_of with the arguments spelled out: OUTCOME(&o, "echo", "word"). */
#define OUTCOME(outcome, ...)                                                                      \
    outcome_of(outcome, NULL, NULL, NULL, (const char *const[]){__VA_ARGS__, NULL})

/* Whether that file, by its full name, is a program or a library of another architecture than this
 * test; such a program is run under $TEST_FOREIGN_UNDER. */
bool is_foreign(const char *path);

/* A new folder, mode 0755, in $TMPDIR or /tmp; removed with all that is in it by scratch_remove. */
void scratch_make(char path[PATH_MAX]);
void scratch_remove(const char *path);

/* "FOLDER/NAME" in `path`. */
void in_folder(char path[PATH_MAX], const char *folder, const char *name);

void write_file(const char *path, const char *text, mode_t mode);
void copy_file(const char *from, const char *to, mode_t mode);

/* The text of a file, in a buffer that the next call takes over; NULL where it is not there. */
const char *text_of(const char *path);
bool exists(const char *path);

/* True, with a line that says SKIP, where this machine gives no pseudo-terminal. `test` is
 * __func__. */
bool lacks_terminals(const char *test);

/* $TEST_SCENARIOS, words: those alone, where all are slow. Says SKIP of others. */
bool scenario_is_chosen(const char *scenario);

#endif
