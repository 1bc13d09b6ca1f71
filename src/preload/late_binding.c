#include "late_binding.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "elf_find.h"
#include "late_libc.h"
#include "locks.h"
#include "own_names.h"
#include "provider.h"
#include "repoint.h"

bool late_binding_is_ours(const char *name)
{
    return late_libc_bind() && own_name(name) < OWN_LIBCURLS;
}

bool late_binding_is_exported(const void *function)
{
    unsigned i = 0;
    while (i < OWN_LIBCURLS && own_function(i) != function)
        i++;
    return i < OWN_LIBCURLS;
}

void *late_binding_instead(const char *name, void *found)
{
    int saved = errno;
    const struct provider *provider = provider_of(found);
    if (provider != NULL)
        found = own_entry(own_name(name), provider);
    errno = saved;
    return found;
}

/* ---- what was loaded ---------------------------------------------------------------------------
 */

enum { NAME_SIZE = 512 };

/* An object that may call libcurl. Copied, for it may be unloaded as soon as the loader's lock is
 * free. */
struct candidate {
    struct repoint_place place;
    char name[NAME_SIZE];
};

/* The loader's list may change between two looks: then its count does too, and all is done again.
 */
struct survey {
    unsigned done; /* objects, up to the last candidate */
    unsigned seen; /* objects of this look */
    bool complete; /* there was no further candidate */
    struct candidate candidate;
};

/*
 * Fingerprints of objects that need no libcurl; atomic. Two that share a place are looked at again.
 * An object that does need one is never remembered: it may be unloaded and come back in its place.
 */
enum { REMEMBERED = 64 };
static uintptr_t remembered[REMEMBERED];

/* The loader's count of objects when all that need a libcurl were bound; atomic. */
static unsigned long long bound_at;

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

/* One pass, for this is read in many processes: of the tags, the few wanted are the smallest. */
static bool needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic)
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

/* One at a time: threads with small stacks call dlsym too. */
static int find_candidate(struct dl_phdr_info *info, size_t size, void *data)
{
    struct survey *survey = data;
    (void)size;
    if (survey->seen++ < survey->done)
        return 0;
    size_t length = strlen(info->dlpi_name);
    if (length >= NAME_SIZE || !needs_libcurl(info->dlpi_addr, elf_dynamic(info)))
        return 0;
    repoint_measure(&survey->candidate.place, info);
    memcpy(survey->candidate.name, info->dlpi_name, length + 1);
    survey->done = survey->seen;
    return 1;
}

/* ---- one object --------------------------------------------------------------------------------
 */

/*
 * A plugin gets entries that know its libcurl even while there is no other: a second one may come,
 * and the call that would show it may be a tail call. The main program, which is most of what links
 * libcurl, is told by its return address for as long as that is enough.
 */
