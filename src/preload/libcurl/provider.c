#include "preload/libcurl/provider.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "preload/binding/late_binding.h"
#include "preload/loader/elf_find.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"

enum { MAX_CALLERS = 8 };

/*
 * All below is written with lock_providers held. Readers need no lock: `count` is raised with
 * release order once an entry is complete, and an entry changes only when its library is gone.
 */
static struct provider providers[MAX_PROVIDERS];
static unsigned count;

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

struct main_program provider_main;

const struct provider *provider_sole;
const struct provider *provider_any;
easy_setopt_function *provider_sole_setopt;

/* ---- the loader's view ----------------------------------------------------------------------- */

static int read_loads(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    /* Not their sum: glibc 2.36 lowers dlpi_subs when an object comes into another namespace. */
    *(unsigned long long *)data = info->dlpi_adds << 32 ^ (uint32_t)info->dlpi_subs;
    return 1;
}

bool provider_loads(unsigned long long *now)
{
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    dl_iterate_phdr(read_loads, now);
    lock_give(LOCK_LOADER);
    return true;
}

/* Finds the object that contains mapping->start and widens the mapping to the whole of it. */
static int find_mapping(struct dl_phdr_info *info, size_t size, void *data)
{
    struct elf_extent *mapping = data;
    struct elf_extent extent = elf_extent(info);
    (void)size;
    if (!elf_extent_has(&extent, mapping->start))
        return 0;
    *mapping = extent;
    return 1;
}

static bool mapping_of(const void *address, struct elf_extent *mapping)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE /* dlfcn.h has _dl_find_object, which takes no lock at all */
    struct dl_find_object object;
    if (late.find_object != NULL) {
        if (late.find_object((void *)(uintptr_t)address, &object) != 0)
            return false;
        mapping->start = (uintptr_t)object.dlfo_map_start;
        mapping->end = (uintptr_t)object.dlfo_map_end;
        return true;
    }
#endif
    mapping->start = (uintptr_t)address;
    return loader_lists_are_safe() && dl_iterate_phdr(find_mapping, mapping) == 1;
}

static struct link_map *object_of(const void *address)
{
    Dl_info info;
    void *map = NULL;
    if (dladdr1(address, &info, &map, RTLD_DL_LINKMAP) == 0)
        return NULL;
    return map;
}

static bool is_main_program(const struct link_map *map)
{
    return map->l_name == NULL || map->l_name[0] == '\0';
}

/*
 * A handle on what is loaded already; dlclose it. NULL where it has just gone, or lives in another
 * link namespace: the name would lead to this one's copy.
 */
static void *reopen(const struct link_map *map)
{
    void *handle = dlopen(is_main_program(map) ? NULL : map->l_name, RTLD_LAZY | RTLD_NOLOAD);
    struct link_map *opened = NULL;
    if (handle == NULL || (dlinfo(handle, RTLD_DI_LINKMAP, &opened) == 0 && opened == map))
        return handle;
    dlclose(handle);
    return NULL;
}

static bool is_ours(const void *address)
{
    return object_of(address) == object_of(&providers);
}

/* ---- one libcurl ----------------------------------------------------------------------------- */

static const char real_names[] =
    "curl_easy_init\0curl_easy_setopt\0curl_easy_perform\0curl_easy_cleanup\0"
    "curl_easy_reset\0curl_easy_duphandle\0curl_easy_getinfo\0curl_multi_init\0"
    "curl_multi_add_handle\0curl_multi_remove_handle\0"
    "curl_multi_info_read\0curl_multi_cleanup\0curl_multi_setopt\0"
    "curl_multi_perform\0curl_multi_socket_action\0curl_version_info\0";
static const char parser_names[] = "curl_url\0curl_url_cleanup\0curl_url_dup\0curl_url_get\0"
                                   "curl_url_set\0curl_free\0";

enum { NAMES = 16, PARSER_NAMES = 6 };

/* The struct's members in the order of the names above. */
union real_table {
    struct real real;
    void *entry[sizeof(struct real) / sizeof(void *)];
};
_Static_assert(sizeof(struct real) == (NAMES + PARSER_NAMES) * sizeof(void *), "one name a member");

/* Looks `names` up in order into entry[]. Returns how many were found before the first that was
 * not. */
static unsigned find_names(void *handle, const char *names, void **entry)
{
    unsigned found = 0;
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
        entry[found] = dlsym(handle, name);
        if (entry[found] == NULL)
            return found;
        found++;
    }
    return found;
}

