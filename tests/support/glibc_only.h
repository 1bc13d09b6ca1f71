/*
 * glibc_only.h - what programs under test use of glibc alone, and musl lacks: there it does what a
 * program without it would do.
 *
 * Threads: any. Errors: dlmopen gives NULL.
 */
#ifndef COMMISSIONED_GLIBC_ONLY_H
#define COMMISSIONED_GLIBC_ONLY_H

#include <dlfcn.h>
#include <stddef.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>

#define LIBC_NAME "libc.so.6"
#define LIBM_NAME "libm.so.6"
#else
#define LIBC_NAME     "libc.so"
#define LIBM_NAME     "libm.so"
#define RTLD_DEEPBIND 0
#define LM_ID_NEWLM   (-1)

static inline void *dlmopen(long namespace, const char *file, int flags)
{
    (void)namespace, (void)file, (void)flags;
    return NULL;
}

/* Older than any. */
static inline const char *gnu_get_libc_version(void)
{
    return "";
}

static inline void *dlvsym(void *handle, const char *name, const char *version)
{
    (void)version;
    return dlsym(handle, name);
}
#endif

#endif
