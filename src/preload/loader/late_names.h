/*
 * late_names.h - put before each file of the preloaded library by the Makefile: see late_libc.h.
 */
#ifndef COMMISSIONED_LATE_NAMES_H
#define COMMISSIONED_LATE_NAMES_H

#include "preload/loader/late_libc.h"

/* From here on a call by the plain name goes through the table. */
#undef __errno_location
#define __errno_location(...) late.__errno_location(__VA_ARGS__)
#undef __register_atfork
#define __register_atfork(...) late.__register_atfork(__VA_ARGS__)
#undef clock_gettime
#define clock_gettime(...) late.clock_gettime(__VA_ARGS__)
#undef close
#define close(...) late.close(__VA_ARGS__)
#undef dl_iterate_phdr
#define dl_iterate_phdr(...) late.dl_iterate_phdr(__VA_ARGS__)
#undef dladdr1
#define dladdr1(...) late.dladdr1(__VA_ARGS__)
#undef dlclose
#define dlclose(...) late.dlclose(__VA_ARGS__)
#undef dlerror
#define dlerror(...) late.dlerror(__VA_ARGS__)
#undef dlinfo
#define dlinfo(...) late.dlinfo(__VA_ARGS__)
#undef dlmopen
#define dlmopen(...) late.dlmopen(__VA_ARGS__)
#undef dlopen
#define dlopen(...) late.dlopen(__VA_ARGS__)
#undef explicit_bzero
#define explicit_bzero(...) late.explicit_bzero(__VA_ARGS__)
#undef fwrite
#define fwrite(...) late.fwrite(__VA_ARGS__)
#undef getegid
#define getegid(...) late.getegid(__VA_ARGS__)
#undef getenv
#define getenv(...) late.getenv(__VA_ARGS__)
#undef geteuid
#define geteuid(...) late.geteuid(__VA_ARGS__)
#undef getpid
#define getpid(...) late.getpid(__VA_ARGS__)
#undef getresuid
#define getresuid(...) late.getresuid(__VA_ARGS__)
#undef memcmp
#define memcmp(...) late.memcmp(__VA_ARGS__)
#undef memcpy
#define memcpy(...) late.memcpy(__VA_ARGS__)
#undef memset
#define memset(...) late.memset(__VA_ARGS__)
#undef mmap
#define mmap(...) late.mmap(__VA_ARGS__)
#undef mprotect
#define mprotect(...) late.mprotect(__VA_ARGS__)
#undef munmap
#define munmap(...) late.munmap(__VA_ARGS__)
#undef open
#define open(...) late.open(__VA_ARGS__)
#undef poll
#define poll(...) late.poll(__VA_ARGS__)
#undef pthread_mutex_lock
#define pthread_mutex_lock(...) late.pthread_mutex_lock(__VA_ARGS__)
#undef pthread_mutex_trylock
#define pthread_mutex_trylock(...) late.pthread_mutex_trylock(__VA_ARGS__)
#undef pthread_mutex_unlock
#define pthread_mutex_unlock(...) late.pthread_mutex_unlock(__VA_ARGS__)
#undef pthread_setcancelstate
#define pthread_setcancelstate(...) late.pthread_setcancelstate(__VA_ARGS__)
#undef read
#define read(...) late.read(__VA_ARGS__)
#undef readlink
#define readlink(...) late.readlink(__VA_ARGS__)
#undef secure_getenv
#define secure_getenv(...) late.secure_getenv(__VA_ARGS__)
#undef sendto
#define sendto(...) late.sendto(__VA_ARGS__)
#undef snprintf
#define snprintf(...) late.snprintf(__VA_ARGS__)
#undef socket
#define socket(...) late.socket(__VA_ARGS__)
#undef stat
#define stat(...) late.stat(__VA_ARGS__)
#undef strchr
#define strchr(...) late.strchr(__VA_ARGS__)
#undef strcmp
#define strcmp(...) late.strcmp(__VA_ARGS__)
#undef strcspn
#define strcspn(...) late.strcspn(__VA_ARGS__)
#undef strlen
#define strlen(...) late.strlen(__VA_ARGS__)
#undef strncasecmp
#define strncasecmp(...) late.strncasecmp(__VA_ARGS__)
#undef strncmp
#define strncmp(...) late.strncmp(__VA_ARGS__)
#undef strrchr
#define strrchr(...) late.strrchr(__VA_ARGS__)
#undef write
#define write(...) late.write(__VA_ARGS__)
#undef dlsym
#define dlsym(...) late_dlsym()(__VA_ARGS__)
#undef stderr
#define stderr (*late.standard_error)
#undef strcasecmp
#define strcasecmp(a, b) strncasecmp(a, b, SIZE_MAX)

#endif
