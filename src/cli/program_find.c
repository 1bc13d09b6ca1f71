#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/program.h"

/* 0 where the file can be executed, else an errno value. */
static int cannot_execute(const char *file)
{
    struct stat st;
    if (stat(file, &st) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    /* By the effective ids, as execve(2) judges. Root needs one x bit, and access(2) knows that. */
    return faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static int failure(int error)
{
    errno = error;
    return error == ENOENT || error == ENOTDIR ? CLI_RUN_NOT_FOUND : CLI_RUN_NOT_EXECUTABLE;
}

static bool join(char found[PATH_MAX], const char *folder, size_t length, const char *name)
{
    int written = length ? snprintf(found, PATH_MAX, "%.*s/%s", (int)length, folder, name)
                         : snprintf(found, PATH_MAX, "./%s", name);
    return written > 0 && written < PATH_MAX;
}

static int search(const char *name, const char *path, char found[PATH_MAX])
{
    int seen = ENOENT;
    for (;;) {
        size_t length = strcspn(path, ":");
        if (join(found, path, length, name)) {
            int error = cannot_execute(found);
            if (error == 0)
                return 0;
            /* A file that is there and may not be run is the better answer than "not found"; a
             * folder of PATH that may not be searched is no answer. */
            if (error == EACCES && access(found, F_OK) == 0)
                seen = EACCES;
        }
        if (path[length] == '\0')
            return failure(seen);
        path += length + 1;
    }
}

int program_find(const char *name, const char *path, char found[PATH_MAX])
{
    char standard[256];
    if (name[0] == '\0')
        return failure(ENOENT);
    if (strchr(name, '/') != NULL) {
        int error = cannot_execute(name);
        if (error == 0 && snprintf(found, PATH_MAX, "%s", name) >= PATH_MAX)
            error = ENAMETOOLONG;
        return error ? failure(error) : 0;
    }
    if (path == NULL) {
        confstr(_CS_PATH, standard, sizeof standard);
        path = standard;
    }
    return search(name, path, found);
}
