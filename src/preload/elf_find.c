#include "elf_find.h"

#include <elf.h>
#include <sys/auxv.h>

void *elf_find_in(uintptr_t base, const ElfW(Dyn) * dynamic, const char *name, uint32_t hash)
{
    const struct elf_gnu_hash *table = elf_gnu_hash(base, dynamic);
    if (!elf_may_define(table, hash))
        return NULL;
    const ElfW(Sym) *symbols = elf_pointer(base, elf_value(dynamic, DT_SYMTAB));
    const char *strings = elf_pointer(base, elf_value(dynamic, DT_STRTAB));
    const uint32_t *buckets = (const uint32_t *)(const void *)(table->filter + table->nfilter);
    const uint32_t *chains = buckets + table->nbuckets - table->first;
    uint32_t i = symbols != NULL && strings != NULL ? buckets[hash % table->nbuckets] : 0;
    for (; i != 0; i++) {
        if ((chains[i] | 1) == (hash | 1) && symbols[i].st_shndx != SHN_UNDEF &&
            elf_same_name(strings + symbols[i].st_name, name))
            return (void *)(base + symbols[i].st_value);
        if (chains[i] & 1)
            break;
    }
    return NULL;
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

/* ---- the loader's list -------------------------------------------------------------------------
 */

/* As a debugger finds it: the loader writes it down in the program's dynamic section. */
static const struct r_debug *of_program(void)
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    if (headers == NULL || count == 0)
        return NULL;
    /* The first header is the headers' own, where there is one. */
    uintptr_t base = headers->p_type == PT_PHDR ? (uintptr_t)headers - headers->p_vaddr : 0;
    return (const struct r_debug *)elf_value(dynamic_among(headers, count, base), DT_DEBUG);
}

/* A program without that entry: the loader's own symbol. */
static const struct r_debug *of_loader(void)
{
    uintptr_t base = getauxval(AT_BASE);
    const ElfW(Ehdr) *loader = (const ElfW(Ehdr) *)base;
    if (loader == NULL)
        return NULL;
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)(base + loader->e_phoff);
    return elf_find_in(base, dynamic_among(headers, loader->e_phnum, base), "_r_debug",
                       ELF_HASH_R_DEBUG);
}

void elf_visit(elf_visitor *visit, void *data)
{
    const struct r_debug *debug = of_program();
    if (debug == NULL)
        debug = of_loader();
    const struct link_map *map = debug != NULL ? debug->r_map : NULL;
    while (map != NULL && !visit(map->l_addr, map->l_ld, data))
        map = map->l_next;
}
