/*
 * cli/atomic_file.h - files that are whole at every moment: the old content or the new.
 *
 * Way:     a temporary file in the same folder, mode and owner set, written, fsync(2), renamed
 *          over the old one (rename(2) is atomic), the folder synced. Whatever ends the process
 *          in between leaves the old file; the next call takes over what it left behind.
 * Threads: one writer a folder at a time: hold a lock (lock_file.h) around reading and replacing.
 */
#ifndef COMMISSIONED_CLI_ATOMIC_FILE_H
#define COMMISSIONED_CLI_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { ATOMIC_KEEP = -1 }; /* as owner or group: whatever a new file gets */

struct atomic_owner {
    mode_t mode;
    uid_t uid; /* (uid_t)ATOMIC_KEEP, or as chown(2) takes it */
    gid_t gid;
};

/*
 * Replaces `name` in the open folder. An existing file keeps its mode and owner, unless `owner` is
 * given; a new file without `owner` is 0644. Returns 0, or -1 with errno and the old file
 * untouched.
 */
int atomic_replace(int folder, const char *name, const void *data, size_t size,
                   const struct atomic_owner *owner);

/* The same, for one who has no lock: by a temporary name that no other writer uses. */
int atomic_replace_by(int folder, const char *name, const char *temporary, const void *data,
                      size_t size, const struct atomic_owner *owner);

/* Removes `name`, which may be missing, and syncs the folder. Returns 0, or -1 with errno. */
int atomic_remove(int folder, const char *name);

/*
 * Reads the regular file `name` of the folder (a symbolic link is refused: ELOOP), at most
 * `most` bytes (EFBIG). malloc'ed, with a NUL behind its `size` bytes. NULL with errno; ENOENT
 * where there is none.
 */
char *atomic_read(int folder, const char *name, size_t most, size_t *size);

/* Makes the folder and those above it, each `mode`. Returns 0, also where it is there already. */
int atomic_make_folder(const char *path, mode_t mode);

#endif
