#include "preload/loader/object.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "core/text.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/locks.h"

static int read_loads(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    /* Not their sum: glibc 2.36 lowers dlpi_subs when an object comes into another namespace. */
    *(unsigned long long *)data = info->dlpi_adds << 32 ^ (uint32_t)info->dlpi_subs;
    return 1;
}

bool object_loads(unsigned long long *now)
{
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    dl_iterate_phdr(read_loads, now);
    lock_give(LOCK_LOADER);
    return true;
}

/* Finds the object that contains mapping->start and widens the mapping to the whole of it. */
static int find_mapping(struct dl_phdr_info *info, size_t size, void *data)
{
    struct elf_extent *mapping = data;
    struct elf_extent extent = elf_extent(info);
    (void)size;
    if (!elf_extent_has(&extent, mapping->start))
        return 0;
    *mapping = extent;
    return 1;
}

bool object_mapping(const void *address, struct elf_extent *mapping)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE /* dlfcn.h has _dl_find_object, which takes no lock at all */
    struct dl_find_object object;
    if (late.find_object != NULL) {
        if (late.find_object((void *)(uintptr_t)address, &object) != 0)
            return false;
        mapping->start = (uintptr_t)object.dlfo_map_start;
        mapping->end = (uintptr_t)object.dlfo_map_end;
        return true;
    }
#endif
    mapping->start = (uintptr_t)address;
    return loader_lists_are_safe() && dl_iterate_phdr(find_mapping, mapping) == 1;
}

bool object_is_program(const struct link_map *map)
{
    return libc_is_program(map);
}

void *object_reopen(const struct link_map *map)
{
    return libc_reopen(map, 0);
}

static bool is_path_of(const char *path, const char *file)
{
    return strcmp(text_base_name(path), file) == 0;
}

/*
 * What the program itself names among what it needs never goes. The loader's list begins with what
 * was there at the start, so the first object of that file name is meant.
 */
static bool is_needed_by_program(const struct link_map *map)
{
    const struct link_map *program = elf_loaded();
    const char *file = strrchr(map->l_name, '/');
    if (program == NULL || file == NULL)
        return false;
    file++;
    const struct link_map *first = program->l_next;
    while (first != NULL && first != map && !is_path_of(first->l_name, file))
        first = first->l_next;
    const char *strings = elf_pointer(program->l_addr, elf_value(program->l_ld, DT_STRTAB));
    for (const ElfW(Dyn) *entry = program->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED && strings != NULL &&
            strcmp(strings + entry->d_un.d_val, file) == 0)
            return first == map;
    return false;
}

bool object_pin(const struct link_map *map)
{
    if (object_is_program(map) || is_needed_by_program(map))
        return true;
    void *handle = libc_reopen(map, RTLD_NODELETE);
    if (handle == NULL)
        return false;
    dlclose(handle);
    return true;
}

bool object_is_ours(const void *address)
{
    const struct link_map *map = libc_object_of(address);
    return map != NULL && map->l_ld == _DYNAMIC;
}
