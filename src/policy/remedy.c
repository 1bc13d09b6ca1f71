#include "policy/remedy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CREDENTIALS "/run/credentials"

enum {
    FIRST_PERSON = 1000, /* users below are services: login.defs(5), UID_MIN */
    GROUP_USERS = 100,   /* of everybody, on Debian and elsewhere */
    NOBODY = 65534,
    DYNAMIC_FIRST = 61184, /* of DynamicUser=: another service's, the next time; systemd.exec(5) */
    DYNAMIC_LAST = 65519,
    MANY_GROUPS = 256,
    MAGIC_EXFAT = 0x2011bab0,
    MAGIC_NTFS3 = 0x7366746e,
    MAGIC_CIFS = 0xff534d42,
    MAGIC_SMB2 = 0xfe534d42,
};

static void advise(struct complaint *why, const char *target, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void advise(struct complaint *why, const char *target, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->remedy, sizeof why->remedy, format, args);
    va_end(args);
    why->target = target;
}

/* ---- where this is --------------------------------------------------------------------------- */

static bool is_read_only(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

/* File systems on which chmod(2) answers 0 and changes nothing, or is refused. */
static bool has_no_modes(const char *path)
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

/* Kubernetes writes a volume's files into ..TIME, which the link ..data leads to. */
static bool is_projected(const char *path)
{
    return strstr(path, "/..") != NULL;
}

static bool in_kubernetes(const char *path)
{
    return is_projected(path) || secure_getenv("KUBERNETES_SERVICE_HOST") != NULL;
}

/* ---- who asks -------------------------------------------------------------------------------- */

static gid_t group_of(uid_t euid)
{
    return euid == geteuid() ? getegid() : (gid_t)euid;
}

static bool in_group(uid_t euid, gid_t gid)
{
    gid_t groups[MANY_GROUPS];
    int count = euid == geteuid() ? getgroups(MANY_GROUPS, groups) : 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == gid)
            return true;
    return group_of(euid) == gid;
}

/* A group that may read a key: the user's own, or a service's; not one that all are in. */
static bool group_is_narrow(uid_t euid)
{
    gid_t gid = group_of(euid);
    if (gid == 0 || gid == GROUP_USERS || gid == NOBODY)
        return false;
    return gid == (gid_t)euid || gid < FIRST_PERSON;
}

static const char *safe_place(uid_t euid)
{
    return euid < FIRST_PERSON ? "/etc/commissioned-auth" : "~/.config/commissioned-auth";
}

static const char *as_root(uid_t owner, uid_t euid)
{
    return euid == 0 || owner == euid ? "" : "as root, ";
}

/* ---- remedies -------------------------------------------------------------------------------- */

/* What is mounted is changed where it is mounted from. True where that is the remedy. */
static bool advise_mounted(struct complaint *why, const char *path, uid_t euid)
{
    unsigned user = (unsigned)euid;
    unsigned group = group_of(euid) != 0 ? (unsigned)group_of(euid) : user;
    if (is_projected(path) || (is_read_only(path) && in_kubernetes(path))) {
        if (euid == 0)
            advise(why, NULL, "set defaultMode: 0440 on the volume");
        else
            advise(why, NULL,
                   "set defaultMode: 0440 on the volume and fsGroup: %u in the pod's "
                   "securityContext",
                   group);
        return true;
    }
    if (is_read_only(path)) {
        advise(why, NULL,
               "give it mode 0400 and owner %u where it is mounted from (Docker: mode and uid of "
               "the secret; Kubernetes: defaultMode: 0440 and fsGroup: %u)",
               user, group);
        return true;
    }
    if (!has_no_modes(path))
        return false;
    advise(why, NULL, "this file system has no modes: keep it on another, such as in %s",
           safe_place(euid));
    return true;
}

/* A user to whom no file can be given, for who has his number tomorrow? */
static bool advise_passing_user(struct complaint *why, uid_t euid)
{
    if (euid == NOBODY)
        advise(why, NULL,
               "run it as a user of its own: what user %u may read, every service may that runs "
               "as nobody",
               (unsigned)euid);
    else if (euid >= DYNAMIC_FIRST && euid <= DYNAMIC_LAST)
        advise(why, NULL,
               "user %u is the unit's for now (DynamicUser=): name the key with credential = "
               "\"...\", and add LoadCredential= to the unit",
               (unsigned)euid);
    else
        return false;
    return true;
}

