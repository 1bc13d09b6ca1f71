#include "policy/remedy.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/places.h"
#include "policy/kernel_file.h"
#include "policy/remedy_parts.h"

/* A pod may run as the user whose the file is, but for root and nobody. */
static bool can_be_run_as(const struct stat *st, uid_t euid)
{
    return st->st_uid != 0 && st->st_uid != euid && st->st_uid != NOBODY;
}

static void advise_pod(struct complaint *why, const struct stat *st, uid_t euid)
{
    unsigned group = remedy_group(euid) != 0 ? (unsigned)remedy_group(euid) : (unsigned)euid;
    if (can_be_run_as(st, euid))
        remedy_say(why, NULL,
                   "set runAsUser: %u in the pod's securityContext, or mount the key from a secret "
                   "volume with defaultMode: 0440 and fsGroup: %u",
                   (unsigned)st->st_uid, group);
    else if (euid == 0)
        remedy_say(why, NULL, "set defaultMode: 0440 on the volume");
    else
        remedy_say(why, NULL,
                   "set defaultMode: 0440 on the volume and fsGroup: %u in the pod's "
                   "securityContext",
                   group);
}

/* What is mounted is changed where it is mounted from. True where that is the remedy. */
static bool advise_mounted(struct complaint *why, const char *path, const struct stat *st,
                           uid_t euid)
{
    unsigned user = (unsigned)euid;
    unsigned group = remedy_group(euid) != 0 ? (unsigned)remedy_group(euid) : user;
    if (remedy_projected(path) || (remedy_read_only(path) && remedy_in_kubernetes(path))) {
        advise_pod(why, st, euid);
        return true;
    }
    if (remedy_read_only(path)) {
        remedy_say(why, NULL,
                   "give it mode 0400 and owner %u where it is mounted from (Docker: mode and uid "
                   "of the secret; Kubernetes: defaultMode: 0440 and fsGroup: %u)",
                   user, group);
        return true;
    }
    if (!remedy_no_modes(path))
        return false;
    remedy_say(why, NULL, "this file system has no modes: keep it on another, such as in %s",
               remedy_place(euid));
    return true;
}

/* Makes a key readable to the asking user and to nobody else; its owner is root, or he. */
static void advise_private(struct complaint *why, const char *path, const struct stat *st,
                           uid_t euid)
{
    bool shared = st->st_uid == 0 && st->st_gid != 0 && (st->st_mode & 0040) != 0;
    if (st->st_uid != euid && remedy_passing_user(why, euid))
        return;
    if (st->st_uid != euid &&
        remedy_in_kubernetes(path)) /* nobody is root in a pod, to change it */
        remedy_say(why, NULL,
                   "mount the key from a secret volume with defaultMode: 0440, and set fsGroup: %u "
                   "in the pod's securityContext",
                   (unsigned)(remedy_group(euid) != 0 ? remedy_group(euid) : euid));
    else if (st->st_uid == euid)
        remedy_say(why, path, shared ? "chmod 640" : "chmod 600");
    else if (st->st_gid != 0 && remedy_in_group(euid, st->st_gid) && st->st_gid != GROUP_USERS)
        remedy_say(why, path, "as root, chmod 640");
    else if (remedy_group_is_narrow(euid))
        remedy_say(why, path, "as root, chgrp %u {} && chmod 640 {}", (unsigned)remedy_group(euid));
    else
        remedy_say(why, path, "as root, chown %u {} && chmod 600 {}", (unsigned)euid);
}

void remedy_exposed(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    if (!advise_mounted(why, path, st, euid))
        advise_private(why, path, st, euid);
}

void remedy_writable(struct complaint *why, const char *path, const struct stat *st, uid_t euid)
{
    if (!advise_mounted(why, path, st, euid))
        remedy_say(why, path, "%schmod go-w", remedy_as_root(st->st_uid, euid));
}

static bool all_users_are_mapped(void)
{
    auto_free char *map = kernel_file("/proc/self/uid_map", 256, NULL);
    char *end;
    if (map == NULL)
        return true;
    unsigned long inside = strtoul(map, &end, 10);
    strtoul(end, &end, 10); /* outside */
    return end != map && inside == 0 && strtoul(end, &end, 10) == UINT32_MAX;
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
        remedy_say(why, NULL,
                   "its owner is not mapped into this user namespace: give it one that is");
    else if (remedy_read_only(path))
        advise_mounted(why, path, st, euid);
    else if (remedy_in_kubernetes(path) && can_be_run_as(st, euid))
        advise_pod(why, st, euid);
    else if (is_anybody_s(path))
        remedy_say(why, NULL, "write one anew where root or user %u alone can write, such as in %s",
                   (unsigned)euid, remedy_place(euid));
    else if (!remedy_passing_user(why, euid))
        remedy_say(why, path, euid == 0 ? "chown root" : "as root, chown %u", (unsigned)euid);
}

/* 1 to 3 of rwx, for the class that the user is in. */
static bool modes_allow(const struct stat *st, uid_t euid, mode_t wanted)
{
    int shift = st->st_uid == euid ? 6 : remedy_in_group(euid, st->st_gid) ? 3 : 0;
    return euid == 0 || ((st->st_mode >> shift) & wanted) == wanted;
}

