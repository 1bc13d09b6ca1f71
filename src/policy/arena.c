#include "policy/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "core/secret.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

enum { FIRST_CHUNK = 32 * 1024, MAX_CHUNK = 1024 * 1024 }; /* with its head */

/* Mapped, not malloc-ed: keys stay out of core dumps, and the heap is as it was before. */
static struct arena_chunk *add_chunk(struct arena *arena, size_t need)
{
    size_t size =
        arena->chunks != NULL ? 2 * (arena->chunks->size + sizeof *arena->chunks) : FIRST_CHUNK;
    if (size > MAX_CHUNK)
        size = MAX_CHUNK;
    if (size < need + sizeof(struct arena_chunk))
        size = need + sizeof(struct arena_chunk);
    struct arena_chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        return NULL;
    madvise(chunk, size, MADV_DONTDUMP);
    chunk->size = size - sizeof *chunk;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct arena_chunk *chunk = arena->chunks;
    if (arena->failed || size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = (size + align - 1) & ~(align - 1);
    if (chunk == NULL || chunk->size - chunk->used < size)
        chunk = add_chunk(arena, size);
    if (chunk == NULL) {
        arena->failed = true;
        return NULL;
    }
    void *data = chunk->data + chunk->used;
    chunk->used += size;
    return data;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

static char *concat(struct arena *arena, const char *text, const char *between, const char *more)
{
    size_t length = strlen(text), middle = strlen(between);
    char *all = arena_alloc(arena, length + middle + strlen(more) + 1);
    if (all == NULL)
        return NULL;
    memcpy(all, text, length);
    memcpy(all + length, between, middle);
    strcpy(all + length + middle, more);
    return all;
}

char *arena_concat(struct arena *arena, const char *text, const char *more)
{
    return concat(arena, text, "", more);
}

char *arena_join(struct arena *arena, const char *dir, const char *name)
{
    return concat(arena, dir, "/", name);
}

void arena_free(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        size_t size = sizeof *chunk + chunk->size;
        secret_wipe(chunk, sizeof *chunk + chunk->used);
        munmap(chunk, size);
    }
    arena->failed = false;
}