/* A library that wraps some of libcurl's functions and takes the rest from it is none. */
static bool are_inside(const struct elf_extent *mapping, void *const *entry, unsigned nentries)
{
    for (unsigned i = 0; i < nentries; i++)
        if (!elf_extent_has(mapping, (uintptr_t)entry[i]))
            return false;
    return true;
}

static bool fill(struct provider *provider, const struct link_map *map)
{
    union real_table table;
    struct elf_extent mapping;
    void *handle = reopen(map);
    memset(&table, 0, sizeof table);
    if (handle == NULL)
        return false;
    bool complete = find_names(handle, real_names, table.entry) == NAMES;
    if (complete)
        provider->version = table.real.version_info(CURLVERSION_NOW)->version_num;
#ifdef FORCE_OLD_LIBCURL /* `make check-old`: the libcurl that is here plays an old one */
    if (provider->version >= CURL_HAS_PREREQ)
        provider->version = CURL_HAS_PREREQ - 1;
#endif
    if (complete && provider->version >= CURL_HAS_URL_PARSER)
        complete = find_names(handle, parser_names, table.entry + NAMES) == PARSER_NAMES;
    complete = complete && mapping_of(table.entry[0], &mapping) &&
               are_inside(&mapping, table.entry, NAMES);
    dlclose(handle);
    if (!complete)
        return false;
    provider->real = table.real;
    provider->start = mapping.start;
    provider->end = mapping.end;
    return true;
}

static bool same_library(const struct provider *a, const struct provider *b)
{
    return memcmp(&a->real, &b->real, sizeof a->real) == 0 && a->start == b->start;
}

static bool still_loaded(const struct provider *provider)
{
    struct provider now;
    struct link_map *map;
    memset(&now, 0, sizeof now);
    map = object_of((const void *)provider->start);
    return map != NULL && fill(&now, map) && same_library(&now, provider);
}

static void publish_sole(void)
{
    const struct provider *sole =
        count == 1 && !provider_is_old(&providers[0]) ? &providers[0] : NULL;
    if (sole != NULL)
        __atomic_store_n(&provider_sole_setopt, sole->real.easy_setopt, __ATOMIC_RELAXED);
    __atomic_store_n(&provider_sole, sole, __ATOMIC_RELEASE);
    __atomic_store_n(&provider_any, &providers[0], __ATOMIC_RELEASE);
}

/* The entry of that library, new or known. `gone` marks entries, as `seen`, whose library was
 * unloaded. */
static const struct provider *enter(const struct provider *filled, const struct provider *seen,
                                    const bool *gone)
{
    unsigned free_entry = MAX_PROVIDERS;
    for (unsigned i = 0; i < count; i++) {
        if (same_library(&providers[i], filled))
            return &providers[i];
        if (gone[i] && same_library(&providers[i], &seen[i]))
            free_entry = i;
    }
    if (free_entry == MAX_PROVIDERS) {
        if (count == MAX_PROVIDERS)
            return NULL;
        free_entry = count;
    }
    providers[free_entry] = *filled;
    if (free_entry == count)
        __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
    publish_sole();
    return &providers[free_entry];
}

static const struct provider *provider_of_library(const struct link_map *map)
{
    struct provider filled;
    struct provider seen[MAX_PROVIDERS];
    bool gone[MAX_PROVIDERS] = {false};
    memset(&filled, 0, sizeof filled);
    if (!fill(&filled, map))
        return NULL;
    lock_take(LOCK_PROVIDERS);
    unsigned known = count;
    memcpy(seen, providers, known * sizeof seen[0]);
    lock_give(LOCK_PROVIDERS);
    for (unsigned i = 0; i < known; i++)
        gone[i] = !still_loaded(&seen[i]);
    lock_take(LOCK_PROVIDERS);
    const struct provider *provider = enter(&filled, seen, gone);
    lock_give(LOCK_PROVIDERS);
    return provider;
}

const struct provider *provider_of(const void *function)
{
    int saved = errno;
    struct link_map *map = object_of(function);
    const struct provider *provider =
        map != NULL && !is_ours(function) ? provider_of_library(map) : NULL;
    errno = saved;
    return provider;
}

unsigned provider_number(const struct provider *provider)
{
    return (unsigned)(provider - providers);
}

const struct provider *provider_at(unsigned number)
{
    return &providers[number];
}

/* ---- which one a caller means ---------------------------------------------------------------- */

struct libraries {
    unsigned count;
    const void *init; /* of one of them */
};

