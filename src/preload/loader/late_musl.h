/*
 * late_musl.h - of late_table.h, what is for musl alone. Part of libc_kind.h, which says the rest.
 *
 * musl has no dlvsym, no link namespaces (dlmopen), no dladdr1, of dlinfo the link_map alone, and
 * nothing that says whether there is a second thread: its locks are always taken.
 */
#ifndef COMMISSIONED_LATE_MUSL_H
#define COMMISSIONED_LATE_MUSL_H

#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define LATE_LIBC_KIND(X) X(pthread_atfork)

/* The linker's, which musl's headers do not declare. */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* The first of the list, under the name by which it was started. */
static inline bool libc_is_program(const struct link_map *map)
{
    return map->l_prev == NULL;
}

/* Ours: linked, and not exported, for musl has none that it could stand in front of. */
void *dlvsym(void *handle, const char *name, const char *version);

#endif
