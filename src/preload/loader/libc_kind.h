/*
 * libc_kind.h - where the two C libraries differ that this library is built for, glibc and musl.
 *
 * The Makefile takes libc_glibc.c or libc_musl.c along, whichever the compiler's headers are of.
 * late_glibc.h and late_musl.h have the names of late_table.h that the other does not have, and
 * how the program is told from what it loaded:
 *
 *     bool libc_is_program(const struct link_map *map);
 *
 * Ownership: a link_map is the loader's, and holds while the object is loaded.
 * Threads:   any.
 * Errors:    NULL or false.
 * Source:    dlopen(3), dlinfo(3), dladdr(3), pthread_atfork(3); musl 1.2.3, its loader.
 */
#ifndef COMMISSIONED_LIBC_KIND_H
#define COMMISSIONED_LIBC_KIND_H

#include <link.h>
#include <stdbool.h>

#ifdef __GLIBC__
#include "preload/loader/late_glibc.h"
#else
#include "preload/loader/late_musl.h"
#endif

/* The object that an address lies in, or NULL. errno is kept. */
struct link_map *libc_object_of(const void *address);

/* A handle on that very object, opened with these flags besides; dlclose it. NULL where it has just
 * gone, or cannot be had by its name. */
void *libc_reopen(const struct link_map *map, int flags);

/* The folder that an object was loaded from, where its name is no absolute one. `folder` has room
 * for PATH_MAX bytes. False where the loader does not say. */
bool libc_folder_of(const struct link_map *map, char *folder);

/*
 * Loads the policy module so that the program's names, and with glibc its allocator too, do not
 * reach it. NULL leaves an error for dlerror(3), or, where `*why` is set, that reason: a constant.
 */
void *libc_open_apart(const char *path, const char **why);

/* The three are called around each fork(2) from now on. */
void libc_watch_forks(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* Whether dl_iterate_phdr(3) is safe in the child of a threaded process. Once forks are watched. */
bool libc_lists_survive_fork(void);

#endif
