/*
 * MUST: judge the descriptor that is then read, never the name (the name is judged too,
 *       safe_path.c, for who can replace the file can choose its content).
 * MUST: open without blocking, and only what is a regular file: a FIFO must not hang the host
 *       program, and opening some devices does things.
 * MUST: wipe what was read when it is refused.
 */
#include "policy/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/der.h"
#include "core/passing.h"
#include "core/secret.h"
#include "policy/owner.h"
#include "policy/remedy.h"
#include "policy/remedy_policy.h"

enum { MAX_ATTEMPTS = 5 }; /* before a file that keeps changing is given up */

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISCHR(mode)  ? "a device"
           : S_ISBLK(mode)  ? "a device"
                            : "no file";
}

bool safe_file_is_private(const struct stat *st, const char *path, uid_t euid,
                          struct complaint *why)
{
    unsigned mode = st->st_mode & 07777;
    /* root may share a file of its own with a group: a service's, or a Kubernetes fsGroup. */
    mode_t others = st->st_uid == 0 ? 0004 : 0044;
    if ((st->st_mode & others) == 0)
        return true;
    complain(why, "", "mode %04o lets others read the key", mode);
    remedy_exposed(why, path, st, euid);
    return false;
}

static enum safe_result judge(const struct stat *st, uid_t euid, bool secret,
                              struct safe_file *file, struct complaint *why)
{
    if (!S_ISREG(st->st_mode)) {
        complain(why, "name a regular file", "it is %s", kind_of(st->st_mode));
        return SAFE_REFUSED;
    }
    if (owner_is_nobody(st->st_uid)) {
        complain(why, "give it to root, and a service's group the right to read it",
                 "belongs to nobody (user %u), who may be anybody", (unsigned)st->st_uid);
        file->unsafe = true;
        return SAFE_REFUSED;
    }
    if (!owner_is_trusted(st->st_uid, euid)) {
        complain(why, "", "belongs to user %u, not to root or user %u", (unsigned)st->st_uid,
                 (unsigned)euid);
        file->unsafe = true;
        if (secret || !remedy_foreign_policy(why, file->resolved, st, euid))
            remedy_foreign(why, file->resolved, st, euid);
        return SAFE_REFUSED;
    }
    if ((st->st_mode & 022) != 0) {
        file->unsafe = true;
        complain(why, "", "mode %04o lets others change it", (unsigned)(st->st_mode & 07777));
        if (secret && (st->st_mode & 0004) != 0)
            remedy_exposed(why, file->resolved, st, euid);
        else
            remedy_writable(why, file->resolved, st, euid);
        return SAFE_REFUSED;
    }
    file->unsafe = secret && !safe_file_is_private(st, file->resolved, euid, why);
    return file->unsafe ? SAFE_REFUSED : SAFE_OK;
}

