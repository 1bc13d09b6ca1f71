/*
 * devserver/state.h - the folder in which the development server keeps what outlives it.
 *
 * Shape:     one folder, mode 0700, owned by the effective user; each file in it is mode 0600. It
 *            holds keys.db (SQLite), ca.pem and server.pem. No key and no CA key is ever written to
 *            it.
 * Ownership: paths returned are malloc'ed and the caller's.
 * Threads:   pure functions of their arguments and the file system.
 * Errors:    false or NULL, and a sentence (file, fact, remedy) in `why`.
 * Source:    XDG Base Directory Specification, XDG_STATE_HOME; umask does not matter: modes are
 *            set.
 */
#ifndef COMMISSIONED_DEVSERVER_STATE_H
#define COMMISSIONED_DEVSERVER_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* A sentence that says what went wrong. Always ends in NUL; a long one is cut. */
struct ds_why {
    char text[512];
};

/* Sets the sentence and returns false, so that a caller can `return ds_fail(why, ...)`. */
bool ds_fail(struct ds_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The folder to use where none was named:
 * ${XDG_STATE_HOME:-~/.local/state}/commissioned-devserver. */
char *ds_state_default(struct ds_why *why);

/* Makes the folder (and its parents, 0700) where it is missing, and judges it where it is not. */
bool ds_state_prepare(const char *folder, struct ds_why *why);

/* FOLDER/NAME, malloc'ed. NULL only without memory. */
char *ds_state_path(const char *folder, const char *name);

/* Replaces FOLDER/NAME whole: a reader sees the old content or the new, also after a power cut. */
bool ds_state_write(const char *folder, const char *name, const void *data, size_t size,
                    struct ds_why *why);

/* Reads FOLDER/NAME, at most `limit` bytes, NUL added. NULL where it is
 * missing, with errno ENOENT. */
char *ds_state_read(const char *folder, const char *name, size_t limit, struct ds_why *why);

#endif
