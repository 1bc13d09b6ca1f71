#include "policy/remedy_parts.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/places.h"

enum {
    FIRST_PERSON = 1000,   /* users below are services: login.defs(5), UID_MIN */
    DYNAMIC_FIRST = 61184, /* of DynamicUser=: another service's, the next time; systemd.exec(5) */
    DYNAMIC_LAST = 65519,
    MANY_GROUPS = 256,
    MAGIC_EXFAT = 0x2011bab0,
    MAGIC_NTFS3 = 0x7366746e,
    MAGIC_CIFS = 0xff534d42,
    MAGIC_SMB2 = 0xfe534d42,
};

void remedy_say(struct complaint *why, const char *target, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->remedy, sizeof why->remedy, format, args);
    va_end(args);
    why->target = target;
}

/* ---- where this is --------------------------------------------------------------------------- */

bool remedy_read_only(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

bool remedy_no_modes(const char *path)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return false;
    switch ((unsigned)fs.f_type) {
    case MSDOS_SUPER_MAGIC:
    case V9FS_MAGIC:
    case (unsigned)MAGIC_EXFAT:
    case (unsigned)MAGIC_NTFS3:
    case (unsigned)MAGIC_CIFS:
    case (unsigned)MAGIC_SMB2:
        return true;
    default:
        return false;
    }
}

bool remedy_projected(const char *path)
{
    return strstr(path, "/..") != NULL;
}

bool remedy_in_kubernetes(const char *path)
{
    return remedy_projected(path) || secure_getenv("KUBERNETES_SERVICE_HOST") != NULL;
}

/* ---- who asks -------------------------------------------------------------------------------- */

gid_t remedy_group(uid_t euid)
{
    return euid == geteuid() ? getegid() : (gid_t)euid;
}

bool remedy_in_group(uid_t euid, gid_t gid)
{
    gid_t groups[MANY_GROUPS];
    int count = euid == geteuid() ? getgroups(MANY_GROUPS, groups) : 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == gid)
            return true;
    return remedy_group(euid) == gid;
}

bool remedy_group_is_narrow(uid_t euid)
{
    gid_t gid = remedy_group(euid);
    if (gid == 0 || gid == GROUP_USERS || gid == NOBODY)
        return false;
    return gid == (gid_t)euid || gid < FIRST_PERSON;
}

const char *remedy_place(uid_t euid)
{
    return euid < FIRST_PERSON ? PLACES_SYSTEM_FOLDER : "~/.config/commissioned-auth";
}

const char *remedy_as_root(uid_t owner, uid_t euid)
{
    return euid == 0 || owner == euid ? "" : "as root, ";
}

bool remedy_is_system_folder(const char *path)
{
    size_t length = sizeof PLACES_SYSTEM_FOLDER - 1;
    return strcmp(path, "/") == 0 || strcmp(path, "/etc") == 0 ||
           (strncmp(path, PLACES_SYSTEM_FOLDER, length) == 0 &&
            (path[length] == '\0' || path[length] == '/'));
}

bool remedy_passing_user(struct complaint *why, uid_t euid)
{
    if (euid == NOBODY && remedy_in_kubernetes(""))
        remedy_say(why, NULL,
                   "set runAsUser: to a number of its own in the pod's securityContext: what user "
                   "%u may read, every service may that runs as nobody",
                   (unsigned)euid);
    else if (euid == NOBODY)
        remedy_say(
            why, NULL,
            "run it as a user of its own: what user %u may read, every service may that runs "
            "as nobody",
            (unsigned)euid);
    else if (euid >= DYNAMIC_FIRST && euid <= DYNAMIC_LAST)
        remedy_say(why, NULL,
                   "user %u is the unit's for now (DynamicUser=): name the key with credential = "
                   "\"...\", and add LoadCredential= to the unit",
                   (unsigned)euid);
    else
        return false;
    return true;
}

void remedy_of_the_moment(struct complaint *why, const char *what, int error)
{
    static const struct {
        int error;
        const char *reason, *remedy;
    } reasons[] = {
        {EMFILE, "all descriptors are in use", "raise the limit or close some"},
        {ENFILE, "all descriptors are in use", "raise the limit or close some"},
        {ENOMEM, "memory ran out", "raise the limit or free some"},
        {EIO, "the disk answers with an error", "see whether the disk is well"},
        {ESTALE, "its file server does not know it", "mount it anew"},
        {ETIMEDOUT, "its file server does not answer", "see whether that is well"},
    };
    const char *reason = "it was interrupted", *remedy = "wait a second";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].error == error) {
            reason = reasons[i].reason;
            remedy = reasons[i].remedy;
        }
    complain(why, "", "cannot be %s now, for %s", what, reason);
    snprintf(why->remedy, sizeof why->remedy, "%s (it is tried again)", remedy);
}
