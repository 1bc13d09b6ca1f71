/* late_hook.c - another preload that hooks dlsym, as tracers do: it passes every call on. */
#include "next_dlsym.h"

#if defined(__has_attribute) && __has_attribute(musttail)
#define JUMP __attribute__((musttail)) return
#define JUMPS
#else
#define JUMP  return
#define JUMPS __attribute__((optimize("O2", "optimize-sibling-calls")))
#endif

static dlsym_function *real;

__attribute__((visibility("default"))) void *hooked(void *handle,
                                                    const char *name) __asm__("dlsym");

JUMPS void *hooked(void *handle, const char *name)
{
    if (real == NULL)
        real = next_dlsym();
    JUMP real(handle, name);
}
