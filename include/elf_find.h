/*
 * elf_find.h - the dynamic tables of loaded objects, read without the dynamic loader's functions.
 *
 * The library exports dlsym, so it cannot ask the C library's by name: it looks it up itself, with
 * the GNU hash table that every object has. It calls nobody for that: programs and sanitizers that
 * hook dl_iterate_phdr call dlsym to find the real one. Source: the System V ABI (dynamic section,
 * symbol table), link.h (r_debug), getauxval(3); the GNU hash table's layout as in binutils' and
 * glibc's headers.
 *
 * Ownership: pointers are into the objects; they hold while the object is loaded.
 * Threads:   any; see elf_visit. Errors: NULL or false.
 */
#ifndef COMMISSIONED_ELF_FIND_H
#define COMMISSIONED_ELF_FIND_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most loaders relocate the pointers of the dynamic section in place, some leave them relative.
 * NULL for 0: there is none. */
static inline const void *elf_pointer(uintptr_t base, uintptr_t value)
{
    if (value == 0)
        return NULL;
    bool relative = value < base && base + value > base; /* no object reaches round the end */
    return (const void *)(relative ? base + value : value);
}

/* Of an object that dl_iterate_phdr shows: where it lies, and its dynamic section or NULL. */
struct elf_extent {
    uintptr_t start; /* its whole mapping: [start, end) */
    uintptr_t end;
};
struct elf_extent elf_extent(const struct dl_phdr_info *info);

static inline bool elf_extent_has(const struct elf_extent *extent, uintptr_t address)
{
    return address - extent->start < extent->end - extent->start;
}

const ElfW(Dyn) * elf_dynamic(const struct dl_phdr_info *info);

/* The value of the first entry with that tag, or 0; the section may be NULL. */
static inline uintptr_t elf_value(const ElfW(Dyn) * dynamic, intptr_t tag)
{
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++)
        if (dynamic->d_tag == tag)
            return dynamic->d_un.d_val;
    return 0;
}

/* Number, first index, filter words and shift stand before the filter, the buckets and the chains.
 */
struct elf_gnu_hash {
    uint32_t nbuckets;
    uint32_t first;
    uint32_t nfilter; /* a power of two */
    uint32_t shift;
    ElfW(Addr) filter[];
};

/* An object's hash table of what it defines, or NULL. */
static inline const struct elf_gnu_hash *elf_gnu_hash(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    return elf_pointer(base, elf_value(dynamic, DT_GNU_HASH));
}

/* By the table's filter alone: false says that the object does not define the name. */
static inline bool elf_may_define(const struct elf_gnu_hash *table, uint32_t hash)
{
    const uint32_t bits = 8 * sizeof(ElfW(Addr));
    if (table == NULL || table->nbuckets == 0)
        return false;
    ElfW(Addr) word = table->filter[(hash / bits) & (table->nfilter - 1)];
    return (word >> (hash % bits)) & (word >> ((hash >> table->shift) % bits)) & 1;
}

/* The hashes of the names that many processes look for. */
#define ELF_HASH_DLSYM           UINT32_C(0x0f4dc4ae)
#define ELF_HASH_DLVSYM          UINT32_C(0xf907e804)
#define ELF_HASH_CURL_EASY_INIT  UINT32_C(0xfbb9cddf)
#define ELF_HASH_SINGLE_THREADED UINT32_C(0xfecaacfe) /* __libc_single_threaded */
#define ELF_HASH_R_DEBUG         UINT32_C(0x5475103c) /* _r_debug */

/* strcmp(3), which is not there before late_libc_bind. */
static inline bool elf_same_name(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

/* The address of a function or object of that name and hash that the object defines, or NULL. */
void *elf_find_in(uintptr_t base, const ElfW(Dyn) * dynamic, const char *name, uint32_t hash);

/*
 * Shows every object of the process to `visit`, in load order, until it returns true: the list that
 * the loader keeps for debuggers. The caller holds the loader's lock (dl_iterate_phdr), or ends
 * among the objects that were there at the start.
 */
typedef bool elf_visitor(uintptr_t base, const ElfW(Dyn) * dynamic, void *data);
void elf_visit(elf_visitor *visit, void *data);

#endif
