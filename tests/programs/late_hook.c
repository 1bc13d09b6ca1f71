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

/* Since it is in libc itself, and before that: x86-64, i386, aarch64. */
static void find_real(void)
{
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.0", "GLIBC_2.17"};
    for (unsigned i = 0; real == NULL && i < sizeof versions / sizeof versions[0]; i++)
        real = (dlsym_function *)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
}

JUMPS void *hooked(void *handle, const char *name)
{
    if (real == NULL)
        find_real();
    JUMP real(handle, name);
}
