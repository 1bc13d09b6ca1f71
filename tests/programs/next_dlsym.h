/*
 * next_dlsym.h - the C library's own dlsym, for a preload that hooks that name.
 *
 * Source: dlvsym(3), and the versions in which glibc has it; musl has one, in the loader.
 * Threads: any. Errors: NULL.
 */
#ifndef COMMISSIONED_NEXT_DLSYM_H
#define COMMISSIONED_NEXT_DLSYM_H

#include <dlfcn.h>
#include <stddef.h>

#include "preload/loader/elf_find.h"

typedef void *dlsym_function(void *handle, const char *name);

#ifdef __GLIBC__
/* Since it is in libc itself, and before that: x86-64, i386, aarch64. */
static inline dlsym_function *next_dlsym(void)
{
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.0", "GLIBC_2.17"};
    dlsym_function *real = NULL;
    for (unsigned i = 0; real == NULL && i < sizeof versions / sizeof versions[0]; i++)
        real = (dlsym_function *)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    return real;
}
#else
static inline dlsym_function *next_dlsym(void)
{
    const struct link_map *map = elf_loaded();
    while (map != NULL && !elf_is_loader(map))
        map = map->l_next;
    if (map == NULL)
        return NULL;
    return (dlsym_function *)elf_find_in(map->l_addr, map->l_ld, "dlsym", ELF_HASH_DLSYM);
}
#endif

#endif
