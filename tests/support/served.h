/*
 * served.h - a program under test with the library preloaded, and what the server saw of it.
 *
 * The convention: a request whose path has /yes in it carried exactly the key, one with /no no
 * Authorization header at all.
 *
 * Ownership: `served_folder` and `served_key` hold until served_tear_down.
 * Errors:    what cannot be set up, a program that fails and a key in its output fail the running
 *            Check test.
 */
#ifndef COMMISSIONED_TEST_SERVED_H
#define COMMISSIONED_TEST_SERVED_H

#include <limits.h>
#include <stdbool.h>

#include "command.h"
#include "tmpdir.h"

extern char *served_folder;
extern char served_key[TEST_KEY_LENGTH + 1];
extern struct outcome served_outcome;

/* The key is stored, the server runs, and ORIGIN_TLS and ORIGIN_CA tell programs where. */
void served_set_up(void);
void served_tear_down(void);

bool served_is_built(const char *program);

/* Says SKIP and is true where one of the programs could not be built
 * here; the list ends in NULL. */
bool served_skips(const char *test, const char *const programs[]);

/* Sets a variable to the absolute path of a product of the build. */
void served_export(const char *variable, const char *product);

enum { SERVED_PRELOADS = 4 * PATH_MAX };

/* What LD_PRELOAD is to be: "LIBRARY", or with other entries around it. What $TEST_PRELOAD_FIRST
 * names, a sanitizer's run-time, stands before all. */
void served_preloads(char list[SERVED_PRELOADS], const char *before, const char *after);

/* The same with another library in place of ours. */
void served_preloads_other(char list[SERVED_PRELOADS], const char *library);

/* Sets LD_PRELOAD of the calling process to that. */
void served_preload(const char *before, const char *after);

/* Runs a program with the library alone. */
void served_ask(struct outcome *outcome, const char *const argv[]);

/* False, saying SKIP, where the program ends ill without the library too; else as served_run. */
bool served_runs(const char *program, const char *scenario);

/* Runs a program of the build with the library in its LD_PRELOAD and expects it to exit 0. */
void served_run(const char *program, const char *scenario);
void served_run_at(const char *path, const char *scenario); /* one that lies elsewhere */

/* How many requests came with the key and without. */
void served_expect(const char *what, unsigned yes, unsigned no);

#endif
