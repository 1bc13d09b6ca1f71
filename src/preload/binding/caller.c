#include "preload/binding/caller.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "core/cleanup.h"
#include "preload/binding/late_binding.h"
#include "preload/libcurl/pass_through.h"
#include "preload/loader/elf_find.h"
#include "preload/loader/host_error.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"
#include "preload/loader/object.h"

enum { MAX_CALLERS = 8 };

/* All below is written with LOCK_PROVIDERS held. */
struct main_program caller_main;

/* Callers seen before, so that a library that makes many handles is not looked up for each. */
struct caller {
    uintptr_t start;
    uintptr_t end;
    struct origin_of_call origin;
};
static struct caller callers[MAX_CALLERS];
static unsigned ncallers;
/* Objects that the loader had added and removed when `callers` was filled. */
static unsigned long long loads;

/* ---- what a caller sees ---------------------------------------------------------------------- */

/* A function of libcurl's as that object's own scope has it. */
static void *find_in_scope(const struct link_map *map, const char *name)
{
    if (object_is_program(map))
        return dlsym(RTLD_NEXT, name);
    void *handle = object_reopen(map);
    void *found = handle != NULL ? dlsym(handle, name) : NULL;
    if (handle != NULL)
        dlclose(handle);
    return found != NULL && !object_is_ours(found) ? found : NULL;
}

bool caller_reaches(const void *caller, const char *name)
{
    auto_errno int saved = errno;
    auto_host_error struct host_error kept = host_error_keep();
    const struct link_map *map = libc_object_of(caller);
    return dlsym(RTLD_NEXT, name) != NULL || (map != NULL && find_in_scope(map, name) != NULL);
}

void *caller_function(const void *caller, const char *name)
{
    auto_errno int saved = errno;
    auto_host_error struct host_error kept = host_error_keep();
    const struct link_map *map = libc_object_of(caller);
    return map != NULL && !object_is_program(map) ? find_in_scope(map, name) : NULL;
}

/* A libcurl calls itself: the first call of many a program comes out of curl_share_setopt. */
static const void *find_init(const void *caller)
{
    const struct link_map *map = libc_object_of(caller);
    const void *own = map != NULL ? loaded_libcurl_in(map) : NULL;
    if (own != NULL || map == NULL || object_is_ours(caller))
        return own;
    if (object_is_program(map))
        own = loaded_libcurl_behind();
    return own != NULL ? own : find_in_scope(map, "curl_easy_init");
}

static struct origin_of_call resolve(const void *caller)
{
    struct origin_of_call origin = {NULL, false};
    const void *init = find_init(caller);
    if (init == NULL) {
        /* A tail call, code made at run time, or a plugin that relies on the global scope. */
        const void *any;
        origin.ambiguous = provider_count_loaded(&any) > 1;
        init = dlsym(RTLD_NEXT, "curl_easy_init");
        if (init == NULL)
            init = any;
    }
    if (init != NULL)
        origin.provider = provider_of(init);
    return origin;
}

/* ---- callers seen before --------------------------------------------------------------------- */

static bool is_inside(const struct caller *known, const void *address)
{
    return (uintptr_t)address - known->start < known->end - known->start;
}

static void remember(const void *address, struct origin_of_call origin, unsigned long long now)
{
    struct elf_extent mapping;
    struct link_map *map = libc_object_of(address);
    if (map == NULL || origin.provider == NULL || !object_mapping(address, &mapping))
        return;
    struct caller caller = {mapping.start, mapping.end, origin};
    lock_take(LOCK_PROVIDERS);
    if (object_is_program(map) && !origin.ambiguous && caller_main.end == 0) {
        caller_main.start = caller.start;
        caller_main.provider = origin.provider;
        __atomic_store_n(&caller_main.end, caller.end, __ATOMIC_RELEASE);
    } else if (now == loads && ncallers < MAX_CALLERS) {
        callers[ncallers++] = caller;
    } else {
        callers[0] = caller;
        ncallers = 1;
        loads = now;
    }
    lock_give(LOCK_PROVIDERS);
}

static bool recall(const void *address, struct origin_of_call *origin, unsigned long long now)
{
    bool found = false;
    lock_take(LOCK_PROVIDERS);
    for (unsigned i = 0; now == loads && !found && i < ncallers; i++) {
        found = is_inside(&callers[i], address);
        if (found)
            *origin = callers[i].origin;
    }
    lock_give(LOCK_PROVIDERS);
    return found;
}

static struct origin_of_call ask_loader(const void *caller)
{
    struct origin_of_call origin = {NULL, false};
    unsigned long long now = 0;
    bool known = object_loads(&now);
    if (known && recall(caller, &origin, now))
        return origin;
    late_binding_renew();
    origin = resolve(caller);
    if (known)
        remember(caller, origin, now);
    return origin;
}

/* Apart, so that the fast way saves no registers. */
__attribute__((noinline)) static struct origin_of_call origin_slow(const void *caller)
{
    struct origin_of_call origin = {provider_calling(caller), false};
    if (origin.provider != NULL)
        return origin;
    if (late_libc_bind()) {
        auto_errno int saved = errno;
        auto_host_error struct host_error kept = host_error_keep();
        origin = ask_loader(caller);
        if (origin.provider != NULL)
            return origin;
    }
    /* A libcurl more than there are places for, or a C library that cannot be bound. */
    return (struct origin_of_call){pass_through_for(caller), true};
}

struct origin_of_call caller_origin(const void *caller)
{
    const struct provider *provider = caller_main_provider(caller);
    if (provider != NULL)
        return (struct origin_of_call){provider, false};
    return origin_slow(caller);
}
