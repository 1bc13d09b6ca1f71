/*
 * late_libc.h - the C library, bound when the first libcurl handle is made and not before.
 *
 * Every process of the machine loads this library, few use libcurl. An import costs ld.so some 700
 * instructions at the start of each of them (full RELRO binds at once), forty of them four times
 * what an empty library costs. So the library imports getauxval alone (elf_find.c), and
 * late_names.h, which the Makefile puts before each of its files but one, sends the C library's
 * names through a table that late_libc_bind fills. The same files, built for the command and the
 * tests, bind as usual.
 *
 * Threads: late_libc_bind may be called by any number at once; all write the same values, so the
 *          table is constant from the first on.
 * Errors:  false where a function is missing: then nothing else of the library may run, and calls
 *          go through to libcurl (pass_through.h).
 * errno:   kept.
 */
#ifndef COMMISSIONED_LATE_LIBC_H
#define COMMISSIONED_LATE_LIBC_H

#include <stdbool.h>

#include "preload/loader/late_table.h"

typedef void *dlsym_function(void *handle, const char *name);
typedef void *dlvsym_function(void *handle, const char *name, const char *version);

/* The dlsym and dlvsym behind us: the C library's, or another preload's.
 * NULL where there is none. */
extern dlsym_function *late_next_dlsym; /* once it was found; atomic */
dlsym_function *late_dlsym_slow(void);
dlvsym_function *late_dlvsym(void);

static inline dlsym_function *late_next_dlsym_or_null(void)
{
    return __atomic_load_n(&late_next_dlsym, __ATOMIC_RELAXED);
}

static inline dlsym_function *late_dlsym(void)
{
    dlsym_function *found = late_next_dlsym_or_null();
    return __builtin_expect(found != NULL, 1) ? found : late_dlsym_slow();
}

/* True once every function is bound. Cheap when it is. */
bool late_libc_bind(void);
bool late_libc_is_bound(void);

/* One line in the journal: which function the C library lacks. Calls only what was found. */
void late_failure_say(const struct late_libc *found, const char *missing);

extern const char *late_flag; /* __libc_single_threaded, once it was looked for; atomic */
const char *late_flag_slow(void);

/* False where this C library cannot say whether other threads exist: glibc before 2.32. */
bool late_libc_has_flag(void);

/* True where no other thread exists; also before late_libc_bind. */
static inline bool late_libc_is_alone(void)
{
    const char *flag = __atomic_load_n(&late_flag, __ATOMIC_RELAXED);
    return *(__builtin_expect(flag != NULL, 1) ? flag : late_flag_slow());
}

#endif
