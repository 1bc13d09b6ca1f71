#include "../support/mmap_fails.h"

#include <errno.h>
#include <sys/mman.h>

volatile bool mmap_fails;
volatile unsigned mmap_calls;

/* The names are ld(1)'s, --wrap. */
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    __atomic_fetch_add(&mmap_calls, 1, __ATOMIC_RELAXED);
    if (mmap_fails) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return __real_mmap(address, size, protection, flags, fd, offset);
}
