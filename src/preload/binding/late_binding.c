#include "preload/binding/late_binding.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "core/cleanup.h"
#include "preload/binding/own_names.h"
#include "preload/binding/repoint.h"
#include "preload/libcurl/provider.h"
#include "preload/loader/elf_find.h"
#include "preload/loader/host_error.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"
#include "preload/loader/needs.h"
#include "preload/loader/object.h"

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
    auto_errno int saved = errno;
    auto_host_error struct host_error kept = host_error_keep();
    const struct provider *provider = provider_of(found);
    if (provider != NULL)
        found = own_entry(own_name(name), provider);
    return found;
}

/* ---- what was loaded ------------------------------------------------------------------------- */

enum { NAME_SIZE = 512 };

/* An object that may call libcurl. Copied, for it may be unloaded as soon as the loader's lock is
 * free. */
struct candidate {
    uintptr_t base;
    char name[NAME_SIZE];
};

/* The loader's list may change between two looks: then its count does
 * too, and all is done again. */
struct survey {
    unsigned done; /* objects, up to the last candidate */
    bool found;
    bool complete; /* there was no further candidate */
    struct candidate candidate;
};

/* The loader's count of objects when all that need a libcurl were bound; atomic. */
static unsigned long long bound_at;

/* One at a time: threads with small stacks call dlsym too. */
static bool is_candidate(const struct link_map *map, struct candidate *candidate)
{
    if (!needs_libcurl(map->l_addr, map->l_ld) || map->l_name == NULL)
        return false;
    const char *name = libc_is_program(map) ? "" : map->l_name;
    size_t length = strlen(name);
    if (length >= NAME_SIZE)
        return false;
    candidate->base = map->l_addr;
    memcpy(candidate->name, name, length + 1);
    return true;
}

static int find_candidate(struct dl_phdr_info *info, size_t size, void *data)
{
    struct survey *survey = data;
    unsigned seen = 0;
    const struct link_map *map = elf_loaded();
    (void)info, (void)size;
    for (; map != NULL && !survey->found; map = map->l_next)
        survey->found = seen++ >= survey->done && is_candidate(map, &survey->candidate);
    survey->done = seen;
    return 1;
}

/* ---- one object ------------------------------------------------------------------------------ */

static int find_place(struct dl_phdr_info *info, size_t size, void *data)
{
    struct repoint_place *place = data;
    (void)size;
    if (info->dlpi_addr != place->base)
        return 0;
    repoint_measure(place, info);
    return 1;
}

/* False where somebody else was reading the loader's list, or it is gone. */
static bool measure(struct repoint_place *place)
{
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    bool found = dl_iterate_phdr(find_place, place) != 0;
    lock_give(LOCK_LOADER);
    return found;
}

/*
 * A plugin gets entries that know its libcurl even while there is no other: a second one may come,
 * and the call that would show it may be a tail call. The main program, which is most of what links
 * libcurl, is told by its return address for as long as that is enough; its slots lead to us from
 * the start.
 */
static void bind_to(const struct candidate *candidate, const struct link_map *map, const void *init)
{
    struct repoint_place place = {.base = candidate->base};
    struct repoint object = {.place = &place, .map = map};
    if (init == NULL || map->l_addr != candidate->base)
        return;
    object.provider = provider_of(init);
    if (object.provider != NULL && loaded_libcurl_in(map) == NULL && measure(&place))
        repoint(&object);
}

static void bind_object(const struct candidate *candidate)
{
    struct link_map *map = NULL;
    if (candidate->name[0] == '\0') { /* it never goes, so it needs no handle */
        bind_to(candidate, elf_loaded(), dlsym(RTLD_NEXT, "curl_easy_init"));
        return;
    }
    void *handle = dlopen(candidate->name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return; /* gone again */
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
        bind_to(candidate, map, dlsym(handle, "curl_easy_init"));
    dlclose(handle);
}

/* Of a plugin that looks libcurl up itself. The caller holds its handle. */
__attribute__((noinline)) static void bind_dlsym_of(const struct link_map *map)
{
    struct repoint_place place = {.base = map->l_addr};
    struct repoint object = {.place = &place, .map = map};
    auto_errno int saved = errno;
    auto_host_error struct host_error kept = host_error_keep();
    if (measure(&place))
        repoint(&object);
}

/* Somebody in front of us answers for libcurl's names: then the modules are theirs. What stands
 * there was there at the start, and stays. */
static bool is_first(void)
{
    const struct link_map *map = elf_loaded();
    while (map != NULL && map->l_ld != _DYNAMIC && loaded_libcurl_in(map) == NULL)
        map = map->l_next;
    return map != NULL && map->l_ld == _DYNAMIC;
}

/* False where there is none, or somebody else was reading the loader's list. */
static bool find_next_candidate(struct survey *survey)
{
    survey->complete = false;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    survey->found = false;
    dl_iterate_phdr(find_candidate, survey);
    lock_give(LOCK_LOADER);
    survey->complete = !survey->found;
    return survey->found;
}

/* False where somebody else was reading the loader's list. The program is the first on it. */
static bool bind_all(void)
{
    auto_errno int saved = errno;
    bool several = provider_count_loaded(NULL) > 1;
    struct survey survey = {.done = several ? 0 : 1};
    while (find_next_candidate(&survey))
        bind_object(&survey.candidate);
    return survey.complete;
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

void late_binding_renew(void)
{
    unsigned long long now;
    if (!late_libc_bind() || !object_loads(&now) ||
        __atomic_load_n(&bound_at, __ATOMIC_RELAXED) == now)
        return;
    auto_host_error struct host_error kept = host_error_keep();
    if (is_first() && bind_all())
        __atomic_store_n(&bound_at, now, __ATOMIC_RELAXED);
}

/* Whatever is known: it may have been unloaded and come back. */
void late_binding_asked(const struct link_map *map, const char *name)
{
    if (is_asked_by_php(name) && repoint_imports_dlsym(map) && late_libc_bind())
        bind_dlsym_of(map);
}
