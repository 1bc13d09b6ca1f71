#include <dlfcn.h>
#include <stddef.h>

#include "core/cleanup.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/libc_kind.h"

extern void *__dso_handle __attribute__((visibility("hidden")));

/* dladdr1(3) looks for the nearest symbol besides, which costs a large library's whole table. */
struct link_map *libc_object_of(const void *address)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE /* dlfcn.h has _dl_find_object */
    struct dl_find_object object;
    if (late.find_object != NULL)
        return late.find_object((void *)(uintptr_t)address, &object) == 0 ? object.dlfo_link_map
                                                                          : NULL;
#endif
    auto_errno int saved = errno;
    Dl_info info;
    void *map = NULL;
    return dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 ? map : NULL;
}

void *libc_reopen(const struct link_map *map, int flags)
{
    const char *name = libc_is_program(map) ? NULL : map->l_name;
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD | flags);
    struct link_map *opened = NULL;
    if (handle == NULL || (dlinfo(handle, RTLD_DI_LINKMAP, &opened) == 0 && opened == map))
        return handle;
    dlclose(handle);
    return NULL;
}

bool libc_folder_of(const struct link_map *map, char *folder)
{
    void *self = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (self == NULL)
        return false;
    bool found = dlinfo(self, RTLD_DI_ORIGIN, folder) == 0;
    dlclose(self);
    return found;
}

#ifdef MODULE_STANDS_ALONE

/*
 * It has libconfig in it, with names that nobody else finds, and calls the C library alone:
 * RTLD_DEEPBIND, so that it finds the library's own functions, whoever stands before them.
 */
void *libc_open_apart(const char *path, const char **why)
{
    (void)why;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

/* Sanitizers cannot follow code into a second namespace: their builds load
 * the module in the first. */
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void *libc_open_apart(const char *path, const char **why)
{
    (void)why;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

#else

/* There are 16 namespaces in a process with glibc, and who has used them up has no other way.
 */
void *libc_open_apart(const char *path, const char **why)
{
    (void)why;
    void *module = dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL && dlsym(RTLD_DEFAULT, "config_init") == NULL)
        module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return module;
}
#endif

void libc_watch_forks(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    __register_atfork(prepare, parent, child, &__dso_handle);
}

/* The lock that dl_iterate_phdr takes is not renewed by fork (glibc 2.36, measured). */
bool libc_lists_survive_fork(void)
{
    return false;
}
