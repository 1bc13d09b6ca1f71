#include "policy/asker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/match_path.h"

/* The names by which the library would know it: in full, without links, and without them in its
 * folder. */
static void take_named(struct asked_file *file, const char *path, struct arena *arena)
{
    char *real = arena_alloc(arena, PATH_MAX);
    struct stat st;
    file->names[0] = path;
    if (real == NULL)
        return;
    if (stat(path, &st) == 0) {
        file->has_id = true;
        file->dev = st.st_dev;
        file->ino = st.st_ino;
    }
    if (realpath(path, real) != NULL)
        file->names[1] = arena_strdup(arena, real);
    if (path[0] == '/' && match_path_in_folder(path, real))
        file->names[2] = arena_strdup(arena, real);
}

static void take_called(struct asked_file *program, const char *called, struct arena *arena)
{
    char *real = arena_alloc(arena, PATH_MAX);
    program->names[1] = called;
    program->names[2] = NULL;
    if (real != NULL && called[0] == '/' && match_path_in_folder(called, real))
        program->names[2] = arena_strdup(arena, real);
}

bool asker_take(struct asker *asker, const struct policy_request *request, struct arena *arena,
                bool names_scripts)
{
    *asker = (struct asker){0};
    if (request->self)
        return process_read(asker, request->interpreter, names_scripts);
    asker->program.unknown = request->program == NULL;
    asker->script.unknown = request->script_unknown || request->program == NULL;
    if (request->program != NULL)
        take_named(&asker->program, request->program, arena);
    if (request->program != NULL && request->called != NULL)
        take_called(&asker->program, request->called, arena);
    if (request->script != NULL && !asker->script.unknown)
        take_named(&asker->script, request->script, arena);
    return true;
}
