/*
 * bridged.h - a program behind `run --bridge`, against the server of origin.h.
 *
 * The keys A and B lie in files of a folder of the test's own; in a policy's text @A and @B stand
 * for the files' paths. The program is a shell that carries out what it is told, line by line.
 *
 * Ownership: what bridged_begin started, bridged_end ends. One at a time.
 * Errors:    what cannot be set up fails the running Check test.
 */
#ifndef COMMISSIONED_TEST_BRIDGED_H
#define COMMISSIONED_TEST_BRIDGED_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/command.h"
#include "support/origin.h"
#include "support/tmpdir.h"

extern char bridged_folder[PATH_MAX];
extern char bridged_command[PATH_MAX];
extern char bridged_keys[2][TEST_KEY_LENGTH + 1];
extern struct origin bridged_origin;
extern struct outcome bridged_outcome;

/* What `run --bridge` is not given of --connect and --cacert. */
extern bool bridged_connects, bridged_trusts;

/* As checked fixtures. */
void bridged_start(void);
void bridged_stop(void);

/* True, with a line that says SKIP, where there is no HAProxy. `test` is __func__. */
bool bridged_skips(const char *test);

void bridged_policy(const char *text);
/* The key of a file becomes another, in one step. */
void bridged_store(char file, const char *text);

/* Runs `run --bridge OPTIONS... -- PROGRAM...` to its end; words end in NULL. Exit status. */
int bridged_run(const char *const words[]);
#define BRIDGED(...) bridged_run((const char *const[]){__VA_ARGS__, NULL})

struct bridged {
    pid_t program;
    pid_t supervisor;
    pid_t engine;
    unsigned port;
};

/* Starts the shell behind a bridge, with further options of `run`. */
void bridged_begin(struct bridged *bridged, const char *const options[]);
/* Finds the processes anew; the supervisor may have given up. */
void bridged_find(struct bridged *bridged);
bool bridged_is_found(struct bridged *bridged);

/* The status of a request for `path` by the shell, with the token; 0 where there was none. */
int bridged_get(const char *path);
/* The same with curl's arguments as the shell reads them; $B is the bridge, without a path. */
int bridged_curl(const char *arguments);
/* The last line that the shell's command printed. */
const char *bridged_shell(const char *line);
/* The body of the last answer. */
const char *bridged_body(void);

/* Ends the shell: its exit status, or 128 and a signal's number. */
int bridged_end(struct bridged *bridged);

/* Waits, ten seconds at most, until the process is gone. */
bool bridged_is_gone(pid_t pid);

/* How often the text is in the memory of a process. */
unsigned bridged_copies(pid_t pid, const char *text);

#endif
