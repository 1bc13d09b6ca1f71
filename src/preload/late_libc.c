#include "late_libc.h"

#include "elf_find.h"
#include "loaded.h"
#include "locks.h"

enum state { UNBOUND, BOUND, FAILED };

struct late_libc late;
static enum state state;

/* One string rather than an array of pointers, each of which would be a relocation at start-up. */
static const char names[] =
#define LATE_NAME(name) #name "\0"
    LATE_LIBC(LATE_NAME)
#undef LATE_NAME
    ;

union entry {
    void *object;
    void (*function)(void);
};

/* Written by whoever comes first, and always with the same values. */
dlsym_function *late_next_dlsym;
const char *late_flag;
static struct elf_symbols dlsym_object; /* where it lies */
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
 * start, so the walk ends before what may come and go. What it passes is looked at for
 * late_binding.c by the way.
 */
static void *find_next(const char *name, uint32_t hash, struct elf_symbols *object)
{
    const struct link_map *map = next_object(), *last = NULL;
    void *found = NULL;
    for (; map != NULL && found == NULL; map = map->l_next) {
        const ElfW(Dyn) *entry = elf_hash_entry(map->l_ld);
        const struct elf_gnu_hash *table = elf_hash_table(map->l_addr, entry);
        if (elf_may_define(table, hash)) {
            elf_symbols_at(object, map->l_addr, map->l_ld, entry);
            found = elf_lookup(object, name, hash);
        }
        if (found == NULL)
            loaded_look_at(map, table);
        last = map;
    }
    if (last != NULL)
        loaded_were_looked_at(last);
    return found;
}

dlsym_function *late_find_dlsym(void)
{
    struct elf_symbols object = {0};
    dlsym_function *found = (dlsym_function *)find_next("dlsym", ELF_HASH_DLSYM, &object);
    dlsym_object = object;
    __atomic_store_n(&late_next_dlsym, found, __ATOMIC_RELEASE);
    return found;
}

dlvsym_function *late_dlvsym(void)
{
    dlvsym_function *found = __atomic_load_n(&next_dlvsym, __ATOMIC_RELAXED);
    if (found == NULL) {
        struct elf_symbols object;
        found = (dlvsym_function *)find_next("dlvsym", ELF_HASH_DLVSYM, &object);
        __atomic_store_n(&next_dlvsym, found, __ATOMIC_RELAXED);
    }
    return found;
}

/* Most often beside dlsym. An old C library has no such flag, and the walk goes to the list's end:
 * so it is looked for once. */
const char *late_find_flag(void)
{
    static const char name[] = "__libc_single_threaded";
    static const char never = 0;
    const char *found = NULL;
    if (late_dlsym() != NULL)
        found = elf_lookup(&dlsym_object, name, ELF_HASH_SINGLE_THREADED);
    if (found == NULL) {
        struct elf_symbols object;
        found = find_next(name, ELF_HASH_SINGLE_THREADED, &object);
    }
    if (found == NULL)
        found = &never;
    __atomic_store_n(&late_flag, found, __ATOMIC_RELAXED);
    return found;
}

static void find_optional(struct late_libc *table, dlsym_function *find)
{
    table->single_threaded = find(RTLD_NEXT, "__libc_single_threaded");
    table->standard_error = find(RTLD_NEXT, "stderr");
    table->find_object =
        (int (*)(void *, struct dl_find_object *))find(RTLD_NEXT, "_dl_find_object");
}

/* Not inlined: the compiler would not see that the loop fills every member. */
__attribute__((noinline)) static bool find_all(struct late_libc *table)
{
    union entry *entry = (union entry *)(void *)table;
    dlsym_function *find = late_dlsym();
    if (find == NULL)
        return false;
    for (const char *name = names; *name != '\0'; entry++) {
        entry->object = find(RTLD_NEXT, name);
        if (entry->object == NULL)
            return false;
        while (*name++ != '\0')
            ;
    }
    find_optional(table, find);
    return table->standard_error != NULL;
}

/*
 * Any number of threads may come first. dlsym waits for the loader's lock and fork may happen at
 * any moment, so nothing is waited for here: each looks all names up for itself and writes the same
 * values.
 */
static bool bind_now(void)
{
    struct late_libc table;
    if (!find_all(&table)) {
        __atomic_store_n(&state, FAILED, __ATOMIC_RELEASE);
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
