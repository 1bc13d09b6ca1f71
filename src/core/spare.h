/*
 * spare.h - memory for one line: mapped, and where none can be mapped, static.
 *
 * Not on the stack, which may be a short one, and not from the program's heap. The static memory is
 * for one at a time: another that comes meanwhile gets none.
 *
 * Ownership: who took it gives it back, with the same size.
 * Threads:   any. Errors: NULL.
 */
#ifndef COMMISSIONED_SPARE_H
#define COMMISSIONED_SPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

/* `spare` has the size and is static, `taken` is its own: atomic. No struct with a pointer, which
 * would be a relocation at the start of every process. */
static inline void *spare_take(bool *taken, void *spare, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        return memory;
    return __atomic_exchange_n(taken, true, __ATOMIC_ACQUIRE) ? NULL : spare;
}

static inline void spare_give(bool *taken, void *spare, void *memory, size_t size)
{
    if (memory == spare)
        __atomic_store_n(taken, false, __ATOMIC_RELEASE);
    else
        munmap(memory, size);
}

#endif
