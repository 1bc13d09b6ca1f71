#include "policy/remedy_policy.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy/remedy_parts.h"

/* Not on the stack, which may be a short one. */
static const char *folder_of(const char *path)
{
    static char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, PATH_MAX, "%.*s/", (int)(slash - path), path);
    return folder;
}

static bool is_root_s_folder(const char *path)
{
    struct stat st;
    return stat(folder_of(path), &st) == 0 && st.st_uid == 0 && (st.st_mode & 022) == 0;
}

bool remedy_foreign_policy(struct complaint *why, const char *path, const struct stat *st,
                           uid_t euid)
{
    if (st->st_uid == NOBODY || !is_root_s_folder(path) || remedy_read_only(path) ||
        remedy_projected(path))
        return false;
    remedy_say(why, path, euid == 0 ? "chown root" : "as root, chown root");
    return true;
}

void remedy_no_dotenv(struct complaint *why, const char *path, const char *variable, uid_t euid)
{
    bool may_write = faccessat(AT_FDCWD, folder_of(path), W_OK, AT_EACCESS) == 0;
    if (euid == geteuid() && may_write)
        remedy_say(why, NULL, "write it with a line %.64s=KEY, and mode 600", variable);
    else
        remedy_say(why, NULL, "let root store it with a line %.64s=KEY, owner %u and mode 600",
                   variable, (unsigned)euid);
}

void remedy_der(struct complaint *why, const char *path)
{
    bool may_write = faccessat(AT_FDCWD, folder_of(path), W_OK, AT_EACCESS) == 0;
    if (remedy_read_only(path))
        remedy_say(why, path, "mount in its place what this writes: openssl x509 -inform DER -in");
    else
        remedy_say(why, path, "%sopenssl x509 -inform DER -in {} -out {}.pem, and name that one",
                   may_write ? "" : "as root, ");
}
