/*
 * slab.h - objects of one size from anonymous mappings.
 *
 * The host's malloc is left alone: it may be counted, traced or replaced, and must not see us.
 *
 * Ownership: a slab never unmaps; what is put back is taken again, so the peak bounds it.
 * Threads:   the caller holds the lock of what the slab belongs to.
 * Errors:    NULL. errno is kept.
 */
#ifndef COMMISSIONED_SLAB_H
#define COMMISSIONED_SLAB_H

#include <stddef.h>

struct slab {
    void *free;   /* each free object begins with the pointer to the next */
    char *unused; /* the rest of the newest mapping: [unused, limit) */
    char *limit;
};

/* `size` bytes, zeroed, aligned to 8; the same size at every call on one slab. */
void *slab_take(struct slab *slab, size_t size);

void slab_put(struct slab *slab, void *object);

/* A zeroed mapping of `size` bytes, or NULL; and back. errno is kept. */
void *slab_map(size_t size);
void slab_unmap(void *memory, size_t size);

#endif
