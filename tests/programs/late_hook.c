/* late_hook.c - another preload that hooks dlsym, as tracers do: it passes every call on. */
#include <dlfcn.h>
#include <stddef.h>

typedef void *dlsym_function(void *handle, const char *name);

static dlsym_function *real;

void *hooked(void *handle, const char *name) __asm__("dlsym");

__attribute__((visibility("default"), optimize("O2", "optimize-sibling-calls"))) void *
hooked(void *handle, const char *name)
{
    if (real == NULL)
        real = (dlsym_function *)dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    return real(handle, name);
}
