/*
 * The state folder.
 * Threat model: another user of this machine must neither read nor replace what is in it, so a
 *               folder that is not ours alone is refused, never repaired in silence.
 */
#include "devserver/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/write_whole.h"

bool ds_fail(struct ds_why *why, const char *format, ...)
{
    va_list arguments;
    why->text[0] = '\0';
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return false;
}

char *ds_state_default(struct ds_why *why)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int written = -1;
    /* The specification: a relative path is invalid and to be ignored. */
    if (state != NULL && state[0] == '/')
        written = asprintf(&path, "%s/commissioned-devserver", state);
    else if (home != NULL && home[0] == '/')
        written = asprintf(&path, "%s/.local/state/commissioned-devserver", home);
    if (written < 0) {
        ds_fail(why,
                "no state folder is known, because HOME is not set: name one with --state DIR");
        return NULL;
    }
    return path;
}

char *ds_state_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool make_folders(const char *folder, struct ds_why *why)
{
    auto_free char *path = strdup(folder);
    if (path == NULL)
        return ds_fail(why, "%s: out of memory", folder);

    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return ds_fail(why, "%s: cannot be made: %s", path, strerror(errno));
        if (slash == NULL)
            return true;
        *slash = '/';
    }
}

bool ds_state_prepare(const char *folder, struct ds_why *why)
{
    struct stat facts;
    if (folder[0] == '\0')
        return ds_fail(why, "the state folder's name is empty: name one with --state DIR");
    if (!make_folders(folder, why))
        return false;
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0)
        return ds_fail(why, "%s: cannot be opened: %s", folder, strerror(errno));
    if (facts.st_uid != geteuid())
        return ds_fail(why, "%s: belongs to user %u, not to you: name another with --state DIR",
                       folder, (unsigned)facts.st_uid);
    if (facts.st_mode & 077)
        return ds_fail(why, "%s: mode %04o lets others in: chmod 700 %s", folder,
                       (unsigned)facts.st_mode & 07777u, folder);
    return true;
}

static bool sync_folder(const char *folder)
{
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

bool ds_state_write(const char *folder, const char *name, const void *data, size_t size,
                    struct ds_why *why)
{
    auto_free char *path = ds_state_path(folder, name);
    auto_free char *draft = NULL;
    if (path == NULL || asprintf(&draft, "%s.XXXXXX", path) < 0) {
        draft = NULL;
        return ds_fail(why, "%s/%s: out of memory", folder, name);
    }
    /* mkstemp(3) makes the file 0600. */
    auto_close int fd = mkstemp(draft);
    if (fd < 0)
        return ds_fail(why, "%s: cannot be made: %s", draft, strerror(errno));
    if (!write_whole(fd, data, size) || fsync(fd) != 0 || rename(draft, path) != 0) {
        ds_fail(why, "%s: cannot be written: %s", path, strerror(errno));
        unlink(draft);
        return false;
    }
    if (!sync_folder(folder))
        return ds_fail(why, "%s: cannot be synced: %s", folder, strerror(errno));
    return true;
}

char *ds_state_read(const char *folder, const char *name, size_t limit, struct ds_why *why)
{
    auto_free char *path = ds_state_path(folder, name);
    if (path == NULL) {
        ds_fail(why, "%s/%s: out of memory", folder, name);
        errno = ENOMEM;
        return NULL;
    }
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        auto_errno int saved = errno;
        ds_fail(why, "%s: cannot be opened: %s", path, strerror(saved));
        return NULL;
    }
    char *text = calloc(1, limit + 1);
    size_t have = 0;
    ssize_t got = 0;
    while (text != NULL && have < limit && (got = read(fd, text + have, limit - have)) > 0)
        have += (size_t)got;
    if (text == NULL || got < 0 || have == limit) {
        ds_fail(why, "%s: cannot be read, or is larger than %zu bytes", path, limit);
        free(text);
        errno = EIO;
        return NULL;
    }
    return text;
}
