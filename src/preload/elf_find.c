#include "elf_find.h"

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

const ElfW(Dyn) * elf_dynamic(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return NULL;
}

struct visit {
    elf_visitor *visit;
    void *data;
};

/*
 * The first object is the program, whose dynamic section leads a debugger to the loader's list: to
 * walk that costs a fraction. A program without such an entry is shown object by object.
 */
static int show_object(struct dl_phdr_info *info, size_t size, void *data)
{
    const struct visit *to = data;
    const ElfW(Dyn) *dynamic = elf_dynamic(info);
    const struct r_debug *debug = (const struct r_debug *)elf_value(dynamic, DT_DEBUG);
    (void)size;
    if (debug == NULL)
        return to->visit(info->dlpi_addr, dynamic, to->data);
    const struct link_map *map = debug->r_map;
    while (map != NULL && !to->visit(map->l_addr, map->l_ld, to->data))
        map = map->l_next;
    return 1;
}

void elf_visit(elf_visitor *visit, void *data)
{
    struct visit to = {visit, data};
    dl_iterate_phdr(show_object, &to);
}
