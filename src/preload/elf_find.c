#include "elf_find.h"

/* Tags up to here are small numbers: the System V ABI's. */
enum { NTAGS = DT_JMPREL + 1 };

bool elf_object_read(struct elf_object *object, uintptr_t base, const ElfW(Dyn) * dynamic)
{
    ElfW(Addr) value[NTAGS] = {0};
    ElfW(Addr) hash = 0;
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        if ((ElfW(Addr))dynamic->d_tag < NTAGS)
            value[dynamic->d_tag] = dynamic->d_un.d_ptr;
        else if (dynamic->d_tag == DT_GNU_HASH)
            hash = dynamic->d_un.d_ptr;
    }
    bool has_addends = value[DT_RELA] != 0; /* a machine has one kind of them */
    *object = (struct elf_object){
        .base = base,
        .symbols = elf_pointer(base, value[DT_SYMTAB]),
        .strings = elf_pointer(base, value[DT_STRTAB]),
        .gnu_hash = elf_pointer(base, hash),
        .relocations = elf_pointer(base, value[has_addends ? DT_RELA : DT_REL]),
        .relocations_size = value[has_addends ? DT_RELASZ : DT_RELSZ],
        .plt_relocations = elf_pointer(base, value[DT_JMPREL]),
        .plt_size = value[DT_PLTRELSZ],
    };
    return value[DT_SYMTAB] != 0 && value[DT_STRTAB] != 0;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool same_name(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

/* Number, first index, mask words and shift stand in front of the filter, the buckets and the
 * chains. */
struct gnu_table {
    uint32_t nbuckets;
    uint32_t first;
    uint32_t nfilter;
    uint32_t shift;
    ElfW(Addr) filter[];
};

static bool may_have(const struct gnu_table *table, uint32_t hash)
{
    const uint32_t bits = 8 * sizeof(ElfW(Addr));
    ElfW(Addr) word = table->filter[(hash / bits) & (table->nfilter - 1)];
    return (word >> (hash % bits)) & (word >> ((hash >> table->shift) % bits)) & 1;
}

static const ElfW(Sym) *
    find_symbol(const struct elf_object *object, const char *name, uint32_t hash)
{
    const struct gnu_table *table = (const struct gnu_table *)(const void *)object->gnu_hash;
    if (table == NULL || table->nbuckets == 0 || !may_have(table, hash))
        return NULL;
    const uint32_t *buckets = (const uint32_t *)(const void *)(table->filter + table->nfilter);
    const uint32_t *chains = buckets + table->nbuckets - table->first;
    for (uint32_t i = buckets[hash % table->nbuckets]; i != 0; i++) {
        const ElfW(Sym) *symbol = &object->symbols[i];
        if ((chains[i] | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF &&
            same_name(object->strings + symbol->st_name, name))
            return symbol;
        if (chains[i] & 1)
            break;
    }
    return NULL;
}

void *elf_object_find(const struct elf_object *object, const char *name)
{
    const ElfW(Sym) *symbol = find_symbol(object, name, gnu_hash(name));
    return symbol != NULL ? (void *)(object->base + symbol->st_value) : NULL;
}

struct search {
    const void *self;
    const char *name;
    uint32_t hash;
    bool behind; /* the object with `self` was seen */
    void *found;
};

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

bool elf_contains(const struct dl_phdr_info *info, const void *address)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD &&
            (uintptr_t)address - (info->dlpi_addr + header->p_vaddr) < header->p_memsz)
            return true;
    }
    return false;
}

const ElfW(Dyn) * elf_dynamic(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return NULL;
}

static int look_in(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    struct elf_object object;
    (void)size;
    if (!search->behind) {
        search->behind = elf_contains(info, search->self);
        return 0;
    }
    if (elf_object_read(&object, info->dlpi_addr, elf_dynamic(info))) {
        const ElfW(Sym) *symbol = find_symbol(&object, search->name, search->hash);
        search->found = symbol != NULL ? (void *)(object.base + symbol->st_value) : NULL;
    }
    return search->found != NULL;
}

void *elf_find_next(const void *self, const char *name)
{
    struct search search = {self, name, gnu_hash(name), false, NULL};
    dl_iterate_phdr(look_in, &search);
    return search.found;
}
