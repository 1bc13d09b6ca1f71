/*
 * The way to a file, judged from the root downward.
 *
 * The threat: another user of the machine who makes us read, as policy or as key, what he wrote, or
 * who sees a key because it was stored where he can look.
 *
 * MUST:     every folder on the way belongs to root or the effective user, and nobody else may
 *           change what is in it. A sticky folder (/tmp) may be writable for all, for there only
 *           the owner can replace an entry, and the owner of the next entry is judged as well.
 * MUST:     a symbolic link is followed, its owner and the folder it lies in judged like any other,
 *           for who can replace the link chooses the file.
 * MUST NOT: trust a name below a folder that has not been judged yet. Going downward, each name is
 *           looked up in a folder that only root and the user can change, so it means the same
 *           afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/passing.h"
#include "policy/owner.h"
#include "policy/remedy.h"
#include "policy/safe_file.h"

enum { MAX_LINKS = 40 }; /* as the kernel's own limit, path_resolution(7) */

/* What was walked so far, kept as what is wrong. */
static const char *note_offender(struct safe_file *walk)
{
    snprintf(walk->offender, sizeof walk->offender, "%s",
             walk->resolved[0] != '\0' ? walk->resolved : "/");
    return walk->offender;
}

static struct remedy_walk remedied(const struct safe_file *walk)
{
    return (struct remedy_walk){walk->offender, walk->asked, walk->secret};
}

static enum safe_result judge_folder(const struct stat *st, uid_t euid, struct safe_file *walk,
                                     struct complaint *why)
{
    if (owner_is_nobody(st->st_uid)) {
        complain(why, "give it to root, who must have a number in this user namespace:",
                 "its folder belongs to nobody (user %u), who may be anybody",
                 (unsigned)st->st_uid);
        why->target = note_offender(walk);
        walk->unsafe = true;
        return SAFE_REFUSED;
    }
    if (!owner_is_trusted(st->st_uid, euid))
        complain(why, "", "its folder belongs to user %u, who could replace the file",
                 (unsigned)st->st_uid);
    else if ((st->st_mode & 022) != 0 && (st->st_mode & S_ISVTX) == 0)
        complain(why, "", "its folder has mode %04o, so that others could replace the file",
                 (unsigned)(st->st_mode & 07777));
    else
        return SAFE_OK;
    walk->unsafe = true;
    note_offender(walk);
    const struct remedy_walk way = remedied(walk);
    remedy_folder(why, &way, st, euid);
    return SAFE_REFUSED;
}

static enum safe_result lookup_failed(int error, struct safe_file *walk, struct complaint *why)
{
    walk->passing = error_is_passing(error);
    if (error == ENOENT || error == ENOTDIR) {
        complain(why, "", "no such file");
        return SAFE_ABSENT;
    }
    if (walk->passing)
        remedy_of_the_moment(why, "looked up", error);
    else
        complain(why, "name the file by another path", "%s",
                 error == ENAMETOOLONG ? "the path is too long"
                 : error == ELOOP      ? "symbolic links in a loop"
                                       : "the path cannot be looked up");
    return SAFE_REFUSED;
}

/* The folder of walk->resolved may not be entered. */
static enum safe_result may_not_enter(struct safe_file *walk, uid_t euid, struct complaint *why)
{
    note_offender(walk);
    char *slash = strrchr(walk->offender, '/');
    slash[slash == walk->offender] = '\0';
    complain(why, "", "permission denied");
    const struct remedy_walk way = remedied(walk);
    remedy_closed_folder(why, &way, euid);
    return SAFE_NO_ACCESS;
}

/* The status of what walk->resolved names now. */
static enum safe_result look(struct safe_file *walk, uid_t euid, struct stat *st,
                             struct complaint *why)
{
    if (lstat(walk->resolved[0] != '\0' ? walk->resolved : "/", st) == 0)
        return SAFE_OK;
    return errno == EACCES ? may_not_enter(walk, euid, why) : lookup_failed(errno, walk, why);
}

/* What is left to walk: text from `at` on. Not on the stack, which may be a short one. */
struct left {
    size_t at;
    char text[PATH_MAX];
    char target[PATH_MAX]; /* what a link says */
};

/* Puts what the link at walk->resolved says in front of what is left to walk. */
static enum safe_result follow(struct safe_file *walk, struct left *left, struct complaint *why)
{
    char *target = left->target;
    ssize_t length = readlink(walk->resolved, target, sizeof left->target);
    size_t rest = strlen(left->text + left->at);
    if (length <= 0)
        return lookup_failed(length < 0 ? errno : ENOENT, walk, why);
    if ((size_t)length + 1 + rest + 1 > sizeof left->target)
        return lookup_failed(ENAMETOOLONG, walk, why);
    target[length] = '/';
    memcpy(target + length + 1, left->text + left->at, rest + 1);
    memcpy(left->text, target, (size_t)length + 1 + rest + 1);
    left->at = 0;

    char *slash = strrchr(walk->resolved, '/');
    *slash = '\0'; /* a relative link is read from the folder that holds it */
    if (target[0] == '/')
        walk->resolved[0] = '\0';
    return SAFE_OK;
}

