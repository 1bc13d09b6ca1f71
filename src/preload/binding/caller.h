/*
 * caller.h - which libcurl a call belongs to that brings no handle yet.
 *
 * A process may hold several, loaded in ways that hide them from dlsym(RTLD_NEXT). The caller's own
 * scope is what ld.so would have used, so that is asked.
 *
 * Threads: any. No lock is held across the dynamic loader.
 * Errors:  NULL where no libcurl can be found. errno is kept.
 * Source:  dlopen(3), dlsym(3).
 */
#ifndef COMMISSIONED_CALLER_H
#define COMMISSIONED_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/libcurl/provider.h"

/* For a call that makes a handle: `caller` is the return address. */
struct origin_of_call caller_origin(const void *caller);

/* True where some libcurl's function of that name is in the global scope or in the caller's own. */
bool caller_reaches(const void *caller, const char *name);

/* That function as the caller's own scope has it, a plugin's; NULL where it has none. */
void *caller_function(const void *caller, const char *name);

/* The main program's mapping, and the libcurl that it means beyond doubt. It is never unloaded, so
 * it is asked for once. Written by caller.c; `end` last, with release order, and 0 until then. */
struct main_program {
    uintptr_t start;
    uintptr_t end;
    const struct provider *provider;
};
extern struct main_program caller_main __attribute__((visibility("hidden")));

/* What caller_origin would say of a call by the main program; NULL where that must be asked. */
static inline const struct provider *caller_main_provider(const void *caller)
{
    uintptr_t end = __atomic_load_n(&caller_main.end, __ATOMIC_ACQUIRE);
    bool is_main = (uintptr_t)caller < end && (uintptr_t)caller >= caller_main.start;
    return __builtin_expect(is_main, 1) ? caller_main.provider : NULL;
}

#endif
