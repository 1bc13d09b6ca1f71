#include "cli/work_tree.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool work_tree_of(char folder[PATH_MAX])
{
    char git[PATH_MAX + sizeof "/.git"];
    struct stat st;
    for (;;) {
        snprintf(git, sizeof git, "%s/.git", folder);
        if (lstat(git, &st) == 0)
            return true;
        if (folder[0] == '\0')
            return false;
        *strrchr(folder, '/') = '\0';
    }
}
