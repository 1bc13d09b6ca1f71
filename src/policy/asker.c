#include "policy/asker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void take_named(struct asked_file *file, const char *path, struct arena *arena)
{
    char real[PATH_MAX];
    struct stat st;
    file->names[0] = path;
    if (stat(path, &st) == 0) {
        file->has_id = true;
        file->dev = st.st_dev;
        file->ino = st.st_ino;
    }
    if (realpath(path, real) != NULL && strcmp(real, path) != 0)
        file->names[1] = arena_strdup(arena, real);
}

void asker_take(struct asker *asker, const struct policy_request *request, struct arena *arena)
{
    *asker = (struct asker){0};
    if (request->self) {
        process_read(asker, request->interpreter);
        return;
    }
    asker->program.unknown = request->program == NULL;
    asker->script.unknown = request->script_unknown || request->program == NULL;
    if (request->program != NULL)
        take_named(&asker->program, request->program, arena);
    if (request->program != NULL)
        asker->program.names[2] = request->called;
    if (request->script != NULL && !asker->script.unknown)
        take_named(&asker->script, request->script, arena);
}