static void bind_object(const struct candidate *candidate, bool several)
{
    bool is_plugin = candidate->name[0] != '\0';
    struct link_map *map = NULL;
    struct repoint object = {.place = &candidate->place, .told_apart = several || is_plugin};
    void *handle = dlopen(is_plugin ? candidate->name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return; /* gone again */
    void *init = dlsym(is_plugin ? handle : RTLD_NEXT, "curl_easy_init");
    if (init != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
        map->l_addr == candidate->place.base)
        object.provider = provider_of(init);
    if (object.provider != NULL &&
        elf_find_in(map->l_addr, map->l_ld, "curl_easy_init", ELF_HASH_CURL_EASY_INIT) == NULL) {
        object.map = map;
        repoint(&object);
    }
    dlclose(handle);
}

static int find_place(struct dl_phdr_info *info, size_t size, void *data)
{
    struct repoint_place *place = data;
    (void)size;
    if (info->dlpi_addr != place->base)
        return 0;
    repoint_measure(place, info);
    return 1;
}

/* Of a plugin that looks libcurl up itself. The caller holds its handle. */
static void bind_dlsym_of(const struct link_map *map)
{
    struct repoint_place place = {.base = map->l_addr};
    struct repoint object = {.place = &place, .map = map};
    int saved = errno;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return;
    bool found = dl_iterate_phdr(find_place, &place) != 0;
    lock_give(LOCK_LOADER);
    if (found)
        repoint(&object);
    errno = saved;
}

/* Somebody in front of us answers for libcurl's names: then the modules are theirs. */
static bool is_first(void)
{
    return late_dlsym()(RTLD_DEFAULT, "curl_easy_init") == own_function(OWN_curl_easy_init);
}

static bool find_next_candidate(struct survey *survey)
{
    survey->seen = 0;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    int found = dl_iterate_phdr(find_candidate, survey);
    lock_give(LOCK_LOADER);
    survey->complete = found == 0;
    return found != 0;
}

/* False where somebody else was reading the loader's list. */
static bool bind_all(void)
{
    struct survey survey = {.done = 0};
    int saved = errno;
    bool several = provider_count_loaded() > 1;
    while (find_next_candidate(&survey))
        bind_object(&survey.candidate, several);
    dlerror(); /* a name that was not found must not be the host's next error */
    errno = saved;
    return survey.complete;
}

static uintptr_t *place_of(const struct link_map *map, uintptr_t *print)
{
    uintptr_t dynamic = (uintptr_t)map->l_ld;
    *print = (uintptr_t)map ^ (dynamic << 7) ^ (dynamic >> 9);
    return &remembered[((uintptr_t)map >> 6) % REMEMBERED];
}

static bool is_remembered(const struct link_map *map)
{
    uintptr_t print;
    const uintptr_t *place = place_of(map, &print);
    return __atomic_load_n(place, __ATOMIC_RELAXED) == print;
}

static void remember(const struct link_map *map)
{
    uintptr_t print;
    uintptr_t *place = place_of(map, &print);
    __atomic_store_n(place, print, __ATOMIC_RELAXED);
}

struct look {
    const struct link_map *from;
    bool concerns_us;
};

/*
 * What an object brought stands behind it in the loader's list, up to the next one that was asked
 * about: a plugin may call libcurl through a library of its own.
 */
static int look_behind(struct dl_phdr_info *info, size_t size, void *data)
{
    struct look *look = data;
    const struct link_map *map = look->from->l_next;
    (void)info, (void)size;
    for (; !look->concerns_us && map != NULL && !is_remembered(map); map = map->l_next)
        look->concerns_us = needs_libcurl(map->l_addr, map->l_ld);
    return 1;
}

/*
 * The caller holds the handle, so the object stays. Its neighbours stay while there is no other
 * thread, or the loader's lock is held; a threaded process that has not used libcurl yet has no
 * lock of ours that fork would wait for, so there they are not looked at. What stands behind the
 * program was there at the start, and is bound to us, or has a handle of its own.
 */
static bool look_at(struct look *look)
{
    const struct link_map *map = look->from;
    look->concerns_us = needs_libcurl(map->l_addr, map->l_ld);
    if (look->concerns_us || map->l_next == NULL || map->l_prev == NULL)
        return true;
    if (late_libc_is_alone())
        return look_behind(NULL, 0, look) == 1;
    if (!late_libc_is_bound())
        return true;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    dl_iterate_phdr(look_behind, look);
    lock_give(LOCK_LOADER);
    return true;
}

/*
 * PHP asks each of its extensions for this name first, and loads them all with RTLD_DEEPBIND.
 * Looking through the imports of every object of every process for the sake of one that both was
 * loaded so and calls dlsym would cost all of them more than the rest of late binding.
 */
static bool is_asked_by_php(const char *name)
{
    return name != NULL && name[0] == 'g' && elf_same_name(name, "get_module");
}

/* Most processes come here and have no libcurl: for them this is done once for each handle. */
static bool concerns_us(const struct link_map *map)
{
    struct look look = {map, false};
    if (look_at(&look) && !look.concerns_us)
        remember(map);
    return look.concerns_us;
}

/* Out of line: what comes before it runs at every call of dlsym. */
__attribute__((noinline)) static void look_closely(const struct link_map *map)
{
    unsigned long long now;
    if ((map != NULL && !concerns_us(map)) || !late_libc_bind() || !provider_loads(&now) ||
        __atomic_load_n(&bound_at, __ATOMIC_RELAXED) == now)
        return;
    if (is_first() && bind_all())
        __atomic_store_n(&bound_at, now, __ATOMIC_RELAXED);
}

void late_binding_look(const void *handle, const char *name)
{
    const struct link_map *map = handle; /* what dlopen returns: dlinfo(3), RTLD_DI_LINKMAP */
    if (map == NULL || !is_remembered(map))
        look_closely(map);
    /* Whatever is remembered: it may have been unloaded and come back. */
    if (is_asked_by_php(name) && map != NULL && repoint_imports_dlsym(map) && late_libc_bind())
        bind_dlsym_of(map);
}
