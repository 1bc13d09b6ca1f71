#include "cli/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { LOOKS_A_SECOND = 20 };

static bool try_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &whole) == 0;
}

static pid_t holder_of(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool held = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    return held && whole.l_pid > 0 ? whole.l_pid : 0;
}

/* One that somebody made for all to open is made his own again; who has it open by then may make us
 * wait, and no more. */
static int open_own(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        ((st.st_mode & 07777) == 0600 || fchmod(fd, 0600) == 0))
        return fd;
    errno = S_ISREG(st.st_mode) ? errno : EINVAL;
    cleanup_close(&fd);
    return -1;
}

int lock_file_take(int folder, const char *name, unsigned seconds, pid_t *holder)
{
    const struct timespec pause = {.tv_nsec = 1000000000L / LOOKS_A_SECOND};
    int fd = open_own(folder, name);
    *holder = 0;
    if (fd < 0)
        return -1;
    for (unsigned look = 0;; look++) {
        if (try_lock(fd))
            return fd;
        if (errno != EACCES && errno != EAGAIN)
            break;
        errno = EBUSY;
        if (look >= seconds * LOOKS_A_SECOND)
            break;
        nanosleep(&pause, NULL);
    }
    if (errno == EBUSY)
        *holder = holder_of(fd);
    cleanup_close(&fd);
    return -1;
}
