/*
 * strmap.h - from a string to a number, for names.
 *
 * Ownership: the strings stay the caller's and must outlive the map.
 * Errors:    false where memory ran out.
 * Threads:   one map, one thread at a time.
 */
#ifndef COMMISSIONED_STRMAP_H
#define COMMISSIONED_STRMAP_H

#include <stdbool.h>
#include <stdint.h>

struct strmap {
    struct strmap_slot *slots;
    uint32_t nslots; /* a power of two, or 0 */
    uint32_t count;
};

/* The number put for `name`, or UINT32_MAX. */
uint32_t strmap_get(const struct strmap *map, const char *name);

/* Puts `number` for a name that is not in the map yet. */
bool strmap_put(struct strmap *map, const char *name, uint32_t number);

void strmap_free(struct strmap *map);

#endif
