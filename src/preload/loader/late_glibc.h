/* late_glibc.h - of late_table.h, what glibc alone has. Part of
 * libc_kind.h, which says the rest. */
#ifndef COMMISSIONED_LATE_GLIBC_H
#define COMMISSIONED_LATE_GLIBC_H

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>

/* Registers fork handlers; what pthread_atfork calls, which is itself linked statically (glibc
 * manual, 5.6). */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso);

#define LATE_LIBC_KIND(X)                                                                          \
    X(__register_atfork)                                                                           \
    X(dladdr1)                                                                                     \
    X(dlmopen)

/* The program alone has no name. */
static inline bool libc_is_program(const struct link_map *map)
{
    return map->l_name == NULL || map->l_name[0] == '\0';
}

#endif
