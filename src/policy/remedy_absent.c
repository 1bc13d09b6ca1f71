/*
 * Where no key is: what is wanted is not there.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/places.h"
#include "policy/kernel_file.h"
#include "policy/remedy.h"
#include "policy/remedy_parts.h"
#include "policy/safe_file.h"

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

static bool is_mounted(const char *path, const char *folder)
{
    return strncmp(path, "/run/secrets/", 13) == 0 || strncmp(path, "/var/run/secrets/", 17) == 0 ||
           remedy_read_only(folder);
}

/*
 * Whether `key add`, run by `keeper`, would refuse the folder; then the remedy is what comes first.
 * `adding` is the command for the usual folder.
 */
static bool advise_refused_folder(struct complaint *why, const char *folder, uid_t keeper,
                                  const char *adding)
{
    static struct safe_file walk; /* the stack may be a short one */
    struct complaint unused;
    struct stat st;
    const char *as_root = remedy_as_root(keeper, geteuid());
    if (safe_folder_judge(folder, keeper, &walk, &unused) != SAFE_REFUSED || !walk.unsafe ||
        lstat(walk.offender, &st) != 0)
        return false;
    if (st.st_uid == 0 || st.st_uid == keeper)
        remedy_say(why, walk.offender, "%schmod go-w", as_root);
    else if (remedy_is_system_folder(walk.offender))
        remedy_say(why, walk.offender, "%schown root", as_root);
    else
        remedy_say(why, NULL, "%s, and name what it stores", adding);
    return true;
}

void remedy_no_key(struct complaint *why, const char *path, uid_t euid)
{
    static char folder[PATH_MAX];
    char adding[128], group[32] = "";
    const char *name = strrchr(path, '/') + 1;
    snprintf(folder, PATH_MAX, "%.*s", (int)(name - path), path);
    if (is_mounted(path, folder)) {
        remedy_say(why, NULL, "mount the key there, or name where it is");
        return;
    }
    if (remedy_passing_user(why, euid))
        return;
    bool own = may_store(folder, euid) || strstr(path, "/.config/") != NULL;
    if (!own && remedy_group_is_narrow(euid))
        snprintf(group, sizeof group, "--group %u ", (unsigned)remedy_group(euid));
    if (!is_key_name(name) || (!own && group[0] == '\0')) {
        remedy_say(why, NULL, "store the key there, readable to user %u alone", (unsigned)euid);
        return;
    }
    size_t length = strlen(folder);
    if (length > 1)
        folder[length - 1] = '\0';
    bool usual = euid == 0 && strcmp(folder, PLACES_SYSTEM_FOLDER "/keys.d") == 0;
    snprintf(adding, sizeof adding, "%scommissioned-auth key add %s", own ? "" : "as root, ",
             group);
    char usually[sizeof adding + 32];
    snprintf(usually, sizeof usually, "%s%s", adding, name);
    if (advise_refused_folder(why, folder, own ? euid : 0, usually))
        return;
    if (usual)
        remedy_say(why, NULL, "%s", usually);
    else
        remedy_say(why, folder, "%s--dir {} %s", adding, name);
}

/* "0::/system.slice/php8.2-fpm.service" names the unit; cgroups(7). */
static bool unit_name(char *name, size_t room)
{
    enum { MAX_GROUPS = 16 * 1024 };
    bool found = false;
    auto_free char *groups = kernel_file("/proc/self/cgroup", MAX_GROUPS, NULL);
    char *rest = groups;
    for (char *line; !found && rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        char *end = strstr(line, ".service");
        if (end == NULL)
            continue;
        end[strlen(".service")] = '\0';
        const char *slash = strrchr(line, '/');
        found = slash != NULL && snprintf(name, room, "%s", slash + 1) < (int)room;
    }
    return found;
}

void remedy_no_credentials(struct complaint *why, uid_t euid)
{
    char unit[96], folder[sizeof CREDENTIALS + sizeof unit];
    struct stat st;
    if (!unit_name(unit, sizeof unit)) {
        remedy_say(why, NULL,
                   "it is known in the unit alone: start it by systemd, with "
                   "LoadCredential= in the unit");
        return;
    }
    snprintf(folder, sizeof folder, CREDENTIALS "/%s", unit);
    if (stat(folder, &st) != 0)
        remedy_say(why, NULL, "add LoadCredential= to %s", unit);
    else if (faccessat(AT_FDCWD, folder, R_OK | X_OK, AT_EACCESS) == 0)
        remedy_say(why, NULL,
                   "the environment was cleared: pass CREDENTIALS_DIRECTORY=%s on (php-fpm: env[])",
                   folder);
    else
        remedy_say(
            why, NULL,
            "%s has credentials that user %u may not read: store the key with file = \"...\", "
            "mode 640 and group %u",
            unit, (unsigned)euid, (unsigned)remedy_group(euid));
}
