/* late_hook.c - another preload that hooks dlsym, as tracers do: it passes every call on. */
#include <dlfcn.h>
#include <stddef.h>

#if defined(__has_attribute) && __has_attribute(musttail)
#define JUMP __attribute__((musttail)) return
#define JUMPS
#else
#define JUMP  return
#define JUMPS __attribute__((optimize("O2", "optimize-sibling-calls")))
#endif

typedef void *dlsym_function(void *handle, const char *name);

static dlsym_function *real;

__attribute__((visibility("default"))) void *hooked(void *handle,
                                                    const char *name) __asm__("dlsym");

JUMPS void *hooked(void *handle, const char *name)
{
    if (real == NULL)
        real = (dlsym_function *)dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    JUMP real(handle, name);
}
