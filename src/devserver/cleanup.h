/*
 * devserver/cleanup.h - what a scope owns ends with it.
 *
 * Ownership: a variable so marked is released at the end of its scope.
 * Threads:   none shared.
 * Errors:    none; errno is kept.
 * Source:    GCC manual, "Common Variable Attributes", cleanup.
 */
#ifndef COMMISSIONED_DEVSERVER_CLEANUP_H
#define COMMISSIONED_DEVSERVER_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void ds_cleanup_free(void *slot)
{
    int saved = errno;
    free(*(void **)slot);
    errno = saved;
}

static inline void ds_cleanup_close(const int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

#define ds_free_on_return  __attribute__((cleanup(ds_cleanup_free)))
#define ds_close_on_return __attribute__((cleanup(ds_cleanup_close)))

#endif
