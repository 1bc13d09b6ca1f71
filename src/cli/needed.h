/*
 * cli/needed.h - which shared libraries a program is linked with, found without running it.
 *
 * Source:    elf(5), ld.so(8) for the order of the search, ldconfig's cache as glibc's
 *            sysdeps/generic/dl-cache.h describes it. Only files of this machine's own architecture
 *            are read.
 * Threads:   none.
 * Ownership: needed_free.
 */
#ifndef COMMISSIONED_CLI_NEEDED_H
#define COMMISSIONED_CLI_NEEDED_H

#include <stdbool.h>
#include <stddef.h>

struct needed_library {
    char *name; /* as DT_NEEDED names it */
    char *path; /* NULL where it was not found */
};

struct needed {
    struct needed_library *libraries; /* each name once; those of the program itself first */
    size_t count;
    size_t direct; /* so many of them the program itself names */
};

/* All libraries that the loader would map for `file`, transitively. False where memory ran out. */
bool needed_read(const char *file, struct needed *needed);
void needed_free(struct needed *needed);

#endif