static int count_all(struct dl_phdr_info *info, size_t size, void *data)
{
    struct libraries *libraries = data;
    (void)info, (void)size;
    for (const struct link_map *map = elf_loaded(); map != NULL; map = map->l_next) {
        const void *init = loaded_libcurl_in(map);
        if (init != NULL) {
            libraries->count++;
            libraries->init = init;
        }
    }
    return 1;
}

/* Every loaded object that defines curl_easy_init itself. Where the loader's list cannot be read,
 * what is known counts. */
static struct libraries count_libraries(void)
{
    struct libraries libraries = {__atomic_load_n(&count, __ATOMIC_ACQUIRE), NULL};
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return libraries;
    libraries.count = 0;
    dl_iterate_phdr(count_all, &libraries);
    lock_give(LOCK_LOADER);
    return libraries;
}

/* A function of libcurl's as that object's own scope has it. */
static void *find_in_scope(const struct link_map *map, const char *name)
{
    if (is_main_program(map))
        return dlsym(RTLD_NEXT, name);
    void *handle = reopen(map);
    void *found = handle != NULL ? dlsym(handle, name) : NULL;
    if (handle != NULL)
        dlclose(handle);
    return found != NULL && !is_ours(found) ? found : NULL;
}

bool provider_is_reachable(const void *caller, const char *name)
{
    int saved = errno;
    const struct link_map *map = object_of(caller);
    bool reachable =
        dlsym(RTLD_NEXT, name) != NULL || (map != NULL && find_in_scope(map, name) != NULL);
    dlerror();
    errno = saved;
    return reachable;
}

void *provider_function_of(const void *caller, const char *name)
{
    int saved = errno;
    const struct link_map *map = object_of(caller);
    void *found = map != NULL && !is_main_program(map) ? find_in_scope(map, name) : NULL;
    dlerror();
    errno = saved;
    return found;
}

static struct origin_of_call resolve(const void *caller)
{
    struct origin_of_call origin = {NULL, false};
    struct link_map *map = object_of(caller);
    const void *init =
        map != NULL && !is_ours(caller) ? find_in_scope(map, "curl_easy_init") : NULL;
    if (init == NULL) {
        /* A tail call, code made at run time, or a plugin that relies on the global scope. */
        struct libraries libraries = count_libraries();
        origin.ambiguous = libraries.count > 1;
        init = dlsym(RTLD_NEXT, "curl_easy_init");
        if (init == NULL)
            init = libraries.init;
    }
    struct link_map *library = init != NULL ? object_of(init) : NULL;
    if (library != NULL)
        origin.provider = provider_of_library(library);
    dlerror(); /* a name that was not found must not be the host's next error */
    return origin;
}

unsigned provider_count_loaded(void)
{
    return count_libraries().count;
}

static bool is_inside(const struct caller *known, const void *address)
{
    return (uintptr_t)address - known->start < known->end - known->start;
}

static void remember(const void *address, struct origin_of_call origin, unsigned long long now)
{
    struct elf_extent mapping;
    struct link_map *map = object_of(address);
    if (map == NULL || origin.provider == NULL || !mapping_of(address, &mapping))
        return;
    struct caller caller = {mapping.start, mapping.end, origin};
    lock_take(LOCK_PROVIDERS);
    if (is_main_program(map) && !origin.ambiguous && provider_main.end == 0) {
        provider_main.start = caller.start;
        provider_main.provider = origin.provider;
        __atomic_store_n(&provider_main.end, caller.end, __ATOMIC_RELEASE);
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

/* libcurl calls its own functions through us in some builds: the most frequent caller of all. */
static const struct provider *own_caller(const void *caller)
{
    unsigned known = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < known; i++)
        if (provider_is_caller(&providers[i], caller))
            return &providers[i];
    return NULL;
}

static struct origin_of_call ask_loader(const void *caller)
{
    struct origin_of_call origin = {NULL, false};
    unsigned long long now = 0;
    bool known = provider_loads(&now);
    if (known && recall(caller, &origin, now))
        return origin;
    late_binding_renew();
    origin = resolve(caller);
    if (known)
        remember(caller, origin, now);
    return origin;
}

/* Apart, so that the fast way saves no registers. */
__attribute__((noinline)) static struct origin_of_call find_out(const void *caller)
{
    struct origin_of_call origin = {own_caller(caller), false};
    if (origin.provider != NULL || !late_libc_bind())
        return origin;
    int saved = errno;
    origin = ask_loader(caller);
    errno = saved;
    return origin;
}

struct origin_of_call provider_for(const void *caller)
{
    const struct provider *provider = provider_for_main(caller);
    if (provider != NULL)
        return (struct origin_of_call){provider, false};
    return find_out(caller);
}
