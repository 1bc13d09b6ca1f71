#include "late_libc.h"

enum state { UNBOUND, BINDING, BOUND, FAILED };

/* How often a second thread looks again while the first copies some 400 bytes. */
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

static void find_optional(struct late_libc *table)
{
    table->single_threaded = dlsym(RTLD_NEXT, "__libc_single_threaded");
    table->standard_error = dlsym(RTLD_NEXT, "stderr");
}

/* Not inlined: the compiler would not see that the loop fills every member. */
__attribute__((noinline)) static bool find_all(struct late_libc *table)
{
    union entry *entry = (union entry *)(void *)table;
    for (const char *name = names; *name != '\0'; entry++) {
        entry->object = dlsym(RTLD_NEXT, name);
        if (entry->object == NULL)
            return false;
        while (*name++ != '\0')
            ;
    }
    find_optional(table);
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
    for (int i = 0; i < PATIENCE; i++)
        if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != BINDING)
            break;
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
