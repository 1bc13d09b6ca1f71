/*
 * host_error.h - the dynamic loader's error that the host program has not asked for yet stays its
 * own.
 *
 *   auto_host_error struct host_error kept = host_error_keep();
 *
 * dlerror(3) tells a thread's last error, and every call of dlopen, dlsym, dlinfo and dlclose
 * forgets it, also one that succeeds. glibc keeps it behind one pointer of the thread, which is
 * NULL as long as there was none; within the scope it is NULL, and then what it was. Its place is
 * known by its distance from errno, which lies in the same block of thread-local storage.
 * Source:  the sources of dlerror(3) in glibc 2.34 and later.
 *
 * Threads: the calling thread's own. Scopes may lie within each other.
 * Errors:  none. Where the C library keeps it elsewhere (glibc before 2.34, musl), the host's is
 *          lost; no error of ours takes its place.
 * errno:   kept.
 */
#ifndef COMMISSIONED_HOST_ERROR_H
#define COMMISSIONED_HOST_ERROR_H

struct host_error {
    void *kept;
};

struct host_error host_error_keep(void);
void host_error_restore(const struct host_error *kept);

#define auto_host_error __attribute__((cleanup(host_error_restore), unused))

#endif
