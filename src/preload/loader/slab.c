#include "preload/loader/slab.h"

#include <string.h>
#include <sys/mman.h>

#include "core/cleanup.h"

enum { CHUNK = 4096, ALIGNMENT = 8 }; /* bytes */

void *slab_map(size_t size)
{
    auto_errno int saved = errno;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void slab_unmap(void *memory, size_t size)
{
    auto_errno int saved = errno;
    munmap(memory, size);
}

void *slab_take(struct slab *slab, size_t size)
{
    void *object = slab->free;
    if (object != NULL) {
        memcpy(&slab->free, object, sizeof slab->free);
        memset(object, 0, size);
        return object;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if ((size_t)(slab->limit - slab->unused) < size) {
        size_t chunk = size > CHUNK / 4 ? 4 * CHUNK : CHUNK;
        char *memory = slab_map(chunk);
        if (memory == NULL)
            return NULL;
        slab->unused = memory;
        slab->limit = memory + chunk;
    }
    object = slab->unused;
    slab->unused += size;
    return object;
}

void slab_put(struct slab *slab, void *object)
{
    memcpy(object, &slab->free, sizeof slab->free);
    slab->free = object;
}
