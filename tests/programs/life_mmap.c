/* life_mmap.c - a preload behind the library: the mapping number LIFE_FAIL fails, and where that is
 * LIFE_ON, all after it. The C library itself does not come through here. The library finds the
 * C library's functions beside dlsym, so that is here too. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next_dlsym.h"

static long calls;

__attribute__((visibility("default"))) void *mmap(void *address, size_t length, int protection,
                                                  int flags, int fd, off_t offset)
{
    const char *which = getenv("LIFE_FAIL");
    long number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    long fails = which != NULL ? strtol(which, NULL, 10) : 0;
    if (number == fails || (number > fails && fails > 0 && getenv("LIFE_ON") != NULL)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

__attribute__((visibility("default"))) void *hooked(void *handle,
                                                    const char *name) __asm__("dlsym");

void *hooked(void *handle, const char *name)
{
    static dlsym_function *real;
    if (real == NULL)
        real = next_dlsym();
    return real(handle, name);
}

/* So that the test knows when there is no call of that number. */
__attribute__((destructor)) static void tell(void)
{
    const char *which = getenv("LIFE_FAIL");
    if (which != NULL && calls < strtol(which, NULL, 10))
        _exit(77);
}
