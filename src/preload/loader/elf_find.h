/*
 * elf_find.h - the dynamic tables of loaded objects, read without the dynamic loader's functions.
 *
 * The library exports dlsym, so it cannot ask the C library's by name: it looks it up itself, with
 * the GNU hash table that every object has. It calls nobody for that: programs and sanitizers that
 * hook dl_iterate_phdr call dlsym to find the real one.
 * Source:    the System V ABI (dynamic section, symbol table), link.h (r_debug), getauxval(3); the
 *            GNU hash table's layout as in binutils' and glibc's headers.
 *
 * Ownership: pointers are into the objects; they hold while the object is loaded.
 * Threads:   any; see elf_loaded.
 * Errors:    NULL or false.
 */
#ifndef COMMISSIONED_ELF_FIND_H
#define COMMISSIONED_ELF_FIND_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most loaders relocate the pointers of the dynamic section in place, some leave them relative. */
static inline const void *elf_address(uintptr_t base, uintptr_t value)
{
    bool relative = value < base && base + value > base; /* no object reaches round the end */
    return (const void *)(relative ? base + value : value);
}

/* NULL for 0: there is none. */
static inline const void *elf_pointer(uintptr_t base, uintptr_t value)
{
    return value != 0 ? elf_address(base, value) : NULL;
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

/* The entry of an object's hash table of what it defines, or NULL; the section is not. */
const ElfW(Dyn) * elf_hash_entry_slow(const ElfW(Dyn) * dynamic);

/*
 * The same, quick, for it is read of every object in processes that ask dlsym: GNU ld puts it six
 * or seven entries behind the names of what the object needs and of the object itself. A section
 * may be shorter, so the guess is read only in the page in which the section begins; behind its end
 * a linker leaves zeros or another section, and neither looks like that entry.
 */
static inline const ElfW(Dyn) * elf_hash_entry(const ElfW(Dyn) * dynamic)
{
    const uintptr_t page = 4096; /* no machine has smaller ones */
    const ElfW(Dyn) *entry = dynamic;
    while (entry->d_tag == DT_NEEDED)
        entry++;
    if (entry->d_tag == DT_SONAME)
        entry++;
    if ((((uintptr_t)(entry + 8) - 1) ^ (uintptr_t)dynamic) < page) {
        if (entry[6].d_tag == DT_GNU_HASH)
            return entry + 6;
        if (entry[7].d_tag == DT_GNU_HASH)
            return entry + 7;
    }
    return elf_hash_entry_slow(dynamic);
}

/* Number, first index, filter words and shift stand before the filter,
 * the buckets and the chains. */
struct elf_gnu_hash {
    uint32_t nbuckets;
    uint32_t first;
    uint32_t nfilter; /* a power of two */
    uint32_t shift;
    ElfW(Addr) filter[];
};

/* The table that such an entry names; NULL for NULL. */
static inline const struct elf_gnu_hash *elf_hash_table(uintptr_t base, const ElfW(Dyn) * entry)
{
    return entry != NULL ? elf_address(base, entry->d_un.d_ptr) : NULL;
}

static inline const struct elf_gnu_hash *elf_gnu_hash(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    return elf_hash_table(base, elf_hash_entry(dynamic));
}

/* By its filter alone: false says that the object does not define the name. */
static inline bool elf_may_define(const struct elf_gnu_hash *table, uint32_t hash)
{
    const uint32_t bits = 8 * sizeof(ElfW(Addr));
    uint32_t mask;
    if (table == NULL || __builtin_sub_overflow(table->nfilter, 1, &mask)) /* an empty one */
        return false;
    ElfW(Addr) word = table->filter[(hash / bits) & mask];
    return ((word >> (hash % bits)) & 1) && ((word >> ((hash >> table->shift) % bits)) & 1);
}

/* The hashes of the names that many processes look for. */
#define ELF_HASH_DLSYM           UINT32_C(0x0f4dc4ae)
#define ELF_HASH_DLVSYM          UINT32_C(0xf907e804)
#define ELF_HASH_CURL_EASY_INIT  UINT32_C(0xfbb9cddf)
#define ELF_HASH_SINGLE_THREADED UINT32_C(0xfecaacfe) /* __libc_single_threaded */
#define ELF_HASH_R_DEBUG         UINT32_C(0x5475103c) /* _r_debug */
#define ELF_HASH_DL_DEBUG_ADDR   UINT32_C(0x4e699bb4) /* _dl_debug_addr */

/* That of any name; elf_hash.h has it for names that the compiler knows. */
uint32_t elf_hash_of(const char *name);

/* strcmp(3), which is not there before late_libc_bind. */
static inline bool elf_same_name(const char *a, const char *b)
{
    for (size_t i = 0; a[i] == b[i]; i++)
        if (a[i] == '\0')
            return true;
    return false;
}

/* The table that the offsets of its dynamic section lead into; NULL where there is none. */
const char *elf_strings(uintptr_t base, const ElfW(Dyn) * dynamic);

/* What an object defines; `entry` is that of its hash table. */
struct elf_symbols {
    uintptr_t base;
    const struct elf_gnu_hash *table; /* NULL: nothing */
    const ElfW(Sym) * symbols;
    const char *strings;
};
void elf_symbols_at(struct elf_symbols *symbols, uintptr_t base, const ElfW(Dyn) * dynamic,
                    const ElfW(Dyn) * entry);

/* The address of a function or object of that name and hash among them, or NULL. */
void *elf_lookup(const struct elf_symbols *symbols, const char *name, uint32_t hash);

/*
 * The same of a library that has names in several versions: the default one, as a program linked
 * today gets it. Of what is chosen when it is bound (STT_GNU_IFUNC), the choice; NULL where only
 * the loader can make it, which is so on most machines but x86.
 */
void *elf_lookup_default(const struct elf_symbols *symbols, const ElfW(Versym) * versions,
                         const char *name, uint32_t hash);

/* All of this for one name. */
void *elf_find_in(uintptr_t base, const ElfW(Dyn) * dynamic, const char *name, uint32_t hash);

/*
 * The first of the process's objects, in load order, or NULL: the list that the loader keeps for
 * debuggers. Who goes through it holds the loader's lock (dl_iterate_phdr), or ends among the
 * objects that were there at the start. musl's dl_iterate_phdr holds none while it calls: but musl
 * takes an object from its list only where a dlopen fails, and then those that it has just added.
 */
const struct link_map *elf_loaded(void);

/* Whether that is the loader itself. Known once elf_loaded was called. */
bool elf_is_loader(const struct link_map *map);

#endif
