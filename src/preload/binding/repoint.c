#include "preload/binding/repoint.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include "preload/binding/own_names.h"
#include "preload/libcurl/provider.h"
#include "preload/loader/elf_relocation.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/locks.h"

void repoint_measure(struct repoint_place *place, const struct dl_phdr_info *info)
{
    place->base = info->dlpi_addr;
    place->mapping = elf_extent(info);
    place->relro = (struct elf_extent){0, 0};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_RELRO)
            place->relro = (struct elf_extent){start, start + header->p_memsz};
    }
}

/* An object, and what the loader had to be asked before the lock was taken. */
struct task {
    const struct repoint *object;
    uintptr_t dlsym_behind; /* where a call of ours goes on to */
    uintptr_t dlvsym_behind;
    bool dlsym_is_ours; /* in the global scope: nobody in front of us answers for it */
};

/* Another preload in front of us, or a function of the program's own, keeps its place. */
static bool may_change(const struct task *task, unsigned name, uintptr_t now)
{
    const struct repoint *object = task->object;
    const struct provider *provider = object->provider;
    /* Not bound yet, it still leads to the object's own table. */
    bool unbound = elf_extent_has(&object->place->mapping, now);
    if (name >= OWN_LIBCURLS)
        return unbound ? task->dlsym_is_ours
                       : now != 0 &&
                             now == (name == OWN_dlsym ? task->dlsym_behind : task->dlvsym_behind);
    if (provider == NULL)
        return false;
    if (unbound || provider_is_caller(provider, (const void *)now))
        return true;
    return name <= OWN_curl_multi_init && now == (uintptr_t)own_function(name);
}

/* The loader left it read-only: open its page for the one word. */
static void write_slot(const struct repoint *object, uintptr_t *slot, uintptr_t value)
{
    const uintptr_t page = (uintptr_t)getauxval(AT_PAGESZ);
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    /* The loader closes whole pages: the last one, if it is shared, stays open. */
    bool closed = (uintptr_t)slot >= (object->place->relro.start & ~(page - 1)) &&
                  (uintptr_t)slot < (object->place->relro.end & ~(page - 1));
    if (closed && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (closed)
        mprotect(start, page, PROT_READ);
}

/* One of our names that this object takes from elsewhere, or OWN_NAMES. */
static unsigned name_of_import(const char *strings, const ElfW(Sym) * symbol)
{
    const char *name = strings + symbol->st_name;
    bool likely = (name[0] == 'c' && name[1] == 'u') || (name[0] == 'd' && name[1] == 'l');
    return likely && symbol->st_shndx == SHN_UNDEF ? own_name(name) : OWN_NAMES;
}

static void repoint_table(const struct task *task, intptr_t table_tag, intptr_t size_tag)
{
    const struct repoint *object = task->object;
    const struct link_map *map = object->map;
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    const elf_relocation *entry = elf_pointer(map->l_addr, elf_value(map->l_ld, table_tag));
    if (symbols == NULL || strings == NULL || entry == NULL)
        return;
    for (size_t left = elf_value(map->l_ld, size_tag) / sizeof *entry; left > 0; left--, entry++) {
        if (!elf_relocation_is_address(entry))
            continue;
        unsigned name = name_of_import(strings, &symbols[elf_relocation_symbol(entry)]);
        if (name == OWN_NAMES)
            continue;
        uintptr_t *slot = (uintptr_t *)(map->l_addr + entry->r_offset);
        uintptr_t wanted = (uintptr_t)(object->provider != NULL ? own_entry(name, object->provider)
                                                                : own_function(name));
        if (*slot != wanted && may_change(task, name, *slot))
            write_slot(object, slot, wanted);
    }
}

void repoint(const struct repoint *object)
{
    dlsym_function *find = late_dlsym();
    const struct task task = {
        .object = object,
        .dlsym_behind = (uintptr_t)find,
        .dlvsym_behind = (uintptr_t)late_dlvsym(),
        .dlsym_is_ours = find(RTLD_DEFAULT, "dlsym") == own_function(OWN_dlsym),
    };
    lock_take(LOCK_BINDING);
    repoint_table(&task, DT_JMPREL, DT_PLTRELSZ);
    repoint_table(&task, REL_TABLE, REL_SIZE);
    lock_give(LOCK_BINDING);
}

/* The undefined symbols stand in front of those that the hash table knows. */
bool repoint_imports_dlsym(const struct link_map *map)
{
    const struct elf_gnu_hash *table = elf_gnu_hash(map->l_addr, map->l_ld);
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    if (table == NULL || symbols == NULL || strings == NULL)
        return false;
    for (uint32_t i = 0; i < table->first; i++) {
        const char *name = strings + symbols[i].st_name;
        if (name[0] == 'd' && own_name(name) < OWN_NAMES)
            return true;
    }
    return false;
}
