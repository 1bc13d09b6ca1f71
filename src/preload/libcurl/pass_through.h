/*
 * pass_through.h - the way around us: libcurl's functions where the C library cannot be bound.
 *
 * A library that cannot work must not be felt. Where late_libc_bind failed (an old or foreign C
 * library), or a process has more libcurls than provider.c has places for, every call still reaches
 * the libcurl that the caller would have had without us. Such a provider's version is 0: no record
 * is made of its handles, and no key is given.
 * Source:    the objects' own tables (elf_find.h), for nothing of the C library may be called.
 *
 * Ownership: static.
 * Threads:   any; all write the same values.
 * Errors:    NULL where no libcurl is loaded. errno is not touched.
 */
#ifndef COMMISSIONED_PASS_THROUGH_H
#define COMMISSIONED_PASS_THROUGH_H

#include "preload/libcurl/provider.h"

/* The libcurl that the object with the address `caller` needs, else the first one loaded. */
const struct provider *pass_through_for(const void *caller);

#endif