/* Makes a key readable to the asking user and to nobody else; its owner is root, or he. */
static void advise_private(struct complaint *why, const char *path, const struct stat *st,
                           uid_t euid)
{
    bool shared = st->st_uid == 0 && st->st_gid != 0 && (st->st_mode & 0040) != 0;
    if (st->st_uid != euid && advise_passing_user(why, euid))
        return;
    if (st->st_uid == euid)
        advise(why, path, shared ? "chmod 640" : "chmod 600");
    else if (st->st_gid != 0 && in_group(euid, st->st_gid) && st->st_gid != GROUP_USERS)
        advise(why, path, "as root, chmod 640");
    else if (group_is_narrow(euid))
        advise(why, path, "as root, chgrp %u {} && chmod 640 {}", (unsigned)group_of(euid));
    else
        advise(why, path, "as root, chown %u {} && chmod 600 {}", (unsigned)euid);
}

void remedy_exposed(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    if (!advise_mounted(why, path, euid))
        advise_private(why, path, st, euid);
}

void remedy_writable(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    if (!advise_mounted(why, path, euid))
        advise(why, path, "%schmod go-w", as_root(st->st_uid, euid));
}

static bool all_users_are_mapped(void)
{
    unsigned long inside = 1, outside = 1, count = 0;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool all = map == NULL || (fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
                               inside == 0 && count == UINT32_MAX);
    if (map != NULL)
        fclose(map);
    return all;
}

/* In /tmp and its like, whoever owns a file wrote it: it must not be made one's own. */
static bool is_anybody_s(const char *path)
{
    static char folder[PATH_MAX]; /* the stack may be a short one */
    struct stat st;
    const char *slash = strrchr(path, '/');
    snprintf(folder, PATH_MAX, "%.*s/", (int)(slash - path), path);
    return stat(folder, &st) == 0 && (st.st_mode & 0002) != 0;
}

void remedy_foreign(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    if (st->st_uid == NOBODY && !all_users_are_mapped())
        advise(why, NULL, "its owner is not mapped into this user namespace: give it one that is");
    else if (is_read_only(path))
        advise_mounted(why, path, euid);
    else if (is_anybody_s(path))
        advise(why, NULL, "write one anew where root or user %u alone can write, such as in %s",
               (unsigned)euid, safe_place(euid));
    else if (!advise_passing_user(why, euid))
        advise(why, path, euid == 0 ? "chown root" : "as root, chown %u", (unsigned)euid);
}

void remedy_folder(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    bool owned = st->st_uid == 0 || st->st_uid == euid;
    if (owned && secure_getenv("KUBERNETES_SERVICE_HOST") != NULL)
        advise(why, NULL, "mount the key from a secret volume, whose folder is root's");
    else if (!owned || is_read_only(path) || has_no_modes(path))
        advise(why, NULL, "keep the file where root or user %u alone can write, such as in %s",
               (unsigned)euid, safe_place(euid));
    else
        advise(why, path, "%schmod go-w", as_root(st->st_uid, euid));
}

void remedy_link(struct complaint *why, const char *path, uid_t euid)
{
    if (euid == 0)
        advise(why, path, "chown -h root");
    else
        advise(why, NULL, "name the file that it leads to");
}

/* 1 to 3 of rwx, for the class that the user is in. */
static bool modes_allow(const struct stat *st, uid_t euid, mode_t wanted)
{
    int shift = st->st_uid == euid ? 6 : in_group(euid, st->st_gid) ? 3 : 0;
    return euid == 0 || ((st->st_mode >> shift) & wanted) == wanted;
}

void remedy_unreadable(struct complaint *why, const char *path, const struct stat *st, uid_t euid,
                       bool secret)
{
    if (modes_allow(st, euid, 4))
        advise(why, NULL,
               "its mode allows it, and AppArmor, SELinux or the network file system does not: "
               "see the audit log");
    else if (advise_mounted(why, path, euid))
        return;
    else if (secret)
        advise_private(why, path, st, euid);
    else if (st->st_uid == euid)
        advise(why, path, "chmod 600");
    else
        advise(why, path, "as root, chmod 644 {}, unless a key is written in it");
}

