/*
 * late_binding.h - programs that find libcurl where a preload does not stand in the way.
 *
 * Two ways lead past us: dlsym on a handle (Python's ctypes, Ruby's FFI, node's koffi), and a
 * plugin that was loaded with RTLD_DEEPBIND, whose calls bind to its own libcurl (PHP's
 * extensions), or to the C library's dlsym (PHP's FFI). The first gets our function from our dlsym;
 * of the second the GOT entries for libcurl's functions, dlsym and dlvsym are re-pointed, and of no
 * other module. Where several libcurls are loaded, the functions that make a handle are told apart
 * by entries of their own, so that a plugin whose tail call hides its return address still gets its
 * own.
 *
 * Source:  dlsym(3), dlopen(3); the System V ABI's relocation types for each machine.
 * Threads: any.
 * Errors:  what cannot be re-pointed stays as it was, and gets no key. errno is kept.
 */
#ifndef COMMISSIONED_LATE_BINDING_H
#define COMMISSIONED_LATE_BINDING_H

#include <link.h>
#include <stdbool.h>

/* True for the names that this library exports of libcurl's. */
bool late_binding_is_ours(const char *name);

/* True for the functions of those names that this library exports. */
bool late_binding_is_exported(const void *function);

/* What dlsym found for `name` on a handle: the function to give instead, or `found` itself. */
void *late_binding_instead(const char *name, void *found);

/* Every loaded object that needs a libcurl is led to us, unless nothing came or went since. To be
 * called for a handle that dlsym is asked about and that concerns us (loaded.h). */
void late_binding_renew(void);

/* Of every handle, and the name that dlsym is asked for: a plugin of PHP's that calls dlsym itself
 * is led to ours. */
void late_binding_asked(const struct link_map *map, const char *name);

#endif
