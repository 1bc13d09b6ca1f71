#include "preload/loader/host_error.h"

#include <dlfcn.h>
#include <stddef.h>

#include "core/cleanup.h"
#include "preload/loader/late_libc.h"

/* The calling thread's pointer; NULL where it is not known. */
static void **place(void)
{
    ptrdiff_t distance = late.error_distance;
    return distance != 0 ? (void **)(void *)((char *)__errno_location() + distance) : NULL;
}

struct host_error host_error_keep(void)
{
    struct host_error error = {NULL};
    void **pointer = place();
    if (pointer != NULL) {
        error.kept = *pointer;
        *pointer = NULL;
    }
    return error;
}

/* An error of ours: told once, it is freed when it is asked for again. One that a later success
 * overtook is an empty husk, which only another error fills. */
static void forget(void **pointer)
{
    dlerror();
    dlerror();
    if (*pointer == NULL)
        return;
    dlsym(RTLD_NEXT, "");
    dlerror();
    dlerror();
}

void host_error_restore(const struct host_error *error)
{
    auto_errno int saved = errno;
    void **pointer = place();
    if (pointer == NULL) {
        dlerror();
        return;
    }
    if (*pointer != NULL)
        forget(pointer);
    *pointer = error->kept;
}
