#include "loaded.h"

#include "late_libc.h"
#include "locks.h"

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

/* ---- is there a libcurl ------------------------------------------------------------------------
 */

const void *loaded_libcurl_in(const struct link_map *map)
{
    if (map->l_ld == _DYNAMIC) /* this library */
        return NULL;
    return elf_find_in(map->l_addr, map->l_ld, "curl_easy_init", ELF_HASH_CURL_EASY_INIT);
}

/* From the first libcurl on: what came with it, or before it unseen, may need it. */
static void begin_anew(void)
{
    if (__atomic_exchange_n(&is_libcurl_about, true, __ATOMIC_RELAXED))
        return;
    for (unsigned i = 0; i < LOADED_KNOWN; i++)
        __atomic_store_n(&loaded_known[i].map, NULL, __ATOMIC_RELAXED);
}

/* Named after the kernel, not by a path. To ask for its address sets errno where there is none. */
static bool is_the_kernels(const struct link_map *map)
{
    static const char prefix[] = "linux-";
    unsigned i = 0;
    while (map->l_name != NULL && prefix[i] != '\0' && map->l_name[i] == prefix[i])
        i++;
    return prefix[i] == '\0';
}

/* Its small filter lets most names through. */
static bool is_the_loader(const struct link_map *map)
{
    return map->l_addr != 0 && map->l_addr == getauxval(AT_BASE);
}

bool loaded_check(const struct link_map *map, const struct elf_gnu_hash *table)
{
    /* Without a table it cannot be told. */
    bool may_be = table != NULL ? !is_the_loader(map) && loaded_libcurl_in(map) != NULL
                                : !is_the_kernels(map);
    if (may_be)
        begin_anew();
    return may_be;
}

void loaded_were_looked_at(const struct link_map *last)
{
    if (!libcurl_is_about())
        remember(last);
}

static bool is_to_look_at(const struct link_map *map)
{
    return map != NULL && !loaded_is_known(map);
}

/*
 * Both ways, up to objects that are known. What was not looked at yet always stands at the list's
 * end, so of those in a row it is enough to know the last. True where there is a libcurl.
 */
static bool look_around(const struct link_map *from)
{
    const struct link_map *last = from, *map = from;
    do {
        if (loaded_look_at(map, elf_gnu_hash(map->l_addr, map->l_ld)))
            return true;
        map = map->l_prev;
    } while (is_to_look_at(map));
    for (map = from->l_next; is_to_look_at(map); map = map->l_next) {
        if (loaded_look_at(map, elf_gnu_hash(map->l_addr, map->l_ld)))
            return true;
        last = map;
    }
    remember(from);
    if (last != from)
        remember(last);
    return false;
}

static int look_around_locked(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info, (void)size;
    look_around(data);
    return 1;
}

/* ---- who needs it ------------------------------------------------------------------------------
 */

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
    const ElfW(Dyn) *first = dynamic, *end = dynamic; /* between them stand the names */
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
    for (; strings != NULL && first < end; first++)
        if (first->d_tag == DT_NEEDED && names_libcurl(strings + first->d_un.d_val))
            return true;
    return false;
}

struct look {
    const struct link_map *from;
    bool concerns_us;
};

/*
 * What an object brought stands behind it, up to the next one that was asked about: a plugin may
 * call libcurl through a library of its own.
 */
static void look_behind(struct look *look)
{
    const struct link_map *map = look->from->l_next;
    for (; !look->concerns_us && map != NULL && !loaded_is_known(map); map = map->l_next)
        look->concerns_us = loaded_needs_libcurl(map->l_addr, map->l_ld);
}

static int look_behind_locked(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info, (void)size;
    look_behind(data);
    return 1;
}

/* ---- one object --------------------------------------------------------------------------------
 */

/*
 * The caller holds the handle, so the object stays. Its neighbours stay while there is no other
 * thread, or the loader's lock is held; a threaded process that has not used libcurl yet has no
 * lock of ours that fork would wait for, so there they are not looked at.
 */
enum walk { WALKED, BUSY, BARRED };

/* In a process of several threads. */
static enum walk walk(int (*step)(struct dl_phdr_info *, size_t, void *), void *data)
{
    if (!late_libc_is_bound())
        return BARRED;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return BUSY;
    dl_iterate_phdr(step, data);
    lock_give(LOCK_LOADER);
    return WALKED;
}

/* What stands behind the program was there at the start, and is bound to us, or has a handle of its
 * own. */
static bool brought_something(const struct link_map *map)
{
    return map->l_next != NULL && map->l_prev != NULL;
}

/* An object that needs a libcurl is never remembered: it may be unloaded and come back in its
 * place. */
__attribute__((noinline)) static bool needs_or_brought(const struct link_map *map)
{
    struct look look = {map, loaded_needs_libcurl(map->l_addr, map->l_ld)};
    if (look.concerns_us)
        return true;
    if (brought_something(map)) {
        if (late_libc_is_alone())
            look_behind(&look);
        else if (walk(look_behind_locked, &look) == BUSY)
            return false;
    }
    if (!look.concerns_us)
        remember(map);
    return look.concerns_us;
}

/* Where another thread is at the list it counts as none, until the next call. */
static bool find_libcurl(const struct link_map *map)
{
    if (late_libc_is_alone())
        return look_around(map);
    if (walk(look_around_locked, (void *)(uintptr_t)map) == BARRED)
        __atomic_store_n(&is_libcurl_about, true, __ATOMIC_RELAXED);
    return libcurl_is_about();
}

bool loaded_concerns_us(const struct link_map *map)
{
    return (libcurl_is_about() || find_libcurl(map)) && needs_or_brought(map);
}
