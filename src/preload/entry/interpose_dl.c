/*
 * dlsym and dlvsym, the two other exported names. For all names but libcurl's own the call is
 * passed on by a jump: the C library judges RTLD_NEXT, RTLD_DEFAULT and the namespace by the return
 * address, so it must be the caller's.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "core/export.h"
#include "preload/binding/caller.h"
#include "preload/binding/late_binding.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/needs.h"

/* A call that must be a jump, at every level of optimisation. */
#if defined(__has_attribute) && __has_attribute(musttail)
#define JUMP __attribute__((musttail)) return
#define JUMPS
#else
#define JUMP  return
#define JUMPS __attribute__((optimize("O2", "optimize-sibling-calls")))
#endif

EXPORT void *exported_dlsym(void *handle, const char *name) __asm__("dlsym");
EXPORT void *exported_dlvsym(void *handle, const char *name, const char *version) __asm__("dlvsym");
void *dlsym_slow(void *handle, const char *name);

static inline bool is_pseudo(const void *handle)
{
    return handle == RTLD_DEFAULT || handle == RTLD_NEXT;
}

static bool is_libcurl_name(const char *name)
{
    return name != NULL && name[0] == 'c' && name[1] == 'u' && name[2] == 'r' && name[3] == 'l' &&
           name[4] == '_' && late_binding_is_ours(name);
}

/*
 * The C library keeps what RTLD_DEFAULT found from being unloaded before its finder is (glibc:
 * DL_LOOKUP_ADD_DEPENDENCY). It finds us instead, so the libcurl behind us is asked for by a name
 * that is not ours.
 */
static void keep_loaded(void)
{
    late_dlsym()(RTLD_DEFAULT, "curl_version_info");
}

/* A plugin that was loaded with RTLD_DEEPBIND is answered out of its own scope first, past us. */
static void *find_by_default(const void *caller, const char *name)
{
    void *found = caller_function(caller, name);
    bool is_first = late_binding_is_exported(late_dlsym()(RTLD_DEFAULT, name));
    keep_loaded();
    return found != NULL && is_first ? late_binding_instead(name, found) : NULL;
}

/* An error for the host to find: nothing has that name. */
static void *find_nothing(const char *name)
{
    late_dlsym()(RTLD_NEXT, name); /* by our own return address, so no tail call */
    return NULL;
}

static void *find_instead(void *handle, const char *name)
{
    void *found = late_dlsym()(handle, name);
    /* Ours, found in the global scope: without a libcurl behind it, there is none to be found. */
    if (found != NULL && late_binding_is_exported(found))
        return late_dlsym()(RTLD_NEXT, name) != NULL ? found : NULL;
    return found != NULL ? late_binding_instead(name, found) : NULL;
}

/* A handle is the object's link_map: dlinfo(3), RTLD_DI_LINKMAP. */
static inline bool is_new(const void *handle)
{
    return !is_pseudo(handle) && !loaded_is_known(handle);
}

/* The letters of libcurl's names, and of the one that late_binding_asked waits for. */
static inline bool is_of_interest(const char *name)
{
    return name == NULL || name[0] == 'c' || name[0] == 'g';
}

/* What the call finds with us, or this: then it is to be passed on. */
static char pass_on;

__attribute__((noinline)) static void *answer(const void *caller, void *handle, const char *name)
{
    if (!is_libcurl_name(name))
        return &pass_on;
    if (!is_pseudo(handle))
        return find_instead(handle, name);
    /* Our own functions are in everybody's scope; a libcurl may be in nobody's. */
    if (!caller_reaches(caller, name))
        return find_nothing(name);
    void *found = handle == RTLD_DEFAULT ? find_by_default(caller, name) : NULL;
    return found != NULL ? found : &pass_on;
}

static inline void look(const void *handle, const char *name)
{
    if (is_new(handle) && needs_us(handle))
        late_binding_renew();
    if (is_of_interest(name) && !is_pseudo(handle))
        late_binding_asked(handle, name);
}

/*
 * Reached by a jump, so its return address is the caller's. Not static: of a static function gcc
 * changes the way in which arguments are passed, and then it cannot jump from here (i386).
 */
JUMPS __attribute__((noinline)) void *dlsym_slow(void *handle, const char *name)
{
    dlsym_function *real = late_dlsym();
    look(handle, name);
    if (is_of_interest(name)) {
        void *found = answer(__builtin_return_address(0), handle, name);
        if (found != &pass_on)
            return found;
    }
    JUMP real(handle, name);
}

/* Most calls are for another name, about an object that is known. */
JUMPS void *exported_dlsym(void *handle, const char *name)
{
    dlsym_function *real = late_next_dlsym_or_null();
    if (real == NULL || is_new(handle) || is_of_interest(name))
        JUMP dlsym_slow(handle, name);
    JUMP real(handle, name);
}

JUMPS void *exported_dlvsym(void *handle, const char *name, const char *version)
{
    dlvsym_function *real = late_dlvsym();
    look(handle, name);
    if (!is_libcurl_name(name) || is_pseudo(handle))
        JUMP real(handle, name, version);
    void *found = real(handle, name, version);
    return found != NULL ? late_binding_instead(name, found) : NULL;
}
