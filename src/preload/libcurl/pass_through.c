#include "preload/libcurl/pass_through.h"

#include <link.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/loaded.h"

/* What an old libcurl lacks stays NULL: nobody asks for it without a record. */
#define REAL_NAME(name, member) "curl_" #name "\0"
static const char names[] = REAL_FUNCTIONS(REAL_NAME);
#undef REAL_NAME

enum { MAX_PASSED = 32 };

/* A libcurl found before: `init` is taken by compare-and-swap, `ready` set once all is there. Who
 * finds the same library writes the same values. */
static struct slot {
    const void *init;
    bool ready;
    union {
        struct provider provider;
        void *entry[sizeof(struct provider) / sizeof(void *)];
    };
} slots[MAX_PASSED];

static const struct provider *enter(const struct link_map *map, const void *init)
{
    struct slot *slot = slots;
    const void *taken = NULL;
    while (slot < slots + MAX_PASSED &&
           !__atomic_compare_exchange_n(&slot->init, &taken, init, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) &&
           taken != init) {
        slot++;
        taken = NULL;
    }
    if (slot == slots + MAX_PASSED)
        return NULL;
    if (__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
        return &slot->provider;
    struct elf_symbols symbols;
    elf_symbols_at(&symbols, map->l_addr, map->l_ld, elf_hash_entry(map->l_ld));
    const char *name = names;
    for (unsigned i = 0; *name != '\0'; i++) {
        slot->entry[i] = elf_lookup_default(&symbols, NULL, name, elf_hash_of(name));
        while (*name++ != '\0')
            ;
    }
    __atomic_store_n(&slot->ready, true, __ATOMIC_RELEASE);
    return &slot->provider;
}

/*
 * The object that the address is most likely in, without reading memory that may not be there: code
 * lies in front of its object's dynamic section, and no two objects overlap.
 */
static const struct link_map *object_of(uintptr_t address)
{
    const struct link_map *nearest = NULL;
    for (const struct link_map *map = elf_loaded(); map != NULL; map = map->l_next)
        if ((uintptr_t)map->l_ld > address && (nearest == NULL || map->l_ld < nearest->l_ld))
            nearest = map;
    return nearest;
}

static bool ends_in(const char *path, const char *file)
{
    const char *last = path;
    for (; *path != '\0'; path++)
        if (*path == '/')
            last = path + 1;
    return elf_same_name(last, file);
}

/* By its dynamic section: does it name that library among what it needs? */
static bool needs(const struct link_map *object, const struct link_map *library)
{
    const char *strings = elf_pointer(object->l_addr, elf_value(object->l_ld, DT_STRTAB));
    const ElfW(Dyn) *entry = object->l_ld;
    for (; strings != NULL && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED && ends_in(library->l_name, strings + entry->d_un.d_val))
            return true;
    return false;
}

const struct provider *pass_through_for(const void *caller)
{
    const struct link_map *object = object_of((uintptr_t)caller);
    const struct link_map *first = NULL;
    const struct link_map *needed = NULL;
    for (const struct link_map *map = elf_loaded(); map != NULL; map = map->l_next) {
        if (loaded_libcurl_in(map) == NULL)
            continue;
        if (first == NULL)
            first = map;
        if (needed == NULL && object != NULL && needs(object, map))
            needed = map;
    }
    if (needed == NULL)
        needed = first;
    return needed != NULL ? enter(needed, loaded_libcurl_in(needed)) : NULL;
}
