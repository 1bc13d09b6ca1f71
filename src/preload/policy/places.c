#include "preload/policy/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void places_find(struct places *places)
{
    const char *base = secure_getenv("XDG_CONFIG_HOME");
    const char *between = "/";
    if (base == NULL ||
        base[0] != '/') { /* the XDG Base Directory rules: relative is to be ignored */
        base = secure_getenv("HOME");
        between = "/.config/";
    }
    places->env_file = secure_getenv("COMMISSIONED_AUTH_CONFIG");
    if (places->env_file != NULL && places->env_file[0] == '\0')
        places->env_file = NULL;
    places->user_file = NULL;
    if (base == NULL || base[0] != '/')
        return;
    int length = snprintf(places->user_path, PATH_SIZE, "%s%s%s", base, between, USER_FILE);
    if (length > 0 && length < PATH_SIZE)
        places->user_file = places->user_path;
}

static bool exists(const char *path)
{
    struct stat status;
    return path != NULL && stat(path, &status) == 0;
}

bool places_anything_there(const struct places *places)
{
    return places->env_file != NULL || exists(places->user_file) || exists(SYSTEM_FILE);
}
