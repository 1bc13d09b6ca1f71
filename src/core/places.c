#include "core/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/passing.h"

void places_of_user(struct places *places, const char *xdg, const char *home)
{
    bool by_xdg = xdg != NULL && xdg[0] == '/';
    const char *base = by_xdg ? xdg : home;
    places->user_folder = NULL;
    places->user_file = NULL;
    if (base == NULL || base[0] != '/')
        return;
    int length =
        snprintf(places->folder, PATH_MAX, "%s%s/" PLACES_FOLDER, base, by_xdg ? "" : "/.config");
    if (length < 0 || length >= PATH_MAX)
        return;
    length = snprintf(places->file, PATH_MAX, "%s/" PLACES_FILE, places->folder);
    if (length < 0 || length >= PATH_MAX)
        return;
    places->user_folder = places->folder;
    places->user_file = places->file;
}

void places_find(struct places *places)
{
    places->env_file = secure_getenv("COMMISSIONED_AUTH_CONFIG");
    if (places->env_file != NULL && places->env_file[0] == '\0')
        places->env_file = NULL;
    places_of_user(places, secure_getenv("XDG_CONFIG_HOME"), secure_getenv("HOME"));
}

/* What cannot be known now may be there. */
static bool exists(const char *path)
{
    struct stat status;
    return path != NULL && (stat(path, &status) == 0 || error_is_passing(errno));
}

/* So is what is closed to this process, and may deny it the key, or leads in a circle. */
static bool may_be_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* conf.d alone is a policy too. */
bool places_anything_there(const struct places *places)
{
    return places->env_file != NULL || exists(places->user_file) ||
           may_be_there(PLACES_SYSTEM_FILE) || may_be_there(PLACES_DROP_INS "/.");
}
