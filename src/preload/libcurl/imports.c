#include "preload/libcurl/imports.h"

#include <string.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/elf_relocation.h"
#include "preload/loader/libc_kind.h"

enum { NAME_SIZE = 64 };

/* What an entry leads to; NULL while it is not bound and leads back into the object's own stub. */
static void *target_of(const struct link_map *map, const elf_relocation *entry,
                       const ElfW(Sym) * symbol)
{
    void *target = *(void **)(map->l_addr + entry->r_offset);
    return symbol->st_shndx == SHN_UNDEF && libc_object_of(target) == map ? NULL : target;
}

/* What one of an object's tables has for `name`. */
static void *look_in_table(const struct link_map *map, const char *name, intptr_t table,
                           intptr_t size)
{
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    const elf_relocation *entry = elf_pointer(map->l_addr, elf_value(map->l_ld, table));
    if (symbols == NULL || strings == NULL || entry == NULL)
        return NULL;
    for (size_t left = elf_value(map->l_ld, size) / sizeof *entry; left > 0; left--, entry++) {
        if (!elf_relocation_is_address(entry))
            continue;
        const ElfW(Sym) *symbol = &symbols[elf_relocation_symbol(entry)];
        if (elf_same_name(strings + symbol->st_name, name))
            return target_of(map, entry, symbol);
    }
    return NULL;
}

void *import_target(const void *inside, const char *name)
{
    const struct link_map *map = libc_object_of(inside);
    if (map == NULL)
        return NULL;
    void *target = look_in_table(map, name, DT_JMPREL, DT_PLTRELSZ);
    return target != NULL ? target : look_in_table(map, name, REL_TABLE, REL_SIZE);
}

/* The first of "a|b|c" that the object defines. */
static void *find_first(const struct elf_symbols *symbols, const char *names)
{
    void *found = NULL;
    while (found == NULL && *names != '\0') {
        char name[NAME_SIZE];
        size_t length = strcspn(names, "|");
        if (length >= sizeof name)
            return NULL;
        memcpy(name, names, length);
        name[length] = '\0';
        found = elf_lookup(symbols, name, elf_hash_of(name));
        names += length + (names[length] == '|');
    }
    return found;
}

bool import_names(const void *function, const char *names, void **entry)
{
    const struct link_map *map = libc_object_of(function);
    struct elf_symbols symbols;
    if (map == NULL)
        return false;
    elf_symbols_at(&symbols, map->l_addr, map->l_ld, elf_hash_entry(map->l_ld));
    for (; *names != '\0'; names += strlen(names) + 1, entry++) {
        *entry = find_first(&symbols, names);
        if (*entry == NULL)
            return false;
    }
    return true;
}
