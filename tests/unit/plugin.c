#include "unit/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/elf_relocation.h"
#include "preload/loader/late_libc.h"
#include "support/command.h"
#include "support/glibc_only.h"
#include "support/sanitized.h"

static int measure(struct dl_phdr_info *info, size_t size, void *data)
{
    struct plugin *plugin = data;
    (void)size;
    if (info->dlpi_addr == plugin->map->l_addr)
        repoint_measure(&plugin->place, info);
    return 0;
}

void plugin_skip(const char *test, const char *why)
{
    /* Check names the function after the test, and "_fn". */
    printf("SKIP %.*s: %s\n", (int)strlen(test) - 3, test, why);
    fflush(stdout);
}

static bool load(struct plugin *plugin, const char *name, int when, const char *test)
{
    char program[64], file[PATH_MAX];
    if (SANITIZED) {
        plugin_skip(test, "the sanitizer's run-time loads nothing with RTLD_DEEPBIND");
        return false;
    }
    snprintf(program, sizeof program, "tests/programs/%s", name);
    built(file, program);
    *plugin = (struct plugin){.handle = dlopen(file, when | RTLD_LOCAL | RTLD_DEEPBIND)};
    if (plugin->handle == NULL) {
        plugin_skip(test, dlerror());
        return false;
    }
    ck_assert_int_eq(dlinfo(plugin->handle, RTLD_DI_LINKMAP, &plugin->map), 0);
    dl_iterate_phdr(measure, plugin);
    ck_assert(late_libc_bind());
    return true;
}

bool plugin_load(struct plugin *plugin, const char *name, const char *test)
{
    return load(plugin, name, RTLD_NOW, test);
}

bool plugin_load_lazy(struct plugin *plugin, const char *name, const char *test)
{
    return load(plugin, name, RTLD_LAZY, test);
}

static uintptr_t *slot_in(const struct link_map *map, const char *function, intptr_t table,
                          intptr_t size)
{
    const elf_relocation *entry = elf_pointer(map->l_addr, elf_value(map->l_ld, table));
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    for (size_t left = elf_value(map->l_ld, size) / sizeof *entry; left > 0; left--, entry++)
        if (strcmp(strings + symbols[elf_relocation_symbol(entry)].st_name, function) == 0)
            return (uintptr_t *)(map->l_addr + entry->r_offset);
    return NULL;
}

uintptr_t *plugin_slot(const struct plugin *plugin, const char *function)
{
    uintptr_t *slot = slot_in(plugin->map, function, DT_JMPREL, DT_PLTRELSZ);
    if (slot == NULL)
        slot = slot_in(plugin->map, function, REL_TABLE, REL_SIZE);
    ck_assert_msg(slot != NULL, "the plugin does not call %s", function);
    return slot;
}

void plugin_write(uintptr_t *slot, uintptr_t value)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    ck_assert_int_eq(mprotect(start, page, PROT_READ | PROT_WRITE), 0);
    *slot = value;
}
