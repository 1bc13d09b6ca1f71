#include "preload/loader/late_libc.h"

#include "preload/loader/elf_find.h"
#include "preload/loader/late_symbols.h"
#include "preload/loader/loaded.h"
#include "preload/loader/locks.h"

enum state { UNBOUND, BOUND, FAILED };

static enum state state;

union entry {
    void *object;
    void (*function)(void);
};

/* An object and what it defines. */
struct place {
    const struct link_map *map;
    struct elf_symbols symbols;
};

/* Written by whoever comes first, and always with the same values. */
dlsym_function *late_next_dlsym;
const char *late_flag;
static struct place dlsym_place; /* where late_next_dlsym lies */
static dlvsym_function *next_dlvsym;

/* The first object behind this library; it never goes. */
static const struct link_map *next_object(void)
{
    const struct link_map *map = elf_loaded();
    while (map != NULL && map->l_ld != _DYNAMIC)
        map = map->l_next;
    return map != NULL ? map->l_next : NULL;
}

/*
 * This library exports dlsym itself: by name it would find its own. The C library was there at the
 * start, so the walk ends before what may come and go. All that it passes is looked at for
 * late_binding.c too.
 */
static void *find_next(const char *name, uint32_t hash, struct place *place)
{
    void *found = NULL;
    for (const struct link_map *map = next_object(); map != NULL && found == NULL;
         map = map->l_next) {
        const ElfW(Dyn) *entry = elf_hash_entry(map->l_ld);
        const struct elf_gnu_hash *table = elf_hash_table(map->l_addr, entry);
        loaded_look_at(map, table);
        if (!elf_may_define(table, hash))
            continue;
        elf_symbols_at(&place->symbols, map->l_addr, map->l_ld, entry);
        found = elf_lookup(&place->symbols, name, hash);
        place->map = map;
    }
    return found;
}

dlsym_function *late_dlsym_slow(void)
{
    struct place place;
    dlsym_function *found = (dlsym_function *)find_next("dlsym", ELF_HASH_DLSYM, &place);
    if (found != NULL) {
        loaded_begin_behind(place.map);
        dlsym_place = place;
    }
    __atomic_store_n(&late_next_dlsym, found, __ATOMIC_RELEASE);
    return found;
}

dlvsym_function *late_dlvsym(void)
{
    dlvsym_function *found = __atomic_load_n(&next_dlvsym, __ATOMIC_RELAXED);
    if (found == NULL) {
        struct place place;
        found = (dlvsym_function *)find_next("dlvsym", ELF_HASH_DLVSYM, &place);
        __atomic_store_n(&next_dlvsym, found, __ATOMIC_RELAXED);
    }
    return found;
}

static const char flag_name[] = "__libc_single_threaded";

/* Stands for a flag that is never set: there may always be other threads. */
static const char no_flag;

/* An old C library has no such flag, and the walk goes to the list's end:
 * so it is looked for once. */
__attribute__((noinline)) static const char *find_flag_slow(void)
{
    struct place place;
    const char *found = find_next(flag_name, ELF_HASH_SINGLE_THREADED, &place);
    return found != NULL ? found : &no_flag;
}

/* Most often beside dlsym. */
const char *late_flag_slow(void)
{
    const char *found = NULL;
    if (__atomic_load_n(&late_next_dlsym, __ATOMIC_ACQUIRE) != NULL || late_dlsym_slow() != NULL)
        found = elf_lookup(&dlsym_place.symbols, flag_name, ELF_HASH_SINGLE_THREADED);
    if (found == NULL)
        found = find_flag_slow();
    __atomic_store_n(&late_flag, found, __ATOMIC_RELAXED);
    return found;
}

bool late_libc_has_flag(void)
{
    const char *flag = __atomic_load_n(&late_flag, __ATOMIC_RELAXED);
    return (flag != NULL ? flag : late_flag_slow()) != &no_flag;
}

/* Of the object in which dlsym was found: most often the C library. */
static const ElfW(Versym) * versions_beside_dlsym(void)
{
    const struct link_map *map = dlsym_place.map;
    return elf_pointer(map->l_addr, elf_value(map->l_ld, DT_VERSYM));
}

/* Its own tables first: dlsym walks through all objects' and costs three times as much. */
static void *find_hashed(dlsym_function *find, const char *name, uint32_t hash,
                         const ElfW(Versym) * versions)
{
    void *found =
        versions != NULL ? elf_lookup_default(&dlsym_place.symbols, versions, name, hash) : NULL;
    return found != NULL ? found : find(RTLD_NEXT, name);
}

static void *find_function(dlsym_function *find, const char *name, const ElfW(Versym) * versions)
{
    return find_hashed(find, name, elf_hash_of(name), versions);
}

