#include "preload/loader/elf_find.h"

#include <elf.h>
#include <sys/auxv.h>

const ElfW(Dyn) * elf_hash_entry_slow(const ElfW(Dyn) * dynamic)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++)
        if (dynamic->d_tag == DT_GNU_HASH)
            return dynamic;
    return NULL;
}

/* Linkers put the entries of the other tables, and the debugger's, right behind that of the hash
 * table. */
static inline uintptr_t value_near(const ElfW(Dyn) * entry, const ElfW(Dyn) * dynamic, intptr_t tag)
{
    uintptr_t value = elf_value(entry, tag);
    return value != 0 ? value : elf_value(dynamic, tag);
}

const char *elf_strings(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    const ElfW(Dyn) *entry = elf_hash_entry(dynamic);
    return elf_pointer(base, value_near(entry != NULL ? entry : dynamic, dynamic, DT_STRTAB));
}

void elf_symbols_at(struct elf_symbols *symbols, uintptr_t base, const ElfW(Dyn) * dynamic,
                    const ElfW(Dyn) * entry)
{
    symbols->base = base;
    symbols->table = NULL;
    if (entry == NULL)
        return;
    symbols->symbols = elf_pointer(base, value_near(entry, dynamic, DT_SYMTAB));
    symbols->strings = elf_pointer(base, value_near(entry, dynamic, DT_STRTAB));
    if (symbols->symbols != NULL && symbols->strings != NULL)
        symbols->table = elf_hash_table(base, entry);
}

/* Without its filter, for most that are asked for are there. `versions` is NULL, or says of each
 * symbol whether a program that is linked today would get it. */
static inline const ElfW(Sym) * find_symbol(const struct elf_symbols *symbols,
                                            const ElfW(Versym) * versions, const char *name,
                                            uint32_t hash)
{
    const ElfW(Versym) hidden = 0x8000;
    const struct elf_gnu_hash *table = symbols->table;
    if (table == NULL || table->nbuckets == 0)
        return NULL;
    const uint32_t *buckets = (const uint32_t *)(const void *)(table->filter + table->nfilter);
    const uint32_t *chains = buckets + table->nbuckets - table->first;
    for (uint32_t i = buckets[hash % table->nbuckets]; i != 0; i++) {
        const ElfW(Sym) *symbol = &symbols->symbols[i];
        if ((chains[i] | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF &&
            (versions == NULL || !(versions[i] & hidden)) &&
            elf_same_name(symbols->strings + symbol->st_name, name))
            return symbol;
        if (chains[i] & 1)
            break;
    }
    return NULL;
}

void *elf_lookup(const struct elf_symbols *symbols, const char *name, uint32_t hash)
{
    if (!elf_may_define(symbols->table, hash))
        return NULL;
    const ElfW(Sym) *symbol = find_symbol(symbols, NULL, name, hash);
    return symbol != NULL ? (void *)(symbols->base + symbol->st_value) : NULL;
}

uint32_t elf_hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

/*
 * A function that is chosen for the machine it runs on: the symbol is what chooses. On x86 that
 * takes no arguments; elsewhere it takes what the loader alone knows.
 */
static void *choose(void *chooser)
{
#if defined(__x86_64__) || defined(__i386__)
    return ((void *(*)(void))chooser)();
#else
    (void)chooser;
    return NULL;
#endif
}

void *elf_lookup_default(const struct elf_symbols *symbols, const ElfW(Versym) * versions,
                         const char *name, uint32_t hash)
{
    const ElfW(Sym) *symbol = find_symbol(symbols, versions, name, hash);
    if (symbol == NULL)
        return NULL;
    void *found = (void *)(symbols->base + symbol->st_value);
    return ELF32_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC ? choose(found) : found;
}

void *elf_find_in(uintptr_t base, const ElfW(Dyn) * dynamic, const char *name, uint32_t hash)
{
    struct elf_symbols symbols;
    const ElfW(Dyn) *entry = dynamic != NULL ? elf_hash_entry(dynamic) : NULL;
    if (!elf_may_define(elf_hash_table(base, entry), hash))
        return NULL;
    elf_symbols_at(&symbols, base, dynamic, entry);
    return elf_lookup(&symbols, name, hash);
}

struct elf_extent elf_extent(const struct dl_phdr_info *info)
{
    struct elf_extent extent = {UINTPTR_MAX, 0};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        extent.start = start < extent.start ? start : extent.start;
        extent.end = end > extent.end ? end : extent.end;
    }
    return extent;
}

/* The dynamic section among the program headers of an object; NULL where there is none. */
static const ElfW(Dyn) * dynamic_among(const ElfW(Phdr) * header, size_t count, uintptr_t base)
{
    for (; count > 0; header++, count--)
        if (header->p_type == PT_DYNAMIC)
            return (const ElfW(Dyn) *)(base + header->p_vaddr);
    return NULL;
}

const ElfW(Dyn) * elf_dynamic(const struct dl_phdr_info *info)
{
    return dynamic_among(info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr);
}

/* ---- the loader's list ----------------------------------------------------------------------- */

/* As a debugger finds it: the loader writes it down in the program's dynamic section. */
static const struct r_debug *of_program(void)
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    if (headers == NULL)
        return NULL;
    size_t count = getauxval(AT_PHNUM);
    /* The headers' own header says where they lie. It is the first on most machines; on ARM another
     * stands before it. Without one the program lies where it was linked to. */
    const ElfW(Phdr) *own = headers;
    while (own < headers + count && own->p_type != PT_PHDR)
        own++;
    uintptr_t base = own < headers + count ? (uintptr_t)headers - own->p_vaddr : 0;
    const ElfW(Dyn) *dynamic = dynamic_among(headers, count, base);
    if (dynamic == NULL)
        return NULL;
    return (const struct r_debug *)value_near(elf_hash_entry(dynamic), dynamic, DT_DEBUG);
}

/* A program without that entry: the loader's own symbol; with musl, a pointer to it. */
__attribute__((noinline)) static const struct r_debug *of_loader(void)
{
    uintptr_t base = getauxval(AT_BASE);
    const ElfW(Ehdr) *loader = (const ElfW(Ehdr) *)base;
    if (loader == NULL)
        return NULL;
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)(base + loader->e_phoff);
    const ElfW(Dyn) *dynamic = dynamic_among(headers, loader->e_phnum, base);
    const struct r_debug *found = elf_find_in(base, dynamic, "_r_debug", ELF_HASH_R_DEBUG);
    const struct r_debug *const *address = NULL;
    if (found == NULL)
        address = elf_find_in(base, dynamic, "_dl_debug_addr", ELF_HASH_DL_DEBUG_ADDR);
    return address != NULL ? *address : found;
}

static const struct r_debug *list; /* atomic */

const struct link_map *elf_loaded(void)
{
    const struct r_debug *debug = __atomic_load_n(&list, __ATOMIC_RELAXED);
    if (debug == NULL)
        debug = of_program();
    if (debug == NULL)
        debug = of_loader();
    __atomic_store_n(&list, debug, __ATOMIC_RELAXED);
    return debug != NULL ? debug->r_map : NULL;
}

bool elf_is_loader(const struct link_map *map)
{
    const struct r_debug *debug = __atomic_load_n(&list, __ATOMIC_RELAXED);
    return debug != NULL && map->l_addr == debug->r_ldbase;
}