/* Whether he could copy the file himself, for his own folder. */
static bool can_copy(const struct remedy_walk *walk, uid_t euid)
{
    return strcmp(remedy_place(euid), PLACES_SYSTEM_FOLDER) != 0 && euid == geteuid() &&
           faccessat(AT_FDCWD, walk->asked, R_OK, AT_EACCESS) == 0;
}

/* `lead` says where the file has to be; the command puts a copy there, and the policy names it. */
static void advise_copy(struct complaint *why, const struct remedy_walk *walk, uid_t euid,
                        const char *lead)
{
    bool own = can_copy(walk, euid);
    const char *place = own ? remedy_place(euid) : PLACES_SYSTEM_FOLDER;
    char mode[32] = "-m 644";
    if (own || (walk->secret && euid == 0))
        strcpy(mode, "-m 600");
    else if (walk->secret && remedy_group_is_narrow(euid))
        snprintf(mode, sizeof mode, "-m 640 -g %u", (unsigned)remedy_group(euid));
    else if (walk->secret)
        snprintf(mode, sizeof mode, "-m 600 -o %u", (unsigned)euid);
    remedy_say(why, walk->asked, "%s: %sinstall -D %s {} -t %s%s, and name it there", lead,
               own || euid == 0 ? "" : "as root, ", mode, place, walk->secret ? "/keys.d" : "");
}

static void advise_elsewhere(struct complaint *why, const struct remedy_walk *walk, uid_t euid,
                             const char *lead)
{
    if (walk->asked == NULL)
        remedy_say(why, NULL, "%s, such as in %s", lead, remedy_place(euid));
    else if (!walk->secret || !remedy_passing_user(why, euid))
        advise_copy(why, walk, euid, lead);
}

void remedy_folder(struct complaint *why, const struct remedy_walk *walk, const struct stat *st,
                   uid_t euid)
{
    bool owned = st->st_uid == 0 || st->st_uid == euid;
    const char *path = walk->folder;
    char lead[64];
    snprintf(lead, sizeof lead, "keep it where root or user %u alone can write", (unsigned)euid);
    if (owned && secure_getenv("KUBERNETES_SERVICE_HOST") != NULL)
        remedy_say(why, NULL, "mount the key from a secret volume, whose folder is root's");
    else if (!owned && remedy_is_system_folder(path) && !remedy_read_only(path))
        remedy_say(why, path, "%schown root", remedy_as_root(0, euid));
    else if (!owned || remedy_read_only(path) || remedy_no_modes(path))
        advise_elsewhere(why, walk, euid, lead);
    else
        remedy_say(why, path, "%schmod go-w", remedy_as_root(st->st_uid, euid));
}

void remedy_link(struct complaint *why, const char *path, uid_t euid)
{
    if (euid == 0)
        remedy_say(why, path, "chown -h root");
    else
        remedy_say(why, NULL, "name the file that it leads to");
}

void remedy_unreadable(struct complaint *why, const char *path, const struct stat *st, uid_t euid,
                       bool secret)
{
    if (modes_allow(st, euid, 4))
        remedy_say(why, NULL,
                   "its mode allows it, and AppArmor, SELinux or the network file system does not: "
                   "see the audit log");
    else if (advise_mounted(why, path, st, euid))
        return;
    else if (secret)
        advise_private(why, path, st, euid);
    else if (st->st_uid == euid)
        remedy_say(why, path, "chmod 600");
    else
        remedy_say(why, path, "as root, chmod 644 {} once no key is written in it");
}

void remedy_closed_folder(struct complaint *why, const struct remedy_walk *walk, uid_t euid)
{
    struct stat st;
    const char *path = walk->folder;
    char lead[48];
    snprintf(lead, sizeof lead, "keep it where user %u may look", (unsigned)euid);
    if (stat(path, &st) != 0 || modes_allow(&st, euid, 1))
        remedy_say(why, NULL,
                   "AppArmor, SELinux or the network file system forbids it: see the audit log");
    else if (st.st_uid == euid)
        remedy_say(why, path, "chmod u+x");
    else if (strncmp(path, CREDENTIALS, sizeof CREDENTIALS - 1) == 0)
        remedy_say(why, NULL,
                   "systemd opens it to the unit's User= alone: store the key with file = \"...\", "
                   "mode 640 and group %u",
                   (unsigned)remedy_group(euid));
    else if (st.st_uid != 0 || remedy_read_only(path) || strcmp(path, "/root") == 0)
        advise_elsewhere(why, walk, euid, lead);
    else
        remedy_say(why, path, "as root, chmod o+x");
}

void remedy_unlisted(struct complaint *why, const char *path, uid_t euid)
{
    struct stat st;
    if (stat(path, &st) != 0 || modes_allow(&st, euid, 4))
        remedy_say(why, NULL,
                   "AppArmor, SELinux or the network file system forbids it: see the audit log");
    else if (!advise_mounted(why, path, &st, euid))
        remedy_say(why, path, "%schmod 755", remedy_as_root(st.st_uid, euid));
}
