/*
 * late_table.h - the C library's functions that the preloaded library calls, as a table: see
 * late_libc.h, which fills it. A new one gets a line here, and nothing more.
 */
#ifndef COMMISSIONED_LATE_TABLE_H
#define COMMISSIONED_LATE_TABLE_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "preload/loader/libc_kind.h"

#define LATE_LIBC(X)                                                                               \
    LATE_LIBC_KIND(X)                                                                              \
    X(__errno_location)                                                                            \
    X(clock_gettime)                                                                               \
    X(close)                                                                                       \
    X(dl_iterate_phdr)                                                                             \
    X(dlclose)                                                                                     \
    X(dlerror)                                                                                     \
    X(dlinfo)                                                                                      \
    X(dlopen)                                                                                      \
    X(explicit_bzero)                                                                              \
    X(fstat)                                                                                       \
    X(fwrite)                                                                                      \
    X(getenv)                                                                                      \
    X(geteuid)                                                                                     \
    X(getpid)                                                                                      \
    X(memchr)                                                                                      \
    X(memcmp)                                                                                      \
    X(memcpy)                                                                                      \
    X(memset)                                                                                      \
    X(mmap)                                                                                        \
    X(mprotect)                                                                                    \
    X(munmap)                                                                                      \
    X(open)                                                                                        \
    X(poll)                                                                                        \
    X(pthread_mutex_lock)                                                                          \
    X(pthread_mutex_trylock)                                                                       \
    X(pthread_mutex_unlock)                                                                        \
    X(pthread_setcancelstate)                                                                      \
    X(read)                                                                                        \
    X(readlink)                                                                                    \
    X(secure_getenv)                                                                               \
    X(sendto)                                                                                      \
    X(snprintf)                                                                                    \
    X(socket)                                                                                      \
    X(stat)                                                                                        \
    X(strchr)                                                                                      \
    X(strcmp)                                                                                      \
    X(strcspn)                                                                                     \
    X(strlen)                                                                                      \
    X(strncasecmp)                                                                                 \
    X(strncmp)                                                                                     \
    X(strrchr)                                                                                     \
    X(syscall)                                                                                     \
    X(write)

struct dl_find_object; /* dlfcn.h, from glibc 2.35 on */

#define LATE_MEMBER(name) __typeof__(name) *name;
struct late_libc {
    LATE_LIBC(LATE_MEMBER)
    FILE **standard_error;       /* &stderr */
    const char *single_threaded; /* &__libc_single_threaded; NULL before glibc 2.32 */
    int (*find_object)(void *,
                       struct dl_find_object *); /* _dl_find_object; NULL before glibc 2.35 */
    ptrdiff_t error_distance;                    /* see host_error.h; 0: not known */
};
#undef LATE_MEMBER

extern struct late_libc late;

#endif
