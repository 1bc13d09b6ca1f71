#include "cli/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool usable(const char *folder, const char *below, char path[PATH_MAX])
{
    char joined[PATH_MAX];
    int length = snprintf(joined, sizeof joined, "%s%s/" LIBRARY_NAME, folder, below);
    return length < PATH_MAX && realpath(joined, path) != NULL && access(path, R_OK) == 0;
}

bool library_find(char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        *strrchr(self, '/') = '\0';
        if (usable(self, "", path))
            return true;
    }
    if (usable(LIBDIR, "", path) || usable(MODULEDIR, "", path))
        return true;
    return length > 0 && usable(self, "/../lib", path);
}

bool library_preloadable(const char *path)
{
    return strpbrk(path, " :$") == NULL;
}

static bool same_file(const char *entry, size_t length, const char *library)
{
    char name[PATH_MAX];
    struct stat a, b;
    if (length >= sizeof name)
        return false;
    memcpy(name, entry, length);
    name[length] = '\0';
    if (strcmp(name, library) == 0)
        return true;
    /* A name without a slash is searched by the loader, which drops it if it is the same object. */
    return strchr(name, '/') != NULL && stat(name, &a) == 0 && stat(library, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

char *library_preload_list(const char *library, const char *existing)
{
    size_t room = strlen(library) + (existing != NULL ? strlen(existing) : 0) + 2;
    char *list = malloc(room);
    char *end;
    if (list == NULL)
        return NULL;
    end = stpcpy(list, library);
    for (const char *entry = existing; entry != NULL && *entry;) {
        size_t length = strcspn(entry, " :");
        if (length && !same_file(entry, length, library)) {
            *end++ = ':';
            end = mempcpy(end, entry, length);
        }
        entry += length;
        entry += strspn(entry, " :");
    }
    *end = '\0';
    return list;
}
