/*
 * cli/library.h - where the preloaded library is, and LD_PRELOAD with it in front.
 *
 * Threads: no shared state.
 * Source:  ld.so(8).
 */
#ifndef COMMISSIONED_CLI_LIBRARY_H
#define COMMISSIONED_CLI_LIBRARY_H

#include <limits.h>
#include <stdbool.h>

#include "core/names.h"

/*
 * The library beside this command (the build tree), else in the folder it was installed to, else
 * beside the command's own installation (bin/../lib). Absolute, without symbolic links.
 * False where it is in none of them.
 */
bool library_find(char path[PATH_MAX]);

/* False where LD_PRELOAD cannot name the path: the loader splits it at spaces and colons, and
 * expands a '$' (ld.so(8), dynamic string tokens). */
bool library_preloadable(const char *path);

/*
 * The value of LD_PRELOAD with `library` in front of the entries of `existing` (NULL: none), which
 * keep their order and spelling. Other names of the same file are dropped. malloc'ed; NULL when out
 * of memory.
 */
char *library_preload_list(const char *library, const char *existing);

#endif
