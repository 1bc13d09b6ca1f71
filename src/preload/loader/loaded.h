/*
 * loaded.h - whether one of the loaded objects is a libcurl.
 *
 * Most processes that ask dlsym have no libcurl, so what this costs them is late binding's cost: of
 * each object that comes the filter of its hash table is read. Only a process that has a libcurl,
 * or a second thread before it has used one, pays for reading what each object needs.
 *
 * Source:  glibc appends what it loads to the end of its list.
 * Threads: any.
 * Errors:  none. Needs no late_libc_bind.
 */
#ifndef COMMISSIONED_LOADED_H
#define COMMISSIONED_LOADED_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/loader/elf_find.h"

/* Objects that dlsym was asked about and that have nothing to do with libcurl. Of two that share a
 * place one is looked at again. Each half is atomic; one half of another object's is no match. */
struct loaded_known {
    const struct link_map *map;
    const ElfW(Dyn) * dynamic;
};
enum { MAX_LOADED_KNOWN = 64 };
extern struct loaded_known loaded_known[MAX_LOADED_KNOWN];

static inline struct loaded_known *loaded_place(const struct link_map *map)
{
    return &loaded_known[((uintptr_t)map >> 6) % MAX_LOADED_KNOWN];
}

static inline bool loaded_is_known(const struct link_map *map)
{
    const struct loaded_known *place = loaded_place(map);
    return __atomic_load_n(&place->map, __ATOMIC_RELAXED) == map &&
           __atomic_load_n(&place->dynamic, __ATOMIC_RELAXED) == map->l_ld;
}

/*
 * Whether a libcurl is in the process, or was, or may be. Until then no object can need one, for
 * what it needs is loaded with it. Atomic; never taken back.
 */
extern bool loaded_libcurl_seen __attribute__((visibility("hidden")));

static inline bool loaded_has_libcurl(void)
{
    return __atomic_load_n(&loaded_libcurl_seen, __ATOMIC_RELAXED);
}

/* The curl_easy_init that an object defines, this library aside; or NULL. */
const void *loaded_libcurl_in(const struct link_map *map);

/*
 * The first one behind this library among what was there at the start, as RTLD_NEXT finds it for
 * the program; NULL where there is none up to the C library.
 */
const void *loaded_libcurl_behind(void);

/* One object, by its hash table: true where it is a libcurl, or may be.
 * From then on there is one. */
static inline bool loaded_look_at(const struct link_map *map, const struct elf_gnu_hash *table);

/* All up to that object were looked at; it was there at the start. */
void loaded_begin_behind(const struct link_map *map);

/*
 * The loader's list: only what came since, where the rest is found as it was. True where there is a
 * libcurl. One thread at a time: see needs.c.
 */
bool loaded_look_at_list(void);

bool loaded_look_at_slow(const struct link_map *map, const struct elf_gnu_hash *table);

static inline bool loaded_look_at(const struct link_map *map, const struct elf_gnu_hash *table)
{
    bool likely = table == NULL || elf_may_define(table, ELF_HASH_CURL_EASY_INIT);
    return __builtin_expect(likely, 0) && loaded_look_at_slow(map, table);
}

#endif
