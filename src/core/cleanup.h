/*
 * cleanup.h - what a scope owns ends with it, and errno is what it was.
 *
 *   auto_free char *text = strdup(name);
 *   auto_close int fd = open(path, flags);
 *   auto_errno int saved = errno;
 *
 * Ownership: hand it over by setting the variable to NULL or -1.
 * Threads: nothing is shared.
 * Errors:  none; errno is kept.
 * Source:  GCC manual, "Common Variable Attributes", cleanup.
 */
#ifndef COMMISSIONED_CLEANUP_H
#define COMMISSIONED_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_errno(const int *saved)
{
    errno = *saved;
}

#define auto_errno __attribute__((cleanup(cleanup_errno), unused))

static inline void cleanup_free(void *pointer)
{
    auto_errno int saved = errno;
    free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
    auto_errno int saved = errno;
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
    auto_errno int saved = errno;
    if (*file != NULL)
        fclose(*file);
}

#define auto_free   __attribute__((cleanup(cleanup_free)))
#define auto_close  __attribute__((cleanup(cleanup_close)))
#define auto_fclose __attribute__((cleanup(cleanup_fclose)))

#endif