static bool same_content(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * It is read whole, though another has its name by now: whoever replaces a file in one step writes
 * to the old one no more. That it is the old one is seen by the watch.
 */
static bool is_replaced(const struct stat *before, const struct stat *after)
{
    return after->st_nlink == 0 && before->st_dev == after->st_dev &&
           before->st_ino == after->st_ino && before->st_size == after->st_size &&
           before->st_mtim.tv_sec == after->st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

/* Files are stamped with the coarse clock: while its tick lasts, a change leaves no trace. */
static void outlast_tick(const struct stat *st)
{
    struct timespec now, tick;
    if (clock_getres(CLOCK_REALTIME_COARSE, &tick) != 0 || tick.tv_sec != 0)
        return;
    for (int i = 0; i < 3; i++) {
        if (clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0 || now.tv_sec != st->st_ctim.tv_sec ||
            now.tv_nsec != st->st_ctim.tv_nsec)
            return;
        nanosleep(&tick, NULL);
    }
}

/* Reads what is there, at most `max` bytes and one more, which shows that there is more. */
static ssize_t read_all(int fd, char *data, size_t room)
{
    size_t done = 0;
    while (done < room) {
        ssize_t n = read(fd, data + done, room - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static enum safe_result take_content(int fd, size_t max, struct safe_file *file,
                                     struct complaint *why)
{
    /* No more than the file says it holds is asked for; the byte more
     * shows that it lied (/proc). */
    size_t size = (size_t)file->st.st_size;
    if (size > max) {
        complain(why, "name the right file", "holds more than %zu bytes", max);
        return SAFE_REFUSED;
    }
    file->data = malloc(size + 2);
    if (file->data == NULL)
        return SAFE_NO_MEMORY;
    ssize_t n = read_all(fd, file->data, size + 1);
    file->size = size;
    if (n < 0) {
        file->passing = error_is_passing(errno);
        if (file->passing)
            remedy_of_the_moment(why, "read", errno);
        else
            complain(why, "see whether the disk is well", "it cannot be read");
        return SAFE_REFUSED;
    }
    if ((size_t)n != size)
        return SAFE_ABSENT; /* changed under our hands: the caller tries again */
    file->data[size] = '\0';
    file->data[size + 1] = '\0';
    if (memchr(file->data, '\0', size) != NULL) {
        file->der = der_is_certificate((struct der){(const unsigned char *)file->data, size});
        complain(why, "write it anew as plain text", "holds a NUL byte");
        return SAFE_REFUSED;
    }
    return SAFE_OK;
}

static enum safe_result open_failed(int error, struct safe_file *file, uid_t euid, bool secret,
                                    struct complaint *why)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return SAFE_ABSENT;
    if (error == EACCES || error == EPERM) {
        complain(why, "", "permission denied");
        remedy_unreadable(why, file->resolved, &file->st, euid, secret);
        return SAFE_NO_ACCESS;
    }
    file->passing = error_is_passing(error);
    if (file->passing)
        remedy_of_the_moment(why, "opened", error);
    else
        complain(why, "", "it cannot be opened (error %d)", error);
    return SAFE_REFUSED;
}

/* One attempt; SAFE_ABSENT with *again set where the file changed meanwhile. */
static enum safe_result attempt(const char *path, uid_t euid, bool secret, size_t max,
                                struct safe_file *file, struct complaint *why, bool *again)
{
    *again = false;
    file->has_st = file->der = false;
    struct stat found;
    enum safe_result result = safe_path_walk(path, euid, file, &found, why);
    if (result != SAFE_OK)
        return result;
    file->st = found;
    file->has_st = true;
    result = judge(&found, euid, secret, file, why);
    if (result != SAFE_OK)
        return result;

    auto_close int fd =
        open(file->resolved, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    *again = true;
    if (fd < 0) {
        result = open_failed(errno, file, euid, secret, why);
        *again = result == SAFE_ABSENT;
        return result;
    }
    if (fstat(fd, &file->st) != 0 || file->st.st_dev != found.st_dev ||
        file->st.st_ino != found.st_ino)
        return SAFE_ABSENT;
    result = judge(&file->st, euid, secret, file, why);
    if (result == SAFE_OK) {
        outlast_tick(&file->st);
        result = take_content(fd, max, file, why);
    }
    struct stat after;
    if (fstat(fd, &after) != 0 ||
        (!same_content(&file->st, &after) && !is_replaced(&file->st, &after)))
        return SAFE_ABSENT;
    *again = result == SAFE_ABSENT;
    return result;
}

/* Not its two paths, which are long and ended by their first bytes. */
static void clear(struct safe_file *file)
{
    file->data = NULL;
    file->size = 0;
    memset(&file->st, 0, sizeof file->st);
    file->has_st = file->passing = file->der = file->unsafe = file->secret = false;
    file->asked = NULL;
    file->resolved[0] = file->offender[0] = '\0';
}

enum safe_result safe_file_read(const char *path, uid_t euid, bool secret, size_t max,
                                struct safe_file *file, struct complaint *why)
{
    clear(file);
    file->asked = path;
    file->secret = secret;
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        bool again = false;
        enum safe_result result = attempt(path, euid, secret, max, file, why, &again);
        if (result == SAFE_OK)
            return result;
        secret_free(file->data, file->size);
        file->data = NULL;
        if (!again)
            return result;
    }
    file->passing = true;
    complain(why, "write a new file and rename it over this one",
             "kept changing while it was read");
    return SAFE_REFUSED;
}

enum safe_result safe_folder_judge(const char *path, uid_t euid, struct safe_file *file,
                                   struct complaint *why)
{
    clear(file);
    if (strlen(path) + sizeof "/." > PATH_MAX) {
        complain(why, "", "the path is too long");
        return SAFE_REFUSED;
    }
    auto_free char *inside = malloc(PATH_MAX);
    if (inside == NULL)
        return SAFE_NO_MEMORY;
    strcpy(inside, path);
    strcat(inside, "/.");
    enum safe_result result = safe_path_walk(inside, euid, file, &file->st, why);
    file->has_st = result == SAFE_OK;
    return result;
}

void safe_file_free(struct safe_file *file)
{
    secret_free(file->data, file->size);
    file->data = NULL;
    file->size = 0;
}
