/*
 * A folder of a test's own, and the development server as a child process.
 *
 * Ownership: what starts must be stopped by the same test.
 * Errors:    they fail the test.
 */
#ifndef TESTS_SUPPORT_DEVSERVER_H
#define TESTS_SUPPORT_DEVSERVER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "devserver/keys.h"

/* A new folder, 0700. */
char *ds_test_folder(void);
/* Removes the folder and the files in it, then frees the name. */
void ds_test_folder_end(char *folder);

struct ds_child {
    pid_t pid;
    uint16_t port;
    char *folder; /* the state folder; the caller's */
    char ca[512];
    char log[512];
    FILE *out; /* its standard output, after the readiness line */
};

/*
 * Starts `serve` on a free port of 127.0.0.1 and waits until it is ready. `options` ends in NULL;
 * where it is NULL itself, the log goes to FOLDER/log.
 */
void ds_child_start(struct ds_child *child, char *folder, const char *const *options);
/* SIGTERM; the exit status. */
int ds_child_stop(struct ds_child *child);

/* Runs `key VERB ...` as a person would, in a process of its own: up to four more arguments, NULL
 * at the end. */
void ds_child_key(const struct ds_child *child, struct ds_key_text *key,
                  const char *const *arguments);
int ds_child_revoke(const struct ds_child *child, const struct ds_key_text *key);

/* Runs argv with its standard output in a pipe, whose reading end is *out; errors go nowhere. */
pid_t ds_spawn(const char *const *argv, int *out);
/* Waits for it: its exit status, or 128 and the signal that ended it. */
int ds_reap(pid_t pid);

/* The program under test. */
const char *ds_program(void);

/* The whole of a file, NUL added; the caller's. */
char *ds_slurp(const char *path, size_t *size);

#endif
