/*
 * tmpdir.h - fixtures on disk: a folder that the policy module accepts as safe, files with exact
 * modes, and keys made on the spot.
 *
 * Ownership: what is returned as `char *` is the caller's to free.
 * Errors:    a fixture that cannot be made ends the test program with a message, for no test result
 *            would mean anything after it.
 */
#ifndef COMMISSIONED_TESTS_TMPDIR_H
#define COMMISSIONED_TESTS_TMPDIR_H

#include <stddef.h>
#include <sys/types.h>

enum { TEST_KEY_LENGTH = 44 };

/* A new folder, mode 0700, below $TMPDIR or /tmp. */
char *tmpdir_make(void);

/* Removes the folder and all below it, then frees `path`. NULL is fine. */
void tmpdir_remove(char *path);

/* "DIR/NAME" */
char *tmpdir_path(const char *dir, const char *name);

/* Writes `size` bytes to DIR/NAME in place, makes its mode exactly `mode` (umask or not), returns
 * its path. */
char *tmpdir_write(const char *dir, const char *name, mode_t mode, const void *data, size_t size);

/* The same with a format of printf(3). */
char *tmpdir_printf(const char *dir, const char *name, mode_t mode, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A random key of TEST_KEY_LENGTH characters, unlike any other. */
void test_key_make(char key[TEST_KEY_LENGTH + 1]);

#endif
