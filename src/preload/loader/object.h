/*
 * object.h - the loader's view of an object: where it lies, its handle, what came and went.
 *
 * Ownership: a link_map is the loader's, and holds while the object is loaded.
 * Threads:   any. No lock of ours is held across the loader but LOCK_LOADER.
 * Errors:    NULL or false.
 * Source:    dlopen(3), dlinfo(3), dladdr(3) (dladdr1), dl_iterate_phdr(3).
 */
#ifndef COMMISSIONED_OBJECT_H
#define COMMISSIONED_OBJECT_H

#include <link.h>
#include <stdbool.h>

#include "preload/loader/elf_find.h"

/*
 * A number that changes with each object that the loader adds or removes. False where it cannot be
 * known without waiting: then nothing that was remembered counts.
 */
bool object_loads(unsigned long long *now);

/* The whole mapping of the object that an address lies in. */
bool object_mapping(const void *address, struct elf_extent *mapping);

bool object_is_program(const struct link_map *map);

/* True where the address lies in this library. */
bool object_is_ours(const void *address);

/* Keeps the object loaded for the rest of the process. False where it has just gone, or lives in
 * another link namespace. */
bool object_pin(const struct link_map *map);

/*
 * A handle on what is loaded already; dlclose it. NULL where it has just gone, or lives in another
 * link namespace: the name would lead to this one's copy.
 */
void *object_reopen(const struct link_map *map);

#endif
