/*
 * find_module.h - the policy module, loaded with the first request that has a policy.
 *
 * It is found beside this library or in its installed folder, never by a search path.
 *
 * Threads: any; no lock is held while the dynamic loader works.
 * Errors:  NULL.
 */
#ifndef COMMISSIONED_FIND_MODULE_H
#define COMMISSIONED_FIND_MODULE_H

#include "commissioned/policy_image.h"
#include "core/names.h"

#ifndef MODULEDIR
#define MODULEDIR "/usr/local/lib/commissioned-auth"
#endif
#define MODULE_FOLDER "commissioned-auth"

policy_build_function *module_find(void);

#endif
