/*
 * passing.h - errors that say something of the moment and nothing of a file.
 *
 * Threads: pure. Errors: none.
 */
#ifndef COMMISSIONED_PASSING_H
#define COMMISSIONED_PASSING_H

#include <errno.h>
#include <stdbool.h>

/* A want of descriptors or memory, a disk or a file server that does not answer now. */
static inline bool error_is_passing(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR ||
           error == EIO || error == ESTALE || error == ETIMEDOUT || error == EAGAIN;
}

#endif
