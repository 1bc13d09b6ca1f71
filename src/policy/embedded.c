#include "policy/embedded.h"

#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"
#include "policy/kernel_file.h"

bool embedded_is_interpreter(const char *file)
{
    static const char *const names[] = {"libpython", "libperl",    "libruby", "libphp",
                                        "libnode",   "liblua",     "libtcl",  "libR.so",
                                        "libguile",  "libjli",     "libjvm",  "libjulia",
                                        "libmozjs",  "libcoreclr", "libmono", "libmruby"};
    const char *name = text_base_name(file);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* What does not fit is not known. */
enum { MAX_MAPS = 16 * 1024 * 1024 };

bool embedded_in_this_process(bool *want)
{
    size_t length = 0;
    auto_free char *maps = kernel_file("/proc/self/maps", MAX_MAPS, &length);
    char *rest = maps;
    bool found = maps == NULL || length == MAX_MAPS;
    *want = maps == NULL;
    for (char *line; !found && rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        const char *path = strchr(line, '/');
        found = path != NULL && embedded_is_interpreter(path);
    }
    return found;
}
