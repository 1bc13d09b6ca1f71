#include "policy/match_path.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LINKS = 40 }; /* as the kernel's own limit, path_resolution(7) */

/* Not on the stack, which may be a short one; one thread at a time is here. */
static struct {
    char folder[PATH_MAX];
    char next[PATH_MAX];
    char text[PATH_MAX]; /* what a link says */
    char resolved[PATH_MAX];
    char whole[2 * PATH_MAX];
} room;

bool match_path_is_pattern(const char *path)
{
    return strpbrk(path, "*?[\\") != NULL;
}

static bool is_absence(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

bool match_path_in_folder(const char *path, char resolved[PATH_MAX])
{
    char *folder = room.folder;
    const char *slash = strrchr(path, '/');
    size_t length = (size_t)(slash - path);
    memcpy(folder, path, length);
    folder[length] = '\0';
    if (realpath(length > 0 ? folder : "/", resolved) == NULL)
        return false;
    size_t used = strcmp(resolved, "/") == 0 ? 0 : strlen(resolved);
    if (used + strlen(slash) < PATH_MAX) {
        strcpy(resolved + used, slash);
        return true;
    }
    errno = ENAMETOOLONG;
    return false;
}

/* What the link at `path` says, as a full path; false where it is none, or is not there. */
static bool follow(const char *path)
{
    char *text = room.text;
    ssize_t length = readlink(path, text, PATH_MAX - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    int folder = text[0] == '/' ? 0 : (int)(strrchr(path, '/') + 1 - path);
    return snprintf(room.next, PATH_MAX, "%.*s%s", folder, path, text) < PATH_MAX;
}

bool match_path_resolve(const char *path, char resolved[PATH_MAX])
{
    if (strlen(path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(room.next, path);
    for (int links = 0; links < MAX_LINKS; links++) {
        if (!match_path_in_folder(room.next, resolved))
            return false;
        if (!follow(resolved))
            return true;
    }
    errno = ELOOP;
    return false;
}

static bool is_name(const struct asked_file *file, const char *path)
{
    for (int i = 0; i < ASKED_MAX_NAMES; i++)
        if (file->names[i] != NULL && strcmp(path, file->names[i]) == 0)
            return true;
    return false;
}

/* "*" ends at '/', "**" does not. */
static bool is_like(const struct asked_file *file, const char *pattern)
{
    int flags = strstr(pattern, "**") != NULL ? 0 : FNM_PATHNAME;
    for (int i = 0; i < ASKED_MAX_NAMES; i++)
        if (file->names[i] != NULL && fnmatch(pattern, file->names[i], flags) == 0)
            return true;
    return false;
}

/* A name is another file's, or leads to the one that asks. */
static enum fit look_up(const char *path, const struct asked_file *file)
{
    struct stat st;
    bool is_there = stat(path, &st) == 0;
    if (is_there && file->has_id && st.st_dev == file->dev && st.st_ino == file->ino)
        return FIT_YES;
    if (is_there && file->has_id && !file->replaced)
        return FIT_NO;
    if (!is_there && !is_absence(errno))
        return FIT_UNKNOWN;
    if (!match_path_resolve(path, room.resolved))
        return is_absence(errno) ? FIT_NO : FIT_UNKNOWN;
    if (is_name(file, room.resolved))
        return FIT_YES;
    return file->loose ? FIT_UNKNOWN : FIT_NO;
}

/* "/bin/py*" is "/usr/bin/py*" where /bin is a link. */
static bool is_like_resolved(const struct asked_file *file, const char *pattern)
{
    size_t length = strcspn(pattern, "*?[\\");
    while (pattern[length] != '/')
        length--;
    if (length == 0 || length >= PATH_MAX)
        return false;
    memcpy(room.folder, pattern, length);
    room.folder[length] = '\0';
    if (realpath(room.folder, room.resolved) == NULL)
        return false;
    snprintf(room.whole, sizeof room.whole, "%s%s", room.resolved, pattern + length);
    return is_like(file, room.whole);
}

enum fit match_path(const char *pattern, const struct asked_file *file)
{
    if (file->unknown)
        return FIT_UNKNOWN;
    if (file->names[0] == NULL)
        return FIT_NO;
    if (is_name(file, pattern))
        return FIT_YES;
    if (!match_path_is_pattern(pattern))
        return look_up(pattern, file);
    if (is_like(file, pattern) || is_like_resolved(file, pattern))
        return FIT_YES;
    return file->loose ? FIT_UNKNOWN : FIT_NO;
}
