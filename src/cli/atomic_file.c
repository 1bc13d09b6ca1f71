#include "cli/atomic_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/write_whole.h"

static struct atomic_owner owner_of(int folder, const char *name)
{
    struct stat st;
    /* Of a link the mode says nothing: it is 0777. */
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        return (struct atomic_owner){st.st_mode & 07777, st.st_uid, st.st_gid};
    return (struct atomic_owner){0644, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
}

/* The owner first: chown(2) clears set-ID bits, and the mode must never
 * be wider than the owner's. */
static int set_owner(int fd, const struct atomic_owner *owner)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    if ((owner->uid != (uid_t)ATOMIC_KEEP && owner->uid != st.st_uid) ||
        (owner->gid != (gid_t)ATOMIC_KEEP && owner->gid != st.st_gid)) {
        if (fchown(fd, owner->uid, owner->gid) != 0)
            return -1;
    }
    return fchmod(fd, owner->mode);
}

static int write_temporary(int folder, const char *temporary, const void *data, size_t size,
                           const struct atomic_owner *owner)
{
    auto_close int fd = -1;
    /* One that an interrupted call left; the lock says that nobody is writing it now. */
    if (unlinkat(folder, temporary, 0) != 0 && errno != ENOENT)
        return -1;
    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || set_owner(fd, owner) != 0 || !write_whole(fd, data, size))
        return -1;
    return fsync(fd);
}

int atomic_replace(int folder, const char *name, const void *data, size_t size,
                   const struct atomic_owner *owner)
{
    char temporary[NAME_MAX + 1];
    if (snprintf(temporary, sizeof temporary, ".%s.new", name) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return atomic_replace_by(folder, name, temporary, data, size, owner);
}

int atomic_replace_by(int folder, const char *name, const char *temporary, const void *data,
                      size_t size, const struct atomic_owner *owner)
{
    struct atomic_owner same = owner != NULL ? *owner : owner_of(folder, name);
    if (write_temporary(folder, temporary, data, size, &same) != 0 ||
        renameat(folder, temporary, folder, name) != 0) {
        auto_errno int saved = errno;
        unlinkat(folder, temporary, 0);
        return -1;
    }
    return fsync(folder);
}

int atomic_remove(int folder, const char *name)
{
    struct stat st;
    if (unlinkat(folder, name, 0) == 0)
        return fsync(folder);
    /* Where nothing can be written it may say so before it looks whether the file is there. */
    if (errno == EROFS && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT)
        errno = EROFS;
    return errno == ENOENT ? 0 : -1;
}

static char *read_open(int fd, size_t most, size_t *size)
{
    auto_free char *text = NULL;
    char *taken;
    struct stat st;
    ssize_t got;
    if (fstat(fd, &st) != 0)
        return NULL;
    errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uintmax_t)st.st_size > most)
        return NULL;
    text = malloc((size_t)st.st_size + 1);
    if (text == NULL)
        return NULL;
    *size = 0;
    while (*size < (size_t)st.st_size &&
           (got = pread(fd, text + *size, (size_t)st.st_size - *size, (off_t)*size)) != 0) {
        if (got < 0)
            return NULL;
        *size += (size_t)got;
    }
    text[*size] = '\0';
    taken = text;
    text = NULL;
    return taken;
}

char *atomic_read(int folder, const char *name, size_t most, size_t *size)
{
    /* O_NONBLOCK: a FIFO in its place must not hang the command. */
    auto_close int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? NULL : read_open(fd, most, size);
}

/* A new folder has exactly the mode that was asked for, whatever the umask is. */
static int make_one(const char *path, mode_t mode)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return chmod(path, mode);
    if (stat(path, &st) != 0)
        return -1;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode) ? 0 : -1;
}

int atomic_make_folder(const char *path, mode_t mode)
{
    char partial[PATH_MAX];
    if (snprintf(partial, sizeof partial, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = partial + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (make_one(partial, mode) != 0)
            return -1;
        *slash = '/';
    }
    return make_one(partial, mode);
}
