/*
 * variable.h - the program's environment, as people mean it.
 *
 * Ownership: a pointer into the environment, until that is changed.
 * Threads:   as getenv(3).
 * Errors:    none.
 */
#ifndef COMMISSIONED_VARIABLE_H
#define COMMISSIONED_VARIABLE_H

#include <stddef.h>
#include <stdlib.h>

/* NULL also where it is set to nothing, which curl(1) and most programs take as not set. */
static inline const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

#endif
