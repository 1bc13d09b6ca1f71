/*
 * elf_find.h - the dynamic tables of loaded objects, read without the dynamic loader's functions.
 *
 * The library exports dlsym, so it cannot ask the C library's by name: it looks it up itself, with
 * the GNU hash table that every object has. Source: the System V ABI (dynamic section, symbol
 * table), dl_iterate_phdr(3); the GNU hash table's layout as in binutils' and glibc's elf headers.
 *
 * Ownership: pointers are into the objects; they hold while the object is loaded.
 * Threads:   any; dl_iterate_phdr holds the loader's lock while elf_find_next runs. Errors: NULL or
 * false.
 */
#ifndef COMMISSIONED_ELF_FIND_H
#define COMMISSIONED_ELF_FIND_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_object {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const char *relocations;     /* DT_RELA or DT_REL */
    size_t relocations_size;     /* bytes */
    const char *plt_relocations; /* DT_JMPREL */
    size_t plt_size;             /* bytes */
};

/* Most loaders relocate the pointers of the dynamic section in place, some leave them relative.
 * NULL for 0: there is none. */
static inline const void *elf_pointer(uintptr_t base, uintptr_t value)
{
    if (value == 0)
        return NULL;
    return (const void *)(value < base ? base + value : value);
}

/* An object that dl_iterate_phdr shows: whether the address lies in it, and its dynamic section or
 * NULL. */
struct elf_extent {
    uintptr_t start; /* its whole mapping: [start, end) */
    uintptr_t end;
};
struct elf_extent elf_extent(const struct dl_phdr_info *info);
bool elf_contains(const struct dl_phdr_info *info, const void *address);
const ElfW(Dyn) * elf_dynamic(const struct dl_phdr_info *info);

/* Reads a dynamic section. False where it has no symbols. */
bool elf_object_read(struct elf_object *object, uintptr_t base, const ElfW(Dyn) * dynamic);

/* The address of a function or object that it defines, or NULL. */
void *elf_object_find(const struct elf_object *object, const char *name);

/* The first definition of `name` in the objects behind the one that contains `self`, in load order.
 */
void *elf_find_next(const void *self, const char *name);

#endif
