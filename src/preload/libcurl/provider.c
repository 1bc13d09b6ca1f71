#include "preload/libcurl/provider.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "core/cleanup.h"
#include "preload/libcurl/version.h"
#include "preload/loader/elf_find.h"
#include "preload/loader/elf_hash.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"
#include "preload/loader/object.h"

/*
 * All below is written with LOCK_PROVIDERS held. Readers need no lock: `count` is raised with
 * release order once an entry is complete, and an entry never changes.
 */
static struct provider providers[MAX_PROVIDERS];
static unsigned count;

const struct provider *provider_sole;
const struct provider *provider_any;
easy_setopt_function *provider_sole_setopt;

/* ---- one libcurl ----------------------------------------------------------------------------- */

/* One string rather than an array of pointers, each of which would be a relocation at start-up. */
#define REAL_NAME(name, member) "curl_" #name "\0"
static const char real_names[] = REAL_FUNCTIONS(REAL_NAME);
static const char parser_names[] = REAL_PARSER_FUNCTIONS(REAL_NAME);
#undef REAL_NAME

#define REAL_HASH(name, member) ELF_NAME("curl_" #name),
static const struct elf_name real_hashed[] = {REAL_FUNCTIONS(REAL_HASH)};
static const struct elf_name parser_hashed[] = {REAL_PARSER_FUNCTIONS(REAL_HASH)};
#undef REAL_HASH

enum {
    NAMES = sizeof real_hashed / sizeof real_hashed[0],
    PARSER_NAMES = sizeof parser_hashed / sizeof parser_hashed[0],
};

/* The struct's members in the order of the names above. */
union real_table {
    struct real real;
    void *entry[NAMES + PARSER_NAMES];
};
_Static_assert(sizeof(struct real) == sizeof(union real_table), "one name a member");

/* Looks the names up in order into entry[]. True where all were found. */
static bool find_names(const struct elf_symbols *symbols, const char *name,
                       const struct elf_name *hashed, unsigned count_of_names, void **entry)
{
    for (unsigned i = 0; i < count_of_names; name += hashed[i++].size) {
        entry[i] = elf_lookup_default(symbols, NULL, name, hashed[i].hash);
        if (entry[i] == NULL)
            return false;
    }
    return true;
}

/* A library that wraps some of libcurl's functions and takes the rest from it is none. */
static bool are_inside(const struct elf_extent *mapping, void *const *entry, unsigned nentries)
{
    for (unsigned i = 0; i < nentries; i++)
        if (!elf_extent_has(mapping, (uintptr_t)entry[i]))
            return false;
    return true;
}

static unsigned version_of(const struct real *real, const struct elf_extent *mapping,
                           uintptr_t base)
{
    unsigned version = libcurl_version(mapping, base);
    return version != 0 ? version : real->version_info(CURLVERSION_NOW)->version_num;
}

/* The object is pinned: what is filled in holds for ever. */
static bool fill(struct provider *provider, const struct link_map *map)
{
    union real_table table;
    struct elf_extent mapping;
    struct elf_symbols symbols;
    memset(&table, 0, sizeof table);
    elf_symbols_at(&symbols, map->l_addr, map->l_ld, elf_hash_entry(map->l_ld));
    bool complete = find_names(&symbols, real_names, real_hashed, NAMES, table.entry) &&
                    object_mapping(table.entry[0], &mapping) &&
                    are_inside(&mapping, table.entry, NAMES);
    if (complete)
        provider->version = version_of(&table.real, &mapping, map->l_addr);
#ifdef FORCE_OLD_LIBCURL /* `make check-old`: the libcurl that is here plays an old one */
    if (provider->version >= CURL_HAS_PREREQ)
        provider->version = CURL_HAS_PREREQ - 1;
#endif
    if (complete && provider->version >= CURL_HAS_URL_PARSER)
        complete =
            find_names(&symbols, parser_names, parser_hashed, PARSER_NAMES, table.entry + NAMES);
    if (!complete)
        return false;
    provider->real = table.real;
    provider->start = mapping.start;
    provider->size = mapping.end - mapping.start;
    return true;
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

/* The entry of that library; NULL where there is no room for another. */
static const struct provider *enter(const struct provider *filled)
{
    unsigned i = 0;
    while (i < count && providers[i].start != filled->start)
        i++;
    if (i == MAX_PROVIDERS)
        return NULL;
    if (i == count) {
        providers[i] = *filled;
        __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
        publish_sole();
    }
    return &providers[i];
}

/*
 * A libcurl that was used stays loaded: its handles may outlive it, and a range of addresses that
 * it left would be believed to be libcurl, whoever comes to lie there.
 */
static const struct provider *provider_of_library(const struct link_map *map)
{
    struct provider filled;
    memset(&filled, 0, sizeof filled);
    if (!object_pin(map) || !fill(&filled, map))
        return NULL;
    lock_take(LOCK_PROVIDERS);
    const struct provider *provider = enter(&filled);
    lock_give(LOCK_PROVIDERS);
    return provider;
}

const struct provider *provider_of(const void *function)
{
    const struct provider *provider = provider_calling(function);
    if (provider != NULL)
        return provider;
    auto_errno int saved = errno;
    const struct link_map *map = libc_object_of(function);
    return map != NULL && !object_is_ours(function) ? provider_of_library(map) : NULL;
}

void provider_taint(const struct provider *provider)
{
    /* The whole list is this file's to write to; a test's provider is none of it. */
    uintptr_t offset = (uintptr_t)provider - (uintptr_t)providers;
    if (offset < sizeof providers)
        __atomic_store_n(&providers[offset / sizeof *provider].tainted, true, __ATOMIC_RELAXED);
}

unsigned provider_number(const struct provider *provider)
{
    return (unsigned)(provider - providers);
}

const struct provider *provider_at(unsigned number)
{
    return &providers[number];
}

/* ---- all of them ----------------------------------------------------------------------------- */

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

/* libcurl calls its own functions through us in some builds: the most frequent caller of all. */
const struct provider *provider_calling(const void *caller)
{
    unsigned known = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < known; i++)
        if (provider_is_caller(&providers[i], caller))
            return &providers[i];
    return NULL;
}

unsigned provider_count_loaded(const void **init)
{
    struct libraries libraries = count_libraries();
    if (init != NULL)
        *init = libraries.init;
    return libraries.count;
}
