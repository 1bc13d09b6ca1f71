#include "module/heap.h"

#include <limits.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks have sizes that are powers of two: what grows moves seldom, what is
 * free is found at once. */
struct block {
    struct block *next_free;
    unsigned order; /* it has 2^order bytes, with this head */
    alignas(max_align_t) unsigned char data[];
};

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;    /* both with this head */
    size_t touched; /* the most that was ever used: behind it all is zero */
    alignas(max_align_t) unsigned char data[];
};

enum { FIRST_CHUNK = 512 * 1024, MIN_ORDER = 6, ORDERS = 48 };

static struct {
    struct chunk *chunks;
    struct block *free[ORDERS];
    size_t live; /* blocks */
} heap;

static unsigned order_of(size_t size)
{
    size_t need = size + sizeof(struct block);
    unsigned order = MIN_ORDER;
    while (order < ORDERS && (size_t)1 << order < need)
        order++;
    return order;
}

/* Pages that nobody touches cost nothing, so a chunk may be larger than what is wanted now. */
static struct chunk *add_chunk(size_t need)
{
    size_t size = heap.chunks != NULL ? 2 * heap.chunks->size : FIRST_CHUNK;
    while (size < need + sizeof(struct chunk))
        size *= 2;
    struct chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        return NULL;
    chunk->next = heap.chunks;
    chunk->size = size;
    chunk->used = chunk->touched = sizeof *chunk;
    heap.chunks = chunk;
    return chunk;
}

/* *fresh: nobody had it before, so it is zeroed. */
static struct block *cut(unsigned order, bool *fresh)
{
    struct chunk *chunk = heap.chunks;
    size_t size = (size_t)1 << order;
    if (chunk == NULL || chunk->size - chunk->used < size)
        chunk = add_chunk(size);
    if (chunk == NULL)
        return NULL;
    struct block *block = (struct block *)(void *)((unsigned char *)chunk + chunk->used);
    *fresh = chunk->used >= chunk->touched;
    chunk->used += size;
    if (chunk->touched < chunk->used)
        chunk->touched = chunk->used;
    block->order = order;
    return block;
}

static void *take(size_t size, bool *fresh)
{
    unsigned order = size < SIZE_MAX / 4 ? order_of(size) : ORDERS;
    if (order >= ORDERS || order >= sizeof(size_t) * CHAR_BIT - 2)
        return NULL;
    struct block *block = heap.free[order];
    *fresh = false;
    if (block != NULL)
        heap.free[order] = block->next_free;
    else
        block = cut(order, fresh);
    heap.live += block != NULL;
    return block != NULL ? block->data : NULL;
}

static struct block *block_of(void *data)
{
    return (struct block *)(void *)((unsigned char *)data - offsetof(struct block, data));
}

void *heap_take(size_t size)
{
    bool fresh;
    return take(size, &fresh);
}

void *heap_take_zeroed(size_t size)
{
    bool fresh;
    void *data = take(size, &fresh);
    if (data != NULL && !fresh)
        memset(data, 0, size);
    return data;
}

void *heap_resize(void *data, size_t size)
{
    size_t has = data != NULL ? ((size_t)1 << block_of(data)->order) - sizeof(struct block) : 0;
    if (data != NULL && size <= has)
        return data;
    void *larger = heap_take(size);
    if (larger != NULL && data != NULL) {
        memcpy(larger, data, has);
        heap_give(data);
    }
    return larger;
}

static void give_all_back(void)
{
    while (heap.chunks != NULL) {
        struct chunk *chunk = heap.chunks;
        heap.chunks = chunk->next;
        munmap(chunk, chunk->size);
    }
    memset(heap.free, 0, sizeof heap.free);
}

/* What was cut last is room again for blocks of any size. */
static bool uncut(const struct block *block)
{
    struct chunk *chunk = heap.chunks;
    size_t size = (size_t)1 << block->order;
    if ((const unsigned char *)block + size != (const unsigned char *)chunk + chunk->used)
        return false;
    chunk->used -= size;
    return true;
}

void heap_give(void *data)
{
    if (data == NULL)
        return;
    struct block *block = block_of(data);
    if (!uncut(block)) {
        block->next_free = heap.free[block->order];
        heap.free[block->order] = block;
    }
    if (--heap.live == 0)
        give_all_back();
}
