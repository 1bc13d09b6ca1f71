#include "policy/strmap.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct strmap_slot {
    const char *name; /* NULL: empty */
    uint32_t number;
};

static uint32_t hash(const char *name)
{
    uint32_t value = 2166136261u; /* FNV-1a */
    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 16777619u;
    return value;
}

/* The slot that holds `name`, or the empty one where it belongs. */
static struct strmap_slot *find(const struct strmap *map, const char *name)
{
    uint32_t at = hash(name) & (map->nslots - 1);
    while (map->slots[at].name != NULL && strcmp(map->slots[at].name, name) != 0)
        at = (at + 1) & (map->nslots - 1);
    return &map->slots[at];
}

uint32_t strmap_get(const struct strmap *map, const char *name)
{
    if (map->nslots == 0)
        return UINT32_MAX;
    const struct strmap_slot *slot = find(map, name);
    return slot->name != NULL ? slot->number : UINT32_MAX;
}

static bool grow(struct strmap *map)
{
    struct strmap bigger = {.nslots = map->nslots > 0 ? map->nslots * 2 : 64, .count = map->count};
    bigger.slots = calloc(bigger.nslots, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return false;
    for (uint32_t i = 0; i < map->nslots; i++)
        if (map->slots[i].name != NULL)
            *find(&bigger, map->slots[i].name) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return true;
}

bool strmap_put(struct strmap *map, const char *name, uint32_t number)
{
    if (map->count * 2 >= map->nslots && !grow(map))
        return false;
    *find(map, name) = (struct strmap_slot){name, number};
    map->count++;
    return true;
}

void strmap_free(struct strmap *map)
{
    free(map->slots);
    *map = (struct strmap){0};
}
