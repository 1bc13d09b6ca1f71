/*
 * needs.h - which of the loaded objects need a libcurl.
 *
 * Source:  the System V ABI (dynamic section); glibc appends what it loads to the end of its list,
 *          an object before what it brings.
 * Threads: any.
 * Errors:  none. Needs no late_libc_bind.
 */
#ifndef COMMISSIONED_NEEDS_H
#define COMMISSIONED_NEEDS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether an object needs a libcurl, or something that it brought does. The caller holds a handle
 * on it. */
bool needs_us(const struct link_map *map);

/* By its dynamic section alone: whether it names a libcurl among what it needs. */
bool needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic);

#endif
