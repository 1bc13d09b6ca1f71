#include "preload/loader/loaded.h"

#include <stddef.h>

#include "preload/loader/libc_kind.h"

struct loaded_known loaded_known[MAX_LOADED_KNOWN];

bool loaded_libcurl_seen;

/* From the first libcurl on: what was known before may need it. */
static void assume_libcurl(void)
{
    if (__atomic_exchange_n(&loaded_libcurl_seen, true, __ATOMIC_RELAXED))
        return;
    for (unsigned i = 0; i < MAX_LOADED_KNOWN; i++)
        __atomic_store_n(&loaded_known[i].map, NULL, __ATOMIC_RELAXED);
}

const void *loaded_libcurl_in(const struct link_map *map)
{
    const struct elf_gnu_hash *table = elf_gnu_hash(map->l_addr, map->l_ld);
    if (!elf_may_define(table, ELF_HASH_CURL_EASY_INIT) || map->l_ld == _DYNAMIC) /* this library */
        return NULL;
    return elf_find_in(map->l_addr, map->l_ld, "curl_easy_init", ELF_HASH_CURL_EASY_INIT);
}

/* Named after the kernel, not by a path; with musl it has no name, and nothing is before the
 * program. getauxval(3) sets errno where there is none. */
static bool is_the_kernels(const struct link_map *map)
{
    static const char prefix[] = "linux-";
    unsigned i = 0;
    if (map->l_prev != NULL && map->l_name != NULL && map->l_name[0] == '\0')
        return true;
    while (map->l_name != NULL && prefix[i] != '\0' && map->l_name[i] == prefix[i])
        i++;
    return prefix[i] == '\0';
}

bool loaded_look_at_slow(const struct link_map *map, const struct elf_gnu_hash *table)
{
    /* The loader's small filter lets most names through. Without a table it cannot be told. */
    bool may_be = table != NULL ? !elf_is_loader(map) && loaded_libcurl_in(map) != NULL
                                : !is_the_kernels(map);
    if (may_be)
        assume_libcurl();
    return may_be;
}

/*
 * Of the loader's list, which grows at its end: an object that was there at the start, and so
 * stays; the last one that was looked at; and a sum over the places of those between them, for they
 * may be unloaded and others, or the same, come anew. The last two are one thread's at a time: see
 * needs.c.
 */
static const struct link_map *first; /* atomic */
static const struct link_map *last;
static uintptr_t last_sum;

void loaded_begin_behind(const struct link_map *map)
{
    __atomic_store_n(&first, map, __ATOMIC_RELAXED);
}

static inline uintptr_t add(uintptr_t sum, const struct link_map *map)
{
    return sum + (uintptr_t)map * (uintptr_t)map->l_ld;
}

bool loaded_look_at_list(void)
{
    const struct link_map *begin = __atomic_load_n(&first, __ATOMIC_RELAXED), *map = begin;
    const struct link_map *end = last != NULL ? last : begin;
    uintptr_t sum = 0;
    if (begin == NULL)
        return true; /* another thread is about to set it: until then, who knows */
    while (map != end && (map = map->l_next) != NULL)
        sum = add(sum, map);
    if (map == NULL || sum != last_sum) {
        map = begin;
        sum = 0;
    }
    for (; map->l_next != NULL; sum = add(sum, map)) {
        map = map->l_next;
        if (loaded_look_at(map, elf_gnu_hash(map->l_addr, map->l_ld)))
            return true;
    }
    last = map;
    last_sum = sum;
    return false;
}

const void *loaded_libcurl_behind(void)
{
    const struct link_map *last_to_stay = __atomic_load_n(&first, __ATOMIC_RELAXED);
    const struct link_map *map = elf_loaded();
    const void *init = NULL;
    while (map != NULL && map->l_ld != _DYNAMIC)
        map = map->l_next;
    while (last_to_stay != NULL && init == NULL && map != NULL && map != last_to_stay) {
        map = map->l_next;
        init = map != NULL ? loaded_libcurl_in(map) : NULL;
    }
    return init;
}
