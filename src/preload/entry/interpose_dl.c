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

#if defined(__powerpc64__) && _CALL_ELF == 2
/*
 * No compiler jumps here from one library to another: the callee may change the register that
 * points to the library's data, and who called must put it back. But whoever calls dlsym, in
 * another library, expects that of it already. So the jump is written by hand: what is asked first
 * says where it goes, or what the answer is.
 * Source: the 64-bit ELF V2 ABI for Power, 2.2 (stack frame, TOC pointer save) and 2.3.2.
 */
struct step {
    void *found;
    void (*next)(void); /* NULL: the answer is `found` */
};
struct step dlsym_step(void *handle, const char *name, const void *caller);
struct step dlvsym_step(void *handle, const char *name, const char *version);

struct step dlsym_step(void *handle, const char *name, const void *caller)
{
    dlsym_function *real = late_dlsym();
    look(handle, name);
    void *found = is_of_interest(name) ? answer(caller, handle, name) : &pass_on;
    if (found != &pass_on)
        return (struct step){found, NULL};
    return (struct step){NULL, (void (*)(void))real};
}

struct step dlvsym_step(void *handle, const char *name, const char *version)
{
    dlvsym_function *real = late_dlvsym();
    look(handle, name);
    if (!is_libcurl_name(name) || is_pseudo(handle))
        return (struct step){NULL, (void (*)(void))real};
    void *found = real(handle, name, version);
    return (struct step){found != NULL ? late_binding_instead(name, found) : NULL, NULL};
}

/* The three arguments are kept in a frame of 64 bytes, and r5 holds the third or who calls. */
#define JUMP_AFTER(name, step, third)                                                              \
    __asm__(".text\n .p2align 4\n .globl " name "\n .type " name ",@function\n" name ":\n"         \
            " .cfi_startproc\n"                                                                    \
            "0: addis 2,12,.TOC.-0b@ha\n addi 2,2,.TOC.-0b@l\n .localentry " name ",.-" name "\n"  \
            " mflr 0\n std 0,16(1)\n stdu 1,-64(1)\n .cfi_def_cfa_offset 64\n .cfi_offset lr,16\n" \
            " std 3,32(1)\n std 4,40(1)\n std 5,48(1)\n" third " bl " step "\n nop\n"              \
            " mr 12,4\n cmpdi 4,0\n ld 0,80(1)\n ld 4,40(1)\n ld 5,48(1)\n mtlr 0\n"               \
            " beq 1f\n ld 3,32(1)\n"                                                               \
            "1: addi 1,1,64\n .cfi_def_cfa_offset 0\n .cfi_restore lr\n beqlr\n mtctr 12\n bctr\n" \
            " .cfi_endproc\n .size " name ",.-" name "\n")

JUMP_AFTER("dlsym", "dlsym_step", " mr 5,0\n");
JUMP_AFTER("dlvsym", "dlvsym_step", "");
#else
EXPORT void *exported_dlsym(void *handle, const char *name) __asm__("dlsym");
EXPORT void *exported_dlvsym(void *handle, const char *name, const char *version) __asm__("dlvsym");
void *dlsym_slow(void *handle, const char *name);

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
#endif
