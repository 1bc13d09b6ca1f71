/*
 * late_names.h - put before each file of the preloaded library by the Makefile: see late_libc.h.
 */
#ifndef COMMISSIONED_LATE_NAMES_H
#define COMMISSIONED_LATE_NAMES_H

#include "late_libc.h"

/* From here on a call by the plain name goes through the table. */
#define __errno_location(...)      late.__errno_location(__VA_ARGS__)
#define __register_atfork(...)     late.__register_atfork(__VA_ARGS__)
#define clock_gettime(...)         late.clock_gettime(__VA_ARGS__)
#define close(...)                 late.close(__VA_ARGS__)
#define dladdr1(...)               late.dladdr1(__VA_ARGS__)
#define dlclose(...)               late.dlclose(__VA_ARGS__)
#define dlerror(...)               late.dlerror(__VA_ARGS__)
#define dlinfo(...)                late.dlinfo(__VA_ARGS__)
#define dlmopen(...)               late.dlmopen(__VA_ARGS__)
#define dlsym(...)                 late_dlsym()(__VA_ARGS__)
#define dlopen(...)                late.dlopen(__VA_ARGS__)
#define explicit_bzero(...)        late.explicit_bzero(__VA_ARGS__)
#define fwrite(...)                late.fwrite(__VA_ARGS__)
#define getauxval(...)             late.getauxval(__VA_ARGS__)
#define getegid(...)               late.getegid(__VA_ARGS__)
#define geteuid(...)               late.geteuid(__VA_ARGS__)
#define getpid(...)                late.getpid(__VA_ARGS__)
#define memchr(...)                late.memchr(__VA_ARGS__)
#define memcmp(...)                late.memcmp(__VA_ARGS__)
#define memcpy(...)                late.memcpy(__VA_ARGS__)
#define memset(...)                late.memset(__VA_ARGS__)
#define mmap(...)                  late.mmap(__VA_ARGS__)
#define mprotect(...)              late.mprotect(__VA_ARGS__)
#define munmap(...)                late.munmap(__VA_ARGS__)
#define open(...)                  late.open(__VA_ARGS__)
#define pthread_mutex_lock(...)    late.pthread_mutex_lock(__VA_ARGS__)
#define pthread_mutex_trylock(...) late.pthread_mutex_trylock(__VA_ARGS__)
#define pthread_mutex_unlock(...)  late.pthread_mutex_unlock(__VA_ARGS__)
#define read(...)                  late.read(__VA_ARGS__)
#define readlink(...)              late.readlink(__VA_ARGS__)
#define secure_getenv(...)         late.secure_getenv(__VA_ARGS__)
#define sendto(...)                late.sendto(__VA_ARGS__)
#define snprintf(...)              late.snprintf(__VA_ARGS__)
#define socket(...)                late.socket(__VA_ARGS__)
#define stat(...)                  late.stat(__VA_ARGS__)
#define strchr(...)                late.strchr(__VA_ARGS__)
#define strcmp(...)                late.strcmp(__VA_ARGS__)
#define strcspn(...)               late.strcspn(__VA_ARGS__)
#define strlen(...)                late.strlen(__VA_ARGS__)
#define strncasecmp(...)           late.strncasecmp(__VA_ARGS__)
#define strncmp(...)               late.strncmp(__VA_ARGS__)
#define strrchr(...)               late.strrchr(__VA_ARGS__)
#define vsnprintf(...)             late.vsnprintf(__VA_ARGS__)
#define write(...)                 late.write(__VA_ARGS__)
#undef stderr
#define stderr (*late.standard_error)
#undef strcasecmp
#define strcasecmp(a, b) strncasecmp(a, b, SIZE_MAX)

#endif
