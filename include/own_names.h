/*
 * own_names.h - the names that this library exports, and what stands for each of them.
 *
 * Ownership: nothing is allocated. Threads: any. Errors: none. Needs no late_libc_bind.
 */
#ifndef COMMISSIONED_OWN_NAMES_H
#define COMMISSIONED_OWN_NAMES_H

struct provider;

enum own_name {
    OWN_EASY_INIT,
    OWN_MULTI_INIT,
    OWN_LIBCURLS = 12, /* those before are libcurl's */
    OWN_DLSYM = OWN_LIBCURLS,
    OWN_DLVSYM,
    OWN_NAMES,
};

/* Its number, or OWN_NAMES. */
unsigned own_name(const char *name);

/* Our function of that name. */
void *own_function(unsigned name);

/* What stands for that name of that libcurl: of the functions that make a handle, an entry that
 * knows it. */
void *own_entry(unsigned name, const struct provider *provider);

#endif
