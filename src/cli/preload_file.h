/*
 * cli/preload_file.h - the text of /etc/ld.so.preload.
 *
 * Shape:   entries separated by spaces, tabs, newlines and colons; a comment goes from '#' to the
 *          end of its line.
 * Source:  ld.so(8), and glibc's elf/rtld.c, which says so.
 * Threads: pure functions of their arguments.
 */
#ifndef COMMISSIONED_CLI_PRELOAD_FILE_H
#define COMMISSIONED_CLI_PRELOAD_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct preload_entry {
    const char *start; /* points into the text */
    size_t length;
    unsigned line; /* from 1 */
};

/* The first entry at or after *at (start with the text itself), moving *at behind it; false at the
 * end. `line` counts along: start with 1. */
bool preload_next(const char **at, unsigned *line, struct preload_entry *entry);

/* True where an entry is our library, in whatever folder. */
bool preload_is_ours(const struct preload_entry *entry);

/*
 * The text with `path` as an entry of its own line at the end, and no other entry of ours; the
 * text as it is where that is so already. malloc'ed; NULL when out of memory.
 */
char *preload_with(const char *text, const char *path);

/* The text without our entries; everything else stays as it was, byte for byte, except that a line
 * left with nothing in it goes. Undoes preload_with. malloc'ed; NULL when out of memory. */
char *preload_without(const char *text);

#endif
