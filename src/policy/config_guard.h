/*
 * config_guard.h - looks through a configuration before libconfig sees it.
 *
 * libconfig 1.5 opens the files that an @include names, also from config_read_string (measured), so
 * that they would be read unjudged; it keeps copies of what it reads in memory that it frees
 * unwiped; it does not check calloc, and its scanner (flex) calls exit where memory runs out. So
 * the text is first read here, by the same lexical rules (libconfig manual, "Configuration File
 * Grammar"):
 *   - @include is refused, and so is what would make libconfig slow or deep;
 *   - comments are blanked, and a comma after the last element of a list, which 1.7 takes;
 *   - the strings given to `api_key` are taken out and stand as x's in the text: libconfig never
 *     holds a key;
 *   - the values are counted, so that the memory libconfig will want can be asked for beforehand.
 *
 * Ownership: what is taken out belongs to the arena.
 * Threads:   pure but for the arena.
 */
#ifndef COMMISSIONED_CONFIG_GUARD_H
#define COMMISSIONED_CONFIG_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/sentence.h"

enum {
    GUARD_MAX_DEPTH = 8,           /* brackets within brackets; the grammar needs 3 */
    GUARD_MAX_SETTINGS = 64,       /* settings of one group; the grammar needs 16 */
    GUARD_MAX_VALUES = 1024 * 1024 /* values of one file */
};

struct guarded_key {
    struct guarded_key *next; /* in the order of the text */
    char *text;               /* what the string means, escapes resolved */
    size_t length;
};

struct config_guard {
    struct guarded_key *keys; /* the strings of every `api_key`, in the order of the text */
    size_t nvalues;           /* at least as many as libconfig will make settings */
    uint32_t line;            /* where the complaint is; without one, the last that is not blank */
};

/*
 * Looks through text[0..size], which ends in NUL, and blanks the keys in it. False: `why` says what
 * is wrong on guard->line, or arena->failed is set.
 */
bool config_guard(char *text, struct arena *arena, struct config_guard *guard,
                  struct complaint *why);

#endif
