/*
 * cli/preload_file.h - the text of /etc/ld.so.preload.
 *
 * Shape:   entries separated by spaces, tabs, newlines and colons; a comment goes from '#' to the
 *          end of its line, the first of a file at any rate: where there are several, glibc's
 *          loader reads the end of a later one as entries (measured, 2.31 to 2.41). So what counts
 *          is looked for in the text as the loader sees it.
 * Source:  ld.so(8), and glibc's elf/rtld.c, which says so.
 * Threads: pure functions of their arguments.
 */
#ifndef COMMISSIONED_CLI_PRELOAD_FILE_H
#define COMMISSIONED_CLI_PRELOAD_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The text as the loader sees it, with blanks in the place of what it takes for comments: of the
 * same length, so an offset is the same in both. malloc'ed; NULL when out of memory.
 */
char *preload_seen(const char *text);

struct preload_entry {
    const char *start; /* points into the text */
    size_t length;
    unsigned line; /* from 1 */
};

/* The first entry at or after *at (start with what preload_seen returned), moving *at behind it;
 * false at the end. `line` counts along: start with 1. */
bool preload_next(const char **at, unsigned *line, struct preload_entry *entry);

/* True where an entry is our library, in whatever folder, or would be but for a carriage return at
 * its end, which the loader takes for a part of the name. */
bool preload_is_ours(const struct preload_entry *entry);

/* The first entry of ours in what preload_seen returned. */
bool preload_find_ours(const char *seen, struct preload_entry *entry);

/* Whether `path` is an entry of the text, once, and no other of it is ours. */
bool preload_stands_alone(const char *text, const char *path);

/* Whether what stands at the offset looks like a part of a comment to who reads the text. */
bool preload_in_comment(const char *text, size_t offset);

/*
 * The text with `path` as an entry of its own line at the end, and no other entry of ours; the
 * text as it is where that is so already. malloc'ed; NULL when out of memory.
 */
char *preload_with(const char *text, const char *path);

/* The text without our entries; everything else stays as it was, byte for byte, except that a line
 * left with nothing in it goes. In a comment that the loader reads they become blanks. Undoes
 * preload_with. malloc'ed; NULL when out of memory. */
char *preload_without(const char *text);

#endif
