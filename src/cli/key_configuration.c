/* The configuration that goes with a stored key: written where there is none, else only worded. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/cleanup.h"
#include "cli/key.h"
#include "cli/key_store.h"

#define SYSTEM_FILE "/etc/commissioned-auth/commissioned-auth.conf"
#define FILE_NAME   "commissioned-auth.conf"

/* The configuration in force, in the order in which the library looks for
 * it; false: there is none. */
static bool in_force(const struct key_store *store, char file[PATH_MAX])
{
    const char *named = getenv("COMMISSIONED_AUTH_CONFIG");
    if (named != NULL && *named) {
        snprintf(file, PATH_MAX, "%s", named);
        return true;
    }
    if (!store->given &&
        snprintf(file, PATH_MAX, "%.*s/" FILE_NAME, (int)(strrchr(store->path, '/') - store->path),
                 store->path) < PATH_MAX &&
        access(file, F_OK) == 0)
        return true;
    snprintf(file, PATH_MAX, SYSTEM_FILE);
    return access(file, F_OK) == 0;
}

static int write_first(const struct key_store *store, const char *name)
{
    struct atomic_owner owner = {0600, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    char folder[PATH_MAX], text[2 * PATH_MAX];
    auto_close int fd = -1;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(store->path, '/') - store->path),
             store->path);
    snprintf(text, sizeof text, "key_file = \"%s/%s\";\n", store->path, name);
    fd = atomic_open_locked(folder);
    if (fd < 0 || atomic_replace(fd, FILE_NAME, text, strlen(text), &owner) != 0)
        return cli_fail(CLI_FAILED, "%s/" FILE_NAME " was not written: %m", folder);
    printf("wrote %s/" FILE_NAME ", which gives it to every program of yours\n"
           "that asks https://app.commissioned.tech. Try it:\n\n"
           "    " CLI_NAME " run -- curl https://app.commissioned.tech/v1/models\n",
           folder);
    return CLI_OK;
}

int key_tell_configuration(const struct key_store *store, const char *name)
{
    char file[PATH_MAX];
    bool quotable = strpbrk(store->path, "\"\\") == NULL;
    if (!in_force(store, file) && !store->given && quotable)
        return write_first(store, name);
    printf("To use it, add to the keys of %s:\n\n"
           "    { name = \"%s\"; file = \"%s/%s\"; }\n",
           access(file, F_OK) == 0 ? file : "your configuration", name, store->path, name);
    return CLI_OK;
}
