#include "policy/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

bool embedded_is_interpreter(const char *file)
{
    static const char *const names[] = {"libpython", "libperl",    "libruby", "libphp",
                                        "libnode",   "liblua",     "libtcl",  "libR.so",
                                        "libguile",  "libjli",     "libjvm",  "libjulia",
                                        "libmozjs",  "libcoreclr", "libmono", "libmruby"};
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

bool embedded_in_this_process(bool *want)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    auto_free char *line = NULL;
    size_t size = 0;
    bool found = maps == NULL;
    *want = maps == NULL;
    while (!found && getline(&line, &size, maps) > 0) {
        const char *path = strchr(line, '/');
        found = path != NULL && embedded_is_interpreter(path);
    }
    if (maps != NULL)
        fclose(maps);
    return found;
}
