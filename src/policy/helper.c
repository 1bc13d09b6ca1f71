#include "policy/helper.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

/* Source: git(1), gitremote-helpers(7); R's own start scripts; apt-transport-https(1). */
static const struct {
    const char *name;
    const char *helper;
} helpers[] = {
    {"git", "/usr/lib/git-core/git-remote-https"},
    {"git", "/usr/libexec/git-core/git-remote-https"},
    {"git", "/usr/local/libexec/git-core/git-remote-https"},
    {"R", "/usr/lib/R/bin/exec/R"},
    {"R", "/usr/lib64/R/bin/exec/R"},
    {"Rscript", "/usr/lib/R/bin/exec/R"},
    {"Rscript", "/usr/lib64/R/bin/exec/R"},
    {"apt", "/usr/lib/apt/methods/https"},
    {"apt-get", "/usr/lib/apt/methods/https"},
};

const char *helper_of(const char *path)
{
    const char *name = text_base_name(path);
    for (size_t i = 0; i < sizeof helpers / sizeof helpers[0]; i++)
        if (strcmp(helpers[i].name, name) == 0 && strcmp(helpers[i].helper, path) != 0 &&
            access(helpers[i].helper, F_OK) == 0)
            return helpers[i].helper;
    return NULL;
}
