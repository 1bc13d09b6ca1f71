/*
 * cli/key_store.h - the folder of stored keys.
 *
 * Files:  NAME           the key and a newline, nothing else: what the policy names as `file`
 *         NAME.next      the key that follows it: what the policy names as `next`
 *         NAME.previous  the key that NAME was before it was replaced or removed, to go back to
 *         NAME.meta      what is known about the key and may be shown, as JSON; no secret
 * Place:  --dir, else $XDG_CONFIG_HOME/commissioned-auth/keys.d, else for root
 *         /etc/commissioned-auth/keys.d and for others ~/.config/commissioned-auth/keys.d.
 * Memory: a key read into a struct secret is wiped by secret_clear; it never reaches stdio.
 * Errors: functions that return an exit code have said why.
 */
#ifndef COMMISSIONED_CLI_KEY_STORE_H
#define COMMISSIONED_CLI_KEY_STORE_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "commissioned/policy_image.h"

enum { KEY_MAX_NAME = 32 /* as in the configuration */ };

struct secret {
    size_t length;
    char text[POLICY_MAX_KEY + 2]; /* room for a newline and a NUL */
};

void secret_clear(struct secret *secret);
/* Drops the line end, and ends the text in NUL. */
void secret_trim(struct secret *secret);
#define auto_secret __attribute__((cleanup(secret_clear)))

/* What may be shown of a key, in `prefix`, which holds at least POLICY_PREFIX_LENGTH + 1. */
void secret_show(const struct secret *secret, char prefix[POLICY_PREFIX_LENGTH + 1]);

struct key_store {
    char path[PATH_MAX];
    char asked[PATH_MAX]; /* the same before links were followed: by it the library comes here */
    int folder;           /* open, or -1 */
    bool given;           /* by --dir */
};

/* Opens the store. `make`: create it where it is missing. Exit code; CLI_NO where it is not there
 * and is not to be made. */
int key_store_open(struct key_store *store, const char *dir, bool make);

/* Takes the lock that a change needs, until the process ends; waits LOCK_FILE_WAIT at most. Not
 * while a person is asked. Exit code. */
int key_store_lock(const struct key_store *store);
void key_store_close(struct key_store *store);
#define auto_store __attribute__((cleanup(key_store_close)))

/*
 * The files of an open store that `wanted` gives a number for, or all where that is NULL, by name;
 * returns how many. The caller frees each entry and the array. Not scandirat(3), which musl does
 * not have.
 */
int key_store_scan(const struct key_store *store, struct dirent ***entries,
                   int (*wanted)(const struct dirent *));

/* Refuses a store that the library would refuse, for the folders on the
 * way to it too. Exit code. */
int key_store_judge(const struct key_store *store);

/* Refuses a name that could be another file, or one of ours. Exit code. */
int key_name_check(const char *name);

/* NAME of NAME, NAME.next and NAME.previous. */
void key_base_name(const char *name, char base[NAME_MAX + 1]);

/* Whether the file NAME and `end` ("", ".next", ...) is in the store. */
bool key_is_there(const struct key_store *store, const char *name, const char *end);

/* What to do about an errno of writing there, to follow the sentence; or "". */
const char *key_remedy(int error);

/* Refuses a store that lies in a git work tree, where the next `git add` would publish it. Exit
 * code. */
int key_store_outside_git(const struct key_store *store);

/* Reads the key in a file of the store. Exit code; CLI_NO, and nothing
 * said, where it is missing. */
int key_read(const struct key_store *store, const char *file, struct secret *secret);

/* The same of a file that is about to be replaced. What cannot be looked at would be lost: that is
 * an error. What holds no key is told and is none; *good says whether there is one to keep. */
int key_read_to_keep(const struct key_store *store, const char *file, struct secret *secret,
                     bool *good);

/* Writes it, atomically, with owner and mode of the file `like` where that is there; else 0600, or
 * 0640 with a group (gid, or -1). Exit code. */
int key_write(const struct key_store *store, const char *file, const char *like,
              const struct secret *secret, gid_t group);

/* ---- what is known about a key --------------------------------------------------------------- */

struct key_meta {
    char prefix[POLICY_PREFIX_LENGTH + 1];
    char environment[64]; /* "" where not given */
    char application[64];
    char rotate_after[16]; /* as it was given, such as "90d" */
    time_t created;        /* seconds since the epoch; 0: not known */
    /* What `key check` last learnt: which key it asked about, and the server's status. */
    char checked[POLICY_PREFIX_LENGTH + 1];
    long status;
};

/* A missing or unreadable NAME.meta gives an empty one. */
void key_meta_read(const struct key_store *store, const char *name, struct key_meta *meta);
int key_meta_write(const struct key_store *store, const char *name, const struct key_meta *meta);

/* ---- where a key comes from ------------------------------------------------------------------ */

/*
 * Asks for a key on the terminal without echo, or reads one line from a standard input that is
 * none, and judges it. A signal that ends the command finds the terminal as it was. Exit code.
 */
int key_ask(const char *prompt, struct secret *secret);

/* Why the text, which ends in NUL, is something else than a key, to follow "this is no key: "; or
 * NULL. */
const char *key_unlike(const char *text);

/* Reads at most `room` bytes of one line without echo; the length, or -1 with errno. See term.c. */
ssize_t term_read_secret(int terminal, const char *prompt, char *line, size_t room);

#endif
