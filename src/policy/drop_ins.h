/*
 * drop_ins.h - the names of the *.conf files in a folder, in the order of strcmp; hidden ones are
 * not read. For src/policy alone.
 *
 * Ownership: the names belong to the arena.
 * Errors:    an errno, ENOMEM among them, or E2BIG for more than MAX_DROP_INS.
 * Threads:   any.
 */
#ifndef COMMISSIONED_DROP_INS_H
#define COMMISSIONED_DROP_INS_H

#include <stddef.h>

#include "policy/arena.h"

enum { MAX_DROP_INS = 256 };

/* Returns 0 and *count names, or the error. */
int drop_ins_list(const char *folder, struct arena *arena, const char *names[MAX_DROP_INS],
                  size_t *count);

#endif
