#include "late_libc.h"

#include "elf_find.h"

enum state { UNBOUND, BINDING, BOUND, FAILED };

/* How often a second thread gives way to the first, which copies some 400 bytes and may be
 * preempted. */
enum { PATIENCE = 1 << 20 };

struct late_page late_page __attribute__((aligned(LATE_PAGE)));
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

/* This library exports dlsym itself: by name it would find its own. */
dlsym_function *late_dlsym(void)
{
    dlsym_function *found = __atomic_load_n(&next_dlsym, __ATOMIC_RELAXED);
    if (__builtin_expect(found == NULL, 0)) {
        found = (dlsym_function *)elf_find_next(&next_dlsym, "dlsym");
        __atomic_store_n(&next_dlsym, found, __ATOMIC_RELAXED);
    }
    return found;
}

dlvsym_function *late_dlvsym(void)
{
    dlvsym_function *found = __atomic_load_n(&next_dlvsym, __ATOMIC_RELAXED);
    if (found == NULL) {
        found = (dlvsym_function *)elf_find_next(&next_dlvsym, "dlvsym");
        __atomic_store_n(&next_dlvsym, found, __ATOMIC_RELAXED);
    }
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

static void publish(const struct late_libc *table)
{
    late = *table;
    if (table->getauxval(AT_PAGESZ) == LATE_PAGE)
        table->mprotect(&late_page, LATE_PAGE, PROT_READ);
    __atomic_store_n(&state, BOUND, __ATOMIC_RELEASE);
}

/*
 * dlsym waits for the loader's lock, so nothing of ours may be held across it: each thread that
 * comes first looks all names up for itself, and one of them copies its table into place.
 */
static bool bind_now(void)
{
    struct late_libc table;
    enum state expected = UNBOUND;
    bool found = find_all(&table);
    if (!found) {
        __atomic_store_n(&state, FAILED, __ATOMIC_RELEASE);
        return false;
    }
    if (__atomic_compare_exchange_n(&state, &expected, BINDING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        int saved = *table.__errno_location();
        publish(&table);
        *table.__errno_location() = saved;
        return true;
    }
    for (int i = 0; i < PATIENCE && __atomic_load_n(&state, __ATOMIC_ACQUIRE) == BINDING; i++)
        table.sched_yield();
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == BOUND;
}

bool late_libc_bind(void)
{
    switch (__atomic_load_n(&state, __ATOMIC_ACQUIRE)) {
    case BOUND:
        return true;
    case FAILED:
        return false;
    default:
        return bind_now();
    }
}
