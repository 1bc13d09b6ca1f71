#include "preload/loader/needs.h"

#include <stddef.h>
#include <string.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"

static void remember(const struct link_map *map)
{
    struct loaded_known *place = loaded_place(map);
    __atomic_store_n(&place->dynamic, map->l_ld, __ATOMIC_RELAXED);
    __atomic_store_n(&place->map, map, __ATOMIC_RELAXED);
}

static bool is_libcurl(const char *file)
{
    return file[0] == 'l' && file[1] == 'i' && file[2] == 'b' && file[3] == 'c' && file[4] == 'u' &&
           file[5] == 'r' && file[6] == 'l';
}

/* Read up to its ".so", where the C library cannot be asked yet. */
static bool has_slash(const char *path)
{
    if (late_libc_is_bound())
        return strchr(path, '/') != NULL;
    for (; *path != '\0'; path++) {
        if (*path > '/')
            continue; /* most of them: the few below are looked at */
        if (*path == '/')
            return true;
        if (path[0] == '.' && path[1] == 's' && path[2] == 'o')
            return false;
    }
    return false;
}

/* As an object names what it needs: a file's name, or, seldom, a path to it. */
static bool names_libcurl(const char *path)
{
    if (is_libcurl(path))
        return true;
    if (!has_slash(path))
        return false;
    for (; *path != '\0'; path++)
        if (*path == '/' && is_libcurl(path + 1))
            return true;
    return false;
}

/* The names may stand anywhere. One pass: of the tags, the few wanted are the smallest. */
static bool needs_libcurl_slow(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    const char *strings = NULL;
    const ElfW(Dyn) *name = dynamic, *end = dynamic; /* between them stand the names */
    for (; dynamic != NULL; dynamic++) {
        if ((ElfW(Xword))dynamic->d_tag > DT_STRTAB)
            continue;
        if (dynamic->d_tag == DT_NULL)
            break;
        if (dynamic->d_tag == DT_NEEDED)
            end = dynamic + 1;
        else if (dynamic->d_tag == DT_STRTAB)
            strings = elf_pointer(base, dynamic->d_un.d_ptr);
    }
    for (; strings != NULL && name < end; name++)
        if (name->d_tag == DT_NEEDED && names_libcurl(strings + name->d_un.d_val))
            return true;
    return false;
}

/* Linkers put all the names first (GNU ld, gold, lld, mold; patchelf adds its own before them), so
 * an object that begins with one is read no further. */
bool needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    if (dynamic == NULL || dynamic->d_tag != DT_NEEDED)
        return needs_libcurl_slow(base, dynamic);
    const char *strings = elf_strings(base, dynamic);
    for (; strings != NULL && dynamic->d_tag == DT_NEEDED; dynamic++)
        if (names_libcurl(strings + dynamic->d_un.d_val))
            return true;
    return false;
}

struct look {
    const struct link_map *from;
    bool concerns_us;
};

/*
 * What an object brought stands behind it: a plugin may call libcurl through a library of its own.
 * What stands behind the program was there at the start, and is bound to us, or has a handle of its
 * own.
 */
static void look_behind(struct look *look)
{
    const struct link_map *map = look->from->l_prev != NULL ? look->from->l_next : NULL;
    for (; !look->concerns_us && map != NULL; map = map->l_next)
        look->concerns_us = !loaded_is_known(map) && needs_libcurl(map->l_addr, map->l_ld);
}

static int look_further(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info, (void)size;
    if (loaded_has_libcurl() || loaded_look_at_list())
        look_behind(data);
    return 1;
}

/*
 * The caller holds the handle, so the object stays. Others stay while there is no other thread, or
 * the loader's lock is held; a threaded process that has not used libcurl yet has no lock of ours
 * that fork would wait for, so there they are not looked at. Where nobody can say whether it is
 * threaded, it gets that lock now. False where somebody else is at the list: they are looked at
 * with the next call.
 */
static bool look_at_others(struct look *look)
{
    if (late_libc_is_alone())
        return look_further(NULL, 0, look) == 1;
    if (!late_libc_is_bound() && (late_libc_has_flag() || !late_libc_bind()))
        return true;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    dl_iterate_phdr(look_further, look);
    lock_give(LOCK_LOADER);
    return true;
}

/* An object that needs a libcurl is never remembered: it may be unloaded and come back in its
 * place. */
__attribute__((noinline)) static bool needs_us_slow(const struct link_map *map)
{
    struct look look = {map, needs_libcurl(map->l_addr, map->l_ld)};
    if (!look.concerns_us && look_at_others(&look) && !look.concerns_us)
        remember(map);
    return look.concerns_us;
}

bool needs_us(const struct link_map *map)
{
    if (!late_libc_is_alone() || loaded_has_libcurl() || loaded_look_at_list())
        return needs_us_slow(map);
    remember(map); /* most processes: they have no libcurl */
    return false;
}
