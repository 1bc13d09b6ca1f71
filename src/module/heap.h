/*
 * heap.h - the policy module's own memory: the host program's malloc is left alone.
 *
 * The module shares the C library with the host, whose malloc may be counted, traced or another's.
 * So what src/policy and libconfig allocate comes from mappings of the module's own, and once
 * nothing is left of a call all of them are given back.
 *
 * Threads: one at a time: the preloaded library makes one image at a time (LOCK_BUILD).
 * Errors:  NULL.
 */
#ifndef COMMISSIONED_MODULE_HEAP_H
#define COMMISSIONED_MODULE_HEAP_H

#include <stddef.h>

/* `size` bytes, aligned for any type. */
void *heap_take(size_t size);

/* The same, zeroed. */
void *heap_take_zeroed(size_t size);

/* At least `size` bytes with what the block held; NULL leaves it as it was. A NULL block is new. */
void *heap_resize(void *block, size_t size);

/*
 * NULL is nothing. What was taken last is room for others again: as long as anything else is live,
 * who takes a large block and gives it back has that much without another mapping.
 */
void heap_give(void *block);

#endif
