#include "preload/loader/loaded.h"

#include "preload/loader/late_libc.h"
#include "preload/loader/locks.h"

struct loaded_known loaded_known[LOADED_KNOWN];

/*
 * Whether a libcurl is in the process, or was, or may be. Until then no object can need one, for
 * what it needs is loaded with it. Atomic; never taken back.
 */
static bool is_libcurl_about;

static bool libcurl_is_about(void)
{
    return __atomic_load_n(&is_libcurl_about, __ATOMIC_RELAXED);
}

static void remember(const struct link_map *map)
{
    struct loaded_known *place = loaded_place(map);
    __atomic_store_n(&place->dynamic, map->l_ld, __ATOMIC_RELAXED);
    __atomic_store_n(&place->map, map, __ATOMIC_RELAXED);
}

/* From the first libcurl on: what was known before may need it. */
static void assume_libcurl(void)
{
    if (__atomic_exchange_n(&is_libcurl_about, true, __ATOMIC_RELAXED))
        return;
    for (unsigned i = 0; i < LOADED_KNOWN; i++)
        __atomic_store_n(&loaded_known[i].map, NULL, __ATOMIC_RELAXED);
}

/* ---- is there a libcurl ---------------------------------------------------------------------- */

const void *loaded_libcurl_in(const struct link_map *map)
{
    if (map->l_ld == _DYNAMIC) /* this library */
        return NULL;
    return elf_find_in(map->l_addr, map->l_ld, "curl_easy_init", ELF_HASH_CURL_EASY_INIT);
}

/* Named after the kernel, not by a path. getauxval(3) sets errno where there is none. */
static bool is_the_kernels(const struct link_map *map)
{
    static const char prefix[] = "linux-";
    unsigned i = 0;
    while (map->l_name != NULL && prefix[i] != '\0' && map->l_name[i] == prefix[i])
        i++;
    return prefix[i] == '\0';
}

bool loaded_check(const struct link_map *map, const struct elf_gnu_hash *table)
{
    /* The loader's small filter lets most names through. Without a table it cannot be told. */
    bool may_be = table != NULL ? !elf_is_loader(map) && loaded_libcurl_in(map) != NULL
                                : !is_the_kernels(map);
    if (may_be)
        assume_libcurl();
    return may_be;
}

/*
 * Of the loader's list, which grows at its end: an object that was there at the start, and so
 * stays; the last one that was looked at; and a sum over the places of those between them, for they
 * may be unloaded and others, or the same, come anew. The last two are one thread's at a time: see
 * walk.
 */
static const struct link_map *first; /* atomic */
static const struct link_map *last;
static uintptr_t last_sum;

void loaded_begin_behind(const struct link_map *map)
{
    __atomic_store_n(&first, map, __ATOMIC_RELAXED);
}

static inline uintptr_t add(uintptr_t sum, const struct link_map *map)
{
    return sum + (uintptr_t)map * (uintptr_t)map->l_ld;
}

/* Only what came since, where the rest is found as it was. True where there is a libcurl. */
static bool look_at_list(void)
{
    const struct link_map *begin = __atomic_load_n(&first, __ATOMIC_RELAXED), *map = begin;
    const struct link_map *end = last != NULL ? last : begin;
    uintptr_t sum = 0;
    if (begin == NULL)
        return true; /* another thread is about to set it: until then, who knows */
    while (map != end && (map = map->l_next) != NULL)
        sum = add(sum, map);
    if (map == NULL || sum != last_sum) {
        map = begin;
        sum = 0;
    }
    for (; map->l_next != NULL; sum = add(sum, map)) {
        map = map->l_next;
        if (loaded_look_at(map, elf_gnu_hash(map->l_addr, map->l_ld)))
            return true;
    }
    last = map;
    last_sum = sum;
    return false;
}

/* ---- who needs it ---------------------------------------------------------------------------- */

static bool is_libcurl(const char *file)
{
    return file[0] == 'l' && file[1] == 'i' && file[2] == 'b' && file[3] == 'c' && file[4] == 'u' &&
           file[5] == 'r' && file[6] == 'l';
}

/* As an object names what it needs: a file's name, or a path to it. Read up to its ".so". */
static bool names_libcurl(const char *path)
{
    if (is_libcurl(path))
        return true;
    for (; *path != '\0'; path++) {
        if (*path > '/')
            continue; /* most of them: the few below are looked at */
        if (*path == '/' && is_libcurl(path + 1))
            return true;
        if (path[0] == '.' && path[1] == 's' && path[2] == 'o')
            return false;
    }
    return false;
}

/* One pass: of the tags, the few wanted are the smallest. */
bool loaded_needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic)
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
        look->concerns_us = !loaded_is_known(map) && loaded_needs_libcurl(map->l_addr, map->l_ld);
}

static int look_further(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info, (void)size;
    if (libcurl_is_about() || look_at_list())
        look_behind(data);
    return 1;
}

/*
 * The caller holds the handle, so the object stays. Others stay while there is no other thread, or
 * the loader's lock is held; a threaded process that has not used libcurl yet has no lock of ours
 * that fork would wait for, so there they are not looked at. False where somebody else is at the
 * list: they are looked at with the next call.
 */
static bool look_at_others(struct look *look)
{
    if (late_libc_is_alone())
        return look_further(NULL, 0, look) == 1;
    if (!late_libc_is_bound())
        return true;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    dl_iterate_phdr(look_further, look);
    lock_give(LOCK_LOADER);
    return true;
}

/* An object that needs a libcurl is never remembered: it may be unloaded and come back in its
 * place. */
__attribute__((noinline)) static bool needs_or_brought(const struct link_map *map)
{
    struct look look = {map, loaded_needs_libcurl(map->l_addr, map->l_ld)};
    if (!look.concerns_us && look_at_others(&look) && !look.concerns_us)
        remember(map);
    return look.concerns_us;
}

bool loaded_concerns_us(const struct link_map *map)
{
    if (!late_libc_is_alone() || libcurl_is_about() || look_at_list())
        return needs_or_brought(map);
    remember(map); /* most processes: they have no libcurl */
    return false;
}
