/*
 * arena.h - memory that is given back all at once, wiped.
 *
 * What a policy is read into may be a key, so none of it is freed one by one and nothing is
 * overlooked.
 * Ownership: what arena_* returns belongs to the arena.
 * Errors:    NULL where memory ran out, and `failed` stays set, so that a long piece of work may be
 *            checked once, at its end.
 * Threads:   one arena, one thread at a time.
 */
#ifndef COMMISSIONED_ARENA_H
#define COMMISSIONED_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    bool failed;
};

/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of text[0..length), ended by NUL. */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_concat(struct arena *arena, const char *text, const char *more);

/* "DIR/NAME" */
char *arena_join(struct arena *arena, const char *dir, const char *name);

/* Wipes and frees all of it; the arena is then empty and may be used again. */
void arena_free(struct arena *arena);

#endif
