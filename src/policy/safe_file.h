/*
 * safe_file.h - a file is read only where nobody but root and the effective user could have written
 * it.
 *
 * Errors:    a `complaint` with fact and remedy; its `target` points to `path` or into the
 *            safe_file, so it lives as long as both.
 * Ownership: safe_file_free wipes and frees; safe to call after every result.
 * Threads:   any, each its own safe_file. Takes at most a few milliseconds (see safe_file_read).
 * Source:    open(2), stat(2), path_resolution(7), proc(5); the idea of judging every parent is
 *            OpenSSH's (sshd(8), StrictModes).
 */
#ifndef COMMISSIONED_SAFE_FILE_H
#define COMMISSIONED_SAFE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "policy/sentence.h"

enum safe_result {
    SAFE_OK,
    SAFE_ABSENT,    /* nothing has that name */
    SAFE_NO_ACCESS, /* it may be there, but this process may not look: `why` says so */
    SAFE_REFUSED,   /* it is there and must not be used: `why` says why */
    SAFE_NO_MEMORY,
};

struct safe_file {
    char *data; /* `size` bytes and two NULs that are not counted (room for a line end); no other
                   NUL */
    size_t size;
    struct stat st; /* of the descriptor that was read; of a refused file where it is known */
    bool has_st;
    bool passing;            /* the refusal is of the moment, not of the file (passing.h) */
    bool der;                /* refused for a NUL byte: it is a certificate in DER form */
    bool unsafe;             /* refused for a mode or an owner, its own or that of the way to it */
    char resolved[PATH_MAX]; /* the path without symbolic links, as far as the walk came */
    char offender[PATH_MAX]; /* the folder or link that was refused, or that may not be
                                 entered; empty: the file itself was */
    const char *asked;       /* the file that was asked for, for the remedies; NULL: a folder was */
    bool secret;             /* it holds a key */
};

/*
 * Judges `path` and every folder and link on the way to it, for the effective user `euid`; opens it
 * without blocking, judges the descriptor, reads at most `max` bytes. `secret`: nobody else may
 * be able to read it either.
 *
 * A file that was changed in the very tick of the clock it is read in is read again once the tick
 * is over (a few milliseconds): a later change then has another time stamp, and half of a file that
 * is being written is not taken for the whole.
 */
enum safe_result safe_file_read(const char *path, uid_t euid, bool secret, size_t max,
                                struct safe_file *file, struct complaint *why);

/* Judges the way to a folder and the folder itself. On SAFE_OK `file->st` is the folder's. */
enum safe_result safe_folder_judge(const char *path, uid_t euid, struct safe_file *file,
                                   struct complaint *why);

/* Whether a file with this status keeps its content from others; else `why` says how to. */
bool safe_file_is_private(const struct stat *st, const char *path, uid_t euid,
                          struct complaint *why);

void safe_file_free(struct safe_file *file);

/* ---- the walk to a file, safe_path.c: used by safe_file.c alone ------------------------------ */

/*
 * On SAFE_OK `*found` is what stands at the end of the walk, and walk->resolved its path without
 * links. The last thing found is not judged, but everything on the way to it is.
 */
enum safe_result safe_path_walk(const char *path, uid_t euid, struct safe_file *walk,
                                struct stat *found, struct complaint *why);

/*
 * Where a folder or a link on the way to `path` is neither root's nor the user's: true, with the
 * first of them in `theirs`, which may be one of the path's parts or of the real path's.
 */
bool safe_path_is_theirs(const char *path, uid_t euid, char theirs[PATH_MAX], uid_t *owner);

#endif
