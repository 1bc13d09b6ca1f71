/*
 * drop_ins.h - the names of the *.conf files in a folder, in the order of strcmp; hidden ones are
 * not read. For src/policy alone.
 *
 * Ownership: the names belong to the arena.
 * Errors:    an errno, ENOMEM among them, or E2BIG for more than DROP_INS_MOST.
 * Threads:   any.
 */
#ifndef COMMISSIONED_DROP_INS_H
#define COMMISSIONED_DROP_INS_H

#include <stddef.h>

#include "policy/arena.h"

enum { DROP_INS_MOST = 256 };

/* Returns 0 and *count names, or the error. */
int drop_ins_list(const char *folder, struct arena *arena, const char *names[DROP_INS_MOST],
                  size_t *count);

#endif
