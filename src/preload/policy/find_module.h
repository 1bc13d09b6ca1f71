/*
 * find_module.h - the policy module, loaded with the first request that has a policy.
 *
 * It is found beside this library or in its installed folder, never by a search path. A module that
 * has no libconfig in it has a link namespace of its own with glibc. A process that has used those
 * up, and every process with musl, gets such a one in the first, unless something there has
 * libconfig's names, by which the module would be led astray.
 *
 * Threads: any; no lock is held while the dynamic loader works. Errors: `build` is NULL.
 */
#ifndef COMMISSIONED_FIND_MODULE_H
#define COMMISSIONED_FIND_MODULE_H

#include "commissioned/policy_image.h"
#include "core/names.h"

#ifndef MODULEDIR
#define MODULEDIR "/usr/local/lib/commissioned-auth"
#endif

enum module_lack {
    MODULE_UNLOADED, /* it is there, and cannot be loaded now */
    MODULE_ABSENT,   /* it is nowhere, though the library is there */
    MODULE_REMOVED,  /* the library's own file is gone too */
};

enum { MODULE_WHY_SIZE = 184 }; /* a sentence has 256 bytes */

struct module {
    policy_build_function *build; /* or NULL, and ... */
    enum module_lack lack;        /* ... why, and ... */
    char why[MODULE_WHY_SIZE];    /* ... what the loader said, cut off at the end; or "" */
};

struct module module_find(void);

#endif