/* Cuts the next name off what is left; false where there is none, or one that is too long. */
static bool next_name(struct left *left, char name[NAME_MAX + 1], bool *too_long)
{
    left->at += strspn(left->text + left->at, "/");
    size_t length = strcspn(left->text + left->at, "/");
    *too_long = length > NAME_MAX;
    if (length == 0 || *too_long)
        return false;
    memcpy(name, left->text + left->at, length);
    name[length] = '\0';
    left->at += length;
    return true;
}

/* Takes one step of the walk. What was found there is in *st. */
static enum safe_result step(struct safe_file *walk, const char *name, uid_t euid, struct stat *st,
                             struct complaint *why)
{
    if (!S_ISDIR(st->st_mode))
        return lookup_failed(ENOTDIR, walk, why);
    enum safe_result result = judge_folder(st, euid, walk, why);
    if (result != SAFE_OK || strcmp(name, ".") == 0)
        return result;
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(walk->resolved, '/');
        if (slash != NULL)
            *slash = '\0';
        return look(walk, euid, st, why);
    }
    size_t used = strlen(walk->resolved);
    if (used + 1 + strlen(name) + 1 > sizeof walk->resolved)
        return lookup_failed(ENAMETOOLONG, walk, why);
    walk->resolved[used] = '/';
    memcpy(walk->resolved + used + 1, name, strlen(name) + 1);
    return look(walk, euid, st, why);
}

static enum safe_result judge_link(const struct stat *st, uid_t euid, struct safe_file *walk,
                                   struct complaint *why)
{
    if (owner_is_trusted(st->st_uid, euid))
        return SAFE_OK;
    complain(why, "", "reached by a symbolic link of user %u, who could change it",
             (unsigned)st->st_uid);
    walk->unsafe = true;
    remedy_link(why, note_offender(walk), euid);
    return SAFE_REFUSED;
}

static enum safe_result walk_path(const char *path, uid_t euid, struct safe_file *walk,
                                  struct left *left, struct stat *found, struct complaint *why)
{
    char name[NAME_MAX + 1];
    bool too_long = false;
    walk->resolved[0] = '\0';
    walk->offender[0] = '\0';
    if (path[0] != '/') {
        complain(why, "write it in full, from / on", "not an absolute path");
        return SAFE_REFUSED;
    }
    if (strlen(path) >= sizeof left->text)
        return lookup_failed(ENAMETOOLONG, walk, why);
    memcpy(left->text, path, strlen(path) + 1);
    left->at = 0;
    if (lstat("/", found) != 0)
        return lookup_failed(errno, walk, why);

    for (int links = 0; next_name(left, name, &too_long);) {
        enum safe_result result = step(walk, name, euid, found, why);
        if (result == SAFE_OK && S_ISLNK(found->st_mode)) {
            if (++links > MAX_LINKS)
                return lookup_failed(ELOOP, walk, why);
            result = judge_link(found, euid, walk, why);
            if (result == SAFE_OK)
                result = follow(walk, left, why);
            if (result == SAFE_OK)
                result = look(walk, euid, found, why);
        }
        if (result != SAFE_OK)
            return result;
    }
    return too_long ? lookup_failed(ENAMETOOLONG, walk, why) : SAFE_OK;
}

enum safe_result safe_path_walk(const char *path, uid_t euid, struct safe_file *walk,
                                struct stat *found, struct complaint *why)
{
    struct stat status;
    auto_free struct left *left = malloc(sizeof *left);
    if (left == NULL)
        return SAFE_NO_MEMORY;
    enum safe_result result = walk_path(path, euid, walk, left, found, why);
    /*
     * A folder is judged for what is in it. Where there is no such file nothing is wrong with its
     * folder, and a program must not fail over a configuration that nobody wrote (in a user
     * namespace all of /etc belongs to nobody).
     */
    if (result == SAFE_REFUSED && path[0] == '/' && stat(path, &status) != 0 &&
        (errno == ENOENT || errno == ENOTDIR))
        return lookup_failed(ENOENT, walk, why);
    return result;
}

/* Looks at each part of the path but the last. */
static bool has_stranger(const char *path, uid_t euid, char theirs[PATH_MAX], uid_t *owner)
{
    struct stat st;
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(theirs, path, (size_t)(slash - path));
        theirs[slash - path] = '\0';
        if (lstat(theirs, &st) != 0)
            return false;
        *owner = st.st_uid;
        if (!owner_is_trusted(st.st_uid, euid))
            return true;
    }
    return false;
}

/* In a folder where others may put things, what is in it is whose it is. */
static bool is_strangers_file(const char *path, uid_t euid, char theirs[PATH_MAX], uid_t *owner)
{
    struct stat st, folder;
    if (lstat(path, &st) != 0 || owner_is_trusted(st.st_uid, euid))
        return false;
    *owner = st.st_uid;
    size_t length = (size_t)(strrchr(path, '/') - path);
    memcpy(theirs, path, length);
    theirs[length] = '\0';
    return stat(length > 0 ? theirs : "/", &folder) == 0 && (folder.st_mode & 022) != 0;
}

bool safe_path_is_theirs(const char *path, uid_t euid, char theirs[PATH_MAX], uid_t *owner)
{
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return false;
    if (has_stranger(path, euid, theirs, owner) || is_strangers_file(path, euid, theirs, owner))
        return true;
    auto_free char *real =
        malloc(PATH_MAX); /* not the C library's memory: src/module/stand_ins.c */
    return real != NULL && realpath(path, real) != NULL && has_stranger(real, euid, theirs, owner);
}
