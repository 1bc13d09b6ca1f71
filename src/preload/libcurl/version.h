/*
 * version.h - which version a libcurl is, read where it keeps it.
 *
 * curl_version_info(3) would say it, but puts the versions of all that libcurl uses into words for
 * that, which takes 6 KB of stack in some (measured with 7.88.1): more than the call that the
 * program made, and all in it that is ours. What it returns is one struct in libcurl's data, whose
 * beginning is filled in when libcurl is built.
 *
 * Threads:   any. The object stays loaded meanwhile.
 * Errors:    0, where it is not found: then libcurl is asked.
 * Source:    curl_version_info(3); the System V ABI (program header).
 */
#ifndef COMMISSIONED_LIBCURL_VERSION_H
#define COMMISSIONED_LIBCURL_VERSION_H

#include "preload/loader/elf_find.h"

/* Such as 0x075801, of the libcurl that has this mapping; `base` is what its
 * addresses count from. */
unsigned libcurl_version(const struct elf_extent *mapping, uintptr_t base);

#endif
