/*
 * repoint.h - one object's slots for the names that we export, led to us.
 *
 * A plugin that was loaded with RTLD_DEEPBIND is bound past a preload. Only slots that lead where a
 * call of ours would go on to are changed: another preload in front of us, or a function of the
 * program's own, keeps its place. Pages that the loader made read-only are open for one word's
 * time.
 *
 * Threads: any; repoint takes LOCK_BINDING.
 * Errors:  what cannot be changed stays as it was.
 */
#ifndef COMMISSIONED_REPOINT_H
#define COMMISSIONED_REPOINT_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/loader/elf_find.h"

struct provider;

/* Where an object lies. */
struct repoint_place {
    uintptr_t base;
    struct elf_extent mapping;
    struct elf_extent relro; /* made read-only by the loader after relocation */
};

void repoint_measure(struct repoint_place *place, const struct dl_phdr_info *info);

struct repoint {
    const struct repoint_place *place;
    const struct link_map *map; /* of the same object; it must stay loaded */
    const struct provider
        *provider; /* its libcurl, whose own entries it gets; NULL: dlsym and dlvsym
                                      * alone are changed */
};

void repoint(const struct repoint *object);

/* Whether it calls dlsym or dlvsym. Needs no late_libc_bind. */
bool repoint_imports_dlsym(const struct link_map *map);

#endif
