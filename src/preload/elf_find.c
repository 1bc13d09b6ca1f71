#include "elf_find.h"

/* Most loaders relocate the pointers of the dynamic section in place, some leave them relative. */
static const void *pointer(uintptr_t base, uintptr_t value)
{
    return (const void *)(value < base ? base + value : value);
}

bool elf_object_read(struct elf_object *object, uintptr_t base, const ElfW(Dyn) * dynamic)
{
    *object = (struct elf_object){.base = base};
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        const void *there = pointer(base, dynamic->d_un.d_ptr);
        switch (dynamic->d_tag) {
        case DT_SYMTAB:
            object->symbols = there;
            break;
        case DT_STRTAB:
            object->strings = there;
            break;
        case DT_GNU_HASH:
            object->gnu_hash = there;
            break;
        case DT_RELA:
        case DT_REL:
            object->relocations = there;
            break;
        case DT_RELASZ:
        case DT_RELSZ:
            object->relocations_size = dynamic->d_un.d_val;
            break;
        case DT_JMPREL:
            object->plt_relocations = there;
            break;
        case DT_PLTRELSZ:
            object->plt_size = dynamic->d_un.d_val;
            break;
        default:
            break;
        }
    }
    return object->symbols != NULL && object->strings != NULL;
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
    uintptr_t self;
    const char *name;
    bool behind; /* the object with `self` was seen */
    void *found;
};

static int look_in(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    struct elf_object object;
    const ElfW(Dyn) *dynamic = NULL;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)start;
        if (!search->behind && header->p_type == PT_LOAD &&
            search->self - start < header->p_memsz) {
            search->behind = true;
            return 0;
        }
    }
    if (search->behind && elf_object_read(&object, info->dlpi_addr, dynamic))
        search->found = elf_object_find(&object, search->name);
    return search->found != NULL;
}

void *elf_find_next(const void *self, const char *name)
{
    struct search search = {(uintptr_t)self, name, false, NULL};
    dl_iterate_phdr(look_in, &search);
    return search.found;
}
