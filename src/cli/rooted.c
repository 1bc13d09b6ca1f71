#include "cli/rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"

/* linux/openat2.h, which came with Linux 5.6; the numbers are the kernel's for good. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
struct how {
    uint64_t flags, mode, resolve;
};
enum { IN_ROOT = 0x10 /* RESOLVE_IN_ROOT */ };

int rooted_top(const char *root)
{
    return open(root != NULL ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_running_system(int top)
{
    struct stat a, b;
    return fstat(top, &a) == 0 && stat("/", &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int rooted_open(int top, const char *path, int flags)
{
    struct how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = IN_ROOT};
    int fd = (int)syscall(SYS_openat2, top, path, &how, sizeof how);
    /* EPERM: filters of before 5.6 answer so to every system call that they do not know. */
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd;
    if (is_running_system(top))
        return open(path, flags | O_CLOEXEC);
    errno = ENOSYS;
    return -1;
}

static int make_and_open(int top, const char *path)
{
    char above[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : (int)(slash - path);
    if (snprintf(above, sizeof above, "%.*s", length, path) >= PATH_MAX)
        return -1;
    auto_close int parent = rooted_open(top, above, O_RDONLY | O_DIRECTORY);
    if (parent < 0)
        return -1;
    /* Whatever the umask is: others must be able to see that the lock is not theirs. */
    if (mkdirat(parent, slash + 1, 0755) == 0 && fchmodat(parent, slash + 1, 0755, 0) != 0)
        return -1;
    return openat(parent, slash + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int rooted_folder(int top, const char *path)
{
    char above[PATH_MAX];
    int fd = rooted_open(top, path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = make_and_open(top, path);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    snprintf(above, sizeof above, "%.*s", (int)(strrchr(path, '/') - path), path);
    fd = make_and_open(top, above);
    cleanup_close(&fd);
    return fd < 0 ? -1 : make_and_open(top, path);
}
