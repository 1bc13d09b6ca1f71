/* cli/cleanup.h - resources that end with their scope (GCC and Clang: attribute cleanup). errno is
 * kept. */
#ifndef COMMISSIONED_CLI_CLEANUP_H
#define COMMISSIONED_CLI_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *pointer)
{
    int saved = errno;
    free(*(void **)pointer);
    errno = saved;
}

static inline void cleanup_close(const int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void cleanup_fclose(FILE **file)
{
    int saved = errno;
    if (*file != NULL)
        fclose(*file);
    errno = saved;
}

#define auto_free   __attribute__((cleanup(cleanup_free)))
#define auto_close  __attribute__((cleanup(cleanup_close)))
#define auto_fclose __attribute__((cleanup(cleanup_fclose)))

#endif
