/*
 * write_whole.h - write(2) until all is written.
 *
 * Threads: any. Errors: false, and errno says why; how much was written is not known.
 */
#ifndef COMMISSIONED_WRITE_WHOLE_H
#define COMMISSIONED_WRITE_WHOLE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

static inline bool write_whole(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

#endif