/* Both are of its thread-local storage: what is found are offsets in there. */
static ptrdiff_t find_error_distance(void)
{
    const char *result = elf_lookup(&dlsym_place.symbols, "__libc_dlerror_result",
                                    elf_hash_of("__libc_dlerror_result"));
    const char *number = elf_lookup(&dlsym_place.symbols, "errno", elf_hash_of("errno"));
    return result != NULL && number != NULL ? result - number : 0;
}

static void find_optional(struct late_libc *table, dlsym_function *find,
                          const ElfW(Versym) * versions)
{
    table->single_threaded = find_function(find, flag_name, versions);
    table->standard_error = find_function(find, "stderr", versions);
    table->error_distance = find_error_distance();
    /* A C library that has it has dlsym too, so nobody else is asked. */
    if (versions != NULL)
        table->find_object = (int (*)(void *, struct dl_find_object *))elf_lookup_default(
            &dlsym_place.symbols, versions, "_dl_find_object", elf_hash_of("_dl_find_object"));
    /* A name that was not found must not be the host's next error: see host_error.h. */
    if (table->error_distance == 0 && table->dlerror != NULL)
        table->dlerror();
}

/* stat(2) and fstat(2) of a C library that has them under other names: glibc before 2.33. */
#ifdef _STAT_VER
enum { STAT_VERSION = _STAT_VER };
#elif defined(__x86_64__) || defined(__powerpc64__) || defined(__s390x__)
enum { STAT_VERSION = 1 };
#else
enum { STAT_VERSION = sizeof(long) == 8 ? 0 : 3 };
#endif
typedef int xstat_function(int version, const char *path, struct stat *status);
static xstat_function *xstat;

static int stat_by_version(const char *path, struct stat *status)
{
    return xstat(STAT_VERSION, path, status);
}

typedef int fxstat_function(int version, int fd, struct stat *status);
static fxstat_function *fxstat;

static int fstat_by_version(int fd, struct stat *status)
{
    return fxstat(STAT_VERSION, fd, status);
}

/*
 * glibc before 2.34 has it in libpthread, which a program without libcurl may not have loaded, and
 * what a plugin brings along is not seen here. Its lock is in the C library, does nothing as long
 * as there is no libpthread, and is handed on to one that comes.
 */
static int lock_in_place_of_try(pthread_mutex_t *mutex)
{
    return late.pthread_mutex_lock(mutex);
}

static void find_older(struct late_libc *table, dlsym_function *find)
{
    if (table->pthread_mutex_trylock == NULL)
        table->pthread_mutex_trylock = lock_in_place_of_try;
    if (table->stat == NULL && (xstat = (xstat_function *)find(RTLD_NEXT, XSTAT)) != NULL)
        table->stat = stat_by_version;
    if (table->fstat == NULL && (fxstat = (fxstat_function *)find(RTLD_NEXT, FXSTAT)) != NULL)
        table->fstat = fstat_by_version;
}

/* The first name that is missing, or NULL. Not inlined: the compiler would not see that the loop
 * fills every member. */
__attribute__((noinline)) static const char *find_all(struct late_libc *table, dlsym_function *find)
{
    union entry *entry = (union entry *)(void *)table;
    const ElfW(Versym) *versions = versions_beside_dlsym();
    const char *name = late_symbols;
    for (unsigned i = 0; i < LATE_SYMBOLS; name += late_hashes[i++].size)
        entry[i].object = find_hashed(find, name, late_hashes[i].hash, versions);
    find_older(table, find);
    find_optional(table, find, versions);
    name = late_symbols;
    for (unsigned i = 0; i < LATE_SYMBOLS; name += late_hashes[i++].size)
        if (entry[i].object == NULL)
            return name;
    return table->standard_error != NULL ? NULL : "stderr";
}

/*
 * Any number of threads may come first. dlsym waits for the loader's lock and fork may happen at
 * any moment, so nothing is waited for here: each looks all names up for itself and writes the same
 * values.
 */
static bool bind_now(void)
{
    struct late_libc table = {0};
    dlsym_function *find = late_dlsym();
    const char *missing = find != NULL ? find_all(&table, find) : "dlsym";
    if (missing != NULL) {
        if (__atomic_exchange_n(&state, FAILED, __ATOMIC_RELEASE) != FAILED && find != NULL)
            late_failure_say(&table, missing);
        return false;
    }
    late = table;
    lock_watch_forks();
    __atomic_store_n(&state, BOUND, __ATOMIC_RELEASE);
    return true;
}

bool late_libc_is_bound(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == BOUND;
}

bool late_libc_bind(void)
{
    enum state now = __atomic_load_n(&state, __ATOMIC_ACQUIRE);
    return now == UNBOUND ? bind_now() : now == BOUND;
}