void remedy_closed_folder(struct complaint *why, const char *path, uid_t euid)
{
    struct stat st;
    if (stat(path, &st) != 0 || modes_allow(&st, euid, 1))
        advise(why, NULL,
               "AppArmor, SELinux or the network file system forbids it: see the audit log");
    else if (st.st_uid == euid)
        advise(why, path, "chmod u+x");
    else if (strncmp(path, CREDENTIALS, sizeof CREDENTIALS - 1) == 0)
        advise(why, NULL,
               "systemd opens it to the unit's User= alone: store the key with file = \"...\", "
               "mode 640 and group %u",
               (unsigned)group_of(euid));
    else if (st.st_uid != 0 || is_read_only(path) || strcmp(path, "/root") == 0)
        advise(why, NULL, "keep the file where user %u may look, such as in %s", (unsigned)euid,
               safe_place(euid));
    else
        advise(why, path, "as root, chmod o+x");
}

/* ---- what is not there ----------------------------------------------------------------------- */

/* A name that `key add` takes, in a folder that it is given. */
static bool is_key_name(const char *name)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= 32 && strspn(name, bytes) == length &&
           strchr("._-", name[0]) == NULL;
}

static bool may_store(const char *folder, uid_t euid)
{
    return euid == 0 || (euid == geteuid() && faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0);
}

void remedy_no_key(struct complaint *why, const char *path, uid_t euid)
{
    static char folder[PATH_MAX];
    const char *name = strrchr(path, '/') + 1;
    snprintf(folder, PATH_MAX, "%.*s", (int)(name - path), path);
    if (strncmp(path, "/run/secrets/", 13) == 0 || strncmp(path, "/var/run/secrets/", 17) == 0 ||
        is_read_only(folder)) {
        advise(why, NULL, "mount the key there, or name where it is");
        return;
    }
    if (advise_passing_user(why, euid))
        return;
    bool own = may_store(folder, euid) || strstr(path, "/.config/") != NULL;
    char group[32] = "";
    if (!own && group_is_narrow(euid))
        snprintf(group, sizeof group, "--group %u ", (unsigned)group_of(euid));
    if (!is_key_name(name) || (!own && group[0] == '\0')) {
        advise(why, NULL, "store the key there, readable to user %u alone", (unsigned)euid);
        return;
    }
    size_t length = strlen(folder);
    if (length > 1)
        folder[length - 1] = '\0';
    bool usual = euid == 0 && strcmp(folder, "/etc/commissioned-auth/keys.d") == 0;
    if (usual || strlen(folder) > sizeof why->remedy / 2)
        advise(why, NULL, "%scommissioned-auth key add %s%s", own ? "" : "as root, ", group, name);
    else
        advise(why, NULL, "%scommissioned-auth key add %s--dir %s %s", own ? "" : "as root, ",
               group, folder, name);
}

/* "0::/system.slice/php8.2-fpm.service" names the unit; cgroups(7). */
static bool unit_name(char *name, size_t room)
{
    char line[512];
    bool found = false;
    FILE *groups = fopen("/proc/self/cgroup", "re");
    while (groups != NULL && !found && fgets(line, sizeof line, groups) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *end = strstr(line, ".service");
        if (end == NULL)
            continue;
        end[strlen(".service")] = '\0';
        const char *slash = strrchr(line, '/');
        found = slash != NULL && snprintf(name, room, "%s", slash + 1) < (int)room;
    }
    if (groups != NULL)
        fclose(groups);
    return found;
}

void remedy_no_credentials(struct complaint *why, uid_t euid)
{
    char unit[96], folder[sizeof CREDENTIALS + sizeof unit];
    struct stat st;
    if (!unit_name(unit, sizeof unit)) {
        advise(why, NULL,
               "it is known in the unit alone: start it by systemd, with "
               "LoadCredential= in the unit");
        return;
    }
    snprintf(folder, sizeof folder, CREDENTIALS "/%s", unit);
    if (stat(folder, &st) != 0)
        advise(why, NULL, "add LoadCredential= to %s", unit);
    else if (faccessat(AT_FDCWD, folder, R_OK | X_OK, AT_EACCESS) == 0)
        advise(why, NULL,
               "the environment was cleared: pass CREDENTIALS_DIRECTORY=%s on (php-fpm: env[])",
               folder);
    else
        advise(why, NULL,
               "%s has credentials that user %u may not read: store the key with file = \"...\", "
               "mode 640 and group %u",
               unit, (unsigned)euid, (unsigned)group_of(euid));
}
