/*
 * late_symbols.h - under which names the C library has the functions of late_table.h.
 *
 * Where off_t or time_t are wider than they were when a machine's functions got their names, as on
 * 32-bit ARM from Debian 13 on, the headers lead a few names to functions that take the wide types.
 * The compiler follows them; what looks a function up by its name must ask for the other one, or
 * the two disagree on what lies behind a pointer. `make check-arches` compares this list with what
 * the compiler makes of the names.
 * Source: __REDIRECT in glibc's fcntl.h, sys/mman.h, sys/stat.h and time.h; glibc manual, "64-bit
 *         time symbol handling".
 *
 * For late_libc.c alone, which includes it behind all other headers.
 */
#ifndef COMMISSIONED_LATE_SYMBOLS_H
#define COMMISSIONED_LATE_SYMBOLS_H

#include "preload/loader/elf_hash.h"
#include "preload/loader/late_table.h"

#ifdef __USE_FILE_OFFSET64
#define open   open64
#define mmap   mmap64
#define XSTAT  "__xstat64"
#define FXSTAT "__fxstat64"
#if defined(__USE_TIME_BITS64) && __TIMESIZE == 32
#define stat          __stat64_time64
#define fstat         __fstat64_time64
#define clock_gettime __clock_gettime64
#else
#define stat  stat64
#define fstat fstat64
#endif
#else
#define XSTAT  "__xstat"
#define FXSTAT "__fxstat"
#endif

#define LATE_QUOTE(symbol) #symbol
#define LATE_TEXT(name)    LATE_QUOTE(name)

/* One string rather than an array of pointers, each of which would be a relocation at start-up. */
static const char late_symbols[] =
#define LATE_NAME(name) LATE_TEXT(name) "\0"
    LATE_LIBC(LATE_NAME)
#undef LATE_NAME
    ;
static const struct elf_name late_hashes[] = {
#define LATE_HASH(name) ELF_NAME(LATE_TEXT(name)),
    LATE_LIBC(LATE_HASH)
#undef LATE_HASH
};
enum { LATE_SYMBOLS = sizeof late_hashes / sizeof late_hashes[0] };

#undef LATE_QUOTE
#undef LATE_TEXT
#undef open
#undef mmap
#undef stat
#undef fstat
#undef clock_gettime

#endif
