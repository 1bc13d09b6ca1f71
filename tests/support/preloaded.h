/*
 * preloaded.h - the client of tests/programs/rotate.c under the library, against the server of
 * origin.h.
 *
 * One run at a time; its folder, its keys and its server are the module's.
 * Errors: what cannot be set up fails the running Check test, and so does a key in what the client
 *         printed.
 */
#ifndef COMMISSIONED_TEST_PRELOADED_H
#define COMMISSIONED_TEST_PRELOADED_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/command.h"
#include "support/tmpdir.h"

enum { PRELOADED_KEYS = 3 };

/* Made anew by preloaded_start; the tests call them A, B and C. */
extern char preloaded_keys[PRELOADED_KEYS][TEST_KEY_LENGTH + 1];
extern char *preloaded_folder;
extern struct outcome preloaded_outcome;

/* As checked fixtures. */
void preloaded_start(void);
void preloaded_stop(void);

/*
 * Writes the policy. In the text, @A, @B and @C stand for the three keys, @D for the folder, @P for
 * the client's path, @U for its user and @@ for the character.
 */
void preloaded_policy(const char *text);
/* One rule, whose key A has B for its `next`. */
void preloaded_key_and_next(void);
/* The same expansion as in a policy, for commands and expected text; the caller's to free. */
char *preloaded_expand(const char *text);

/* Puts a file of the folder in its place as a whole. */
void preloaded_store(const char *name, const char *text);

void preloaded_client(char path[PATH_MAX]);

/* Runs the client with these words; it must end well. */
void preloaded_run(const char *const words[]);
/* The same for another program: a path, or a name that is searched in PATH. */
void preloaded_run_program(const char *program, const char *const words[]);
/* tests/programs/options.c, built for each flavour of libcurl: its path; false where it is not. */
enum { PRELOADED_FLAVOURS = 2 };
bool preloaded_options(unsigned flavour, char path[PATH_MAX]);
#define RUN(...) preloaded_run((const char *const[]){__VA_ARGS__, NULL})

/*
 * What came to the server, a line each: method, path, and A, B or C for a key, - for nothing, else
 * the Authorization header's value. The text belongs to the module until the next call.
 */
const char *preloaded_seen(void);

#endif
