/*
 * own_malloc.c - a preloaded allocator that ends the process where it is given what it did not give
 * itself. The C library's own is never called.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

enum { ALIGNMENT = 16 };
static const uint64_t mark = UINT64_C(0x6f776e206d616c6c);

/* In front of each block; 16 bytes. */
struct header {
    uint64_t mark;
    size_t size;
};

static _Alignas(ALIGNMENT) char pool[64 << 20];
static size_t used;

static void *allocate(size_t alignment, size_t size)
{
    size_t whole = size + sizeof(struct header) + alignment;
    size_t at = __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED);
    if (whole < size || whole > sizeof pool || at > sizeof pool - whole)
        return NULL;
    uintptr_t start = (uintptr_t)pool + at + sizeof(struct header) + alignment - 1;
    struct header *block = (struct header *)(start / alignment * alignment);
    block[-1] = (struct header){mark, size};
    return block;
}

EXPORTED void *malloc(size_t size)
{
    return allocate(ALIGNMENT, size);
}

/* Whoever has malloc of one allocator has these of it too: OpenSSL 3.4 and later asks for some. */
EXPORTED void *memalign(size_t alignment, size_t size)
{
    return allocate(alignment < ALIGNMENT ? ALIGNMENT : alignment, size);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORTED int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = memalign(alignment, size);
    return *block != NULL ? 0 : ENOMEM;
}

static struct header *header_of(void *block)
{
    struct header *header = (struct header *)block - 1;
    if ((char *)block < pool || (char *)block >= pool + sizeof pool || header->mark != mark) {
        static const char text[] = "own_malloc: that is none of mine\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            _exit(4);
        _exit(3);
    }
    return header;
}

/* Nothing is used again: what is freed twice is seen. */
EXPORTED void free(void *block)
{
    if (block != NULL)
        header_of(block)->mark = 0;
}

EXPORTED void *calloc(size_t count, size_t size)
{
    size_t whole;
    return __builtin_mul_overflow(count, size, &whole) ? NULL : malloc(whole); /* zeros already */
}

EXPORTED void *realloc(void *block, size_t size)
{
    void *fresh = malloc(size);
    if (block == NULL || fresh == NULL)
        return fresh;
    size_t old = header_of(block)->size;
    memcpy(fresh, block, old < size ? old : size);
    free(block);
    return fresh;
}
