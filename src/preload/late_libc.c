#include "late_libc.h"

#include "elf_find.h"
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
static dlsym_function *next_dlsym;
static dlvsym_function *next_dlvsym;

struct search {
    const char *name;
    uint32_t hash;
    bool behind; /* this library was passed */
    void *found;
};

static bool look_in(uintptr_t base, const ElfW(Dyn) * dynamic, void *data)
{
    struct search *search = data;
    if (!search->behind) {
        search->behind = dynamic == _DYNAMIC;
        return false;
    }
    search->found = elf_find_in(base, dynamic, search->name, search->hash);
    return search->found != NULL;
}

/* This library exports dlsym itself: by name it would find its own. The C library was there at the
 * start, so the walk ends before what may come and go. */
static void *find_next(const char *name, uint32_t hash)
{
    struct search search = {name, hash, false, NULL};
    elf_visit(look_in, &search);
    return search.found;
}

dlsym_function *late_dlsym(void)
{
    dlsym_function *found = __atomic_load_n(&next_dlsym, __ATOMIC_RELAXED);
    if (__builtin_expect(found == NULL, 0)) {
        found = (dlsym_function *)find_next("dlsym", ELF_HASH_DLSYM);
        __atomic_store_n(&next_dlsym, found, __ATOMIC_RELAXED);
    }
    return found;
}

dlvsym_function *late_dlvsym(void)
{
    dlvsym_function *found = __atomic_load_n(&next_dlvsym, __ATOMIC_RELAXED);
    if (found == NULL) {
        found = (dlvsym_function *)find_next("dlvsym", ELF_HASH_DLVSYM);
        __atomic_store_n(&next_dlvsym, found, __ATOMIC_RELAXED);
    }
    return found;
}

/* Looked for once: an old C library has no such flag, and the walk then goes to the list's end. */
bool late_libc_is_alone(void)
{
    static const char *flag;
    static bool searched;
    if (!__atomic_exchange_n(&searched, true, __ATOMIC_RELAXED))
        __atomic_store_n(&flag, find_next("__libc_single_threaded", ELF_HASH_SINGLE_THREADED),
                         __ATOMIC_RELAXED);
    const char *found = __atomic_load_n(&flag, __ATOMIC_RELAXED);
    return found != NULL && *found;
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
