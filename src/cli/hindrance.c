#include "cli/hindrance.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

static bool is_below(const char *path, const char *folder, size_t length)
{
    if (length == 1)
        return true; /* "/" */
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Of two mounts at one place the later hides the earlier. "/" where nothing is known. True where it
 * is an overlay. */
static bool find_mount(const char *path, char mount[PATH_MAX])
{
    bool overlay = false;
    auto_free char *line = NULL;
    size_t room = 0, longest = 0;
    auto_fclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
    strcpy(mount, "/");
    while (mounts != NULL && getline(&line, &room, mounts) > 0) {
        int start = 0, end = 0;
        if (sscanf(line, "%*s %*s %*s %*s %n%*s%n", &start, &end) < 0 || end <= start)
            continue;
        size_t length = (size_t)(end - start);
        if (length < longest || length >= PATH_MAX || !is_below(path, line + start, length))
            continue;
        longest = length;
        memcpy(mount, line + start, length);
        mount[length] = '\0';
        overlay = strstr(line + end, " - overlay ") != NULL;
    }
    return overlay;
}

/*
 * mount(8) hands a mount that is named alone the options that it has, and from util-linux 2.39 on
 * in a way in which an overlay takes none (measured, 2.41 with Linux 6.18). With its source named
 * it hands nothing but what is said.
 */
static const char *read_only(const char *path)
{
    static char text[PATH_MAX + 128];
    char mount[PATH_MAX];
    bool overlay = find_mount(path, mount);
    snprintf(text, sizeof text,
             ": run 'mount -o remount,rw %s%s' first, or change it where that is made (the image, "
             "the container's options)",
             overlay ? "overlay " : "", mount);
    return text;
}

/* root may write to all but what chattr(1), or a security module, has closed to everybody. */
static const char *not_permitted(int error, const char *path)
{
    static char text[PATH_MAX + 128];
    if (geteuid() != 0)
        return ": run this as root";
    if (error != EPERM)
        return "";
    snprintf(text, sizeof text,
             ": run 'chattr -i %s' first, where lsattr(1) shows that it or its folder is immutable",
             path);
    return text;
}

const char *hindrance_remedy(int error, const char *path)
{
    auto_errno int saved = errno;
    switch (error) {
    case EACCES:
    case EPERM:
        return not_permitted(error, path);
    case EROFS:
        return read_only(path);
    case ELOOP:
        return ": a symbolic link is in the way: replace it by what it names";
    case EINVAL:
        return ": it is no regular file: move it away";
    case EAGAIN:
        return ": another process writes it again and again: end that first";
    case EISDIR:
        return ": move it away";
    case EFBIG:
        return ": take the line out by hand";
    case EBUSY:
        return ": it is a mount of its own, as in a container: change it where that is made, or "
               "unmount it first";
    case ENOSPC:
    case EDQUOT:
        return ": make room there first";
    default:
        return "";
    }
}
