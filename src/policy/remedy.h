/*
 * remedy.h - what this person can do here about a file that was refused.
 *
 * A remedy is a command, or the change to the unit, the container or the pod that brought the file.
 * MUST:     be possible for him who reads it. "as root, " stands before what the asking user cannot
 *           do; nothing is to be changed in place on a read-only mount or where modes mean nothing.
 * MUST:     lead on to a working state, not to the next refusal, as far as is known here.
 * MUST NOT: take from a user what is his, such as his home.
 *
 * Each fills in the remedy and the target of a complaint whose fact is there; `path` is kept by
 * address. The machine is asked (statvfs, statx, the environment): this is no fast path.
 * Threads:  one at a time, as asker.h.
 * Errors:   none, at worst the remedy is the general one.
 */
#ifndef COMMISSIONED_REMEDY_H
#define COMMISSIONED_REMEDY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy/sentence.h"

/* What was on the way to which file. */
struct remedy_walk {
    const char *folder; /* the one that is refused */
    const char *asked;  /* the file; NULL: the folder itself was asked for */
    bool secret;        /* it holds a key */
};

/* Others can read the key in it. */
void remedy_exposed(struct complaint *why, const char *path, const struct stat *st, uid_t euid);

/* Others can change it. */
void remedy_writable(struct complaint *why, const char *path, const struct stat *st, uid_t euid);

/* It belongs to a user whose files do not count. */
void remedy_foreign(struct complaint *why, const char *path, const struct stat *st, uid_t euid);

/* The same of a folder on the way, and of a symbolic link. */
void remedy_folder(struct complaint *why, const struct remedy_walk *walk, const struct stat *st,
                   uid_t euid);
void remedy_link(struct complaint *why, const char *path, uid_t euid);

/* It may not be opened; `secret`: it is a key, which must not become readable to all. */
void remedy_unreadable(struct complaint *why, const char *path, const struct stat *st, uid_t euid,
                       bool secret);

/* The folder on the way may not be entered. */
void remedy_closed_folder(struct complaint *why, const struct remedy_walk *walk, uid_t euid);

/* This folder of configuration files may not be listed. */
void remedy_unlisted(struct complaint *why, const char *path, uid_t euid);

/* No key is stored there. */
void remedy_no_key(struct complaint *why, const char *path, uid_t euid);

/* systemd gave this process no credentials folder. */
void remedy_no_credentials(struct complaint *why, uid_t euid);

/* Fact and remedy of an error of the moment (core/passing.h): `what` could not be done to the file,
 * such as "opened". */
void remedy_of_the_moment(struct complaint *why, const char *what, int error);

#endif
