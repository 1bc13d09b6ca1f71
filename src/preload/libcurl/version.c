#include "preload/libcurl/version.h"

#include <elf.h>
#include <string.h>

#include <curl/curl.h>

/* What a libcurl changes while it runs is small; a program with a libcurl of its own may have more
 * than is worth reading. */
enum { PAGE = 4096, MAX_DATA = 64 * 1024, MAX_AGE = 31, PARTS = 3 };

struct search {
    uintptr_t base;
    const ElfW(Phdr) * segments;
    unsigned count;
};

/* The program header, where it lies in the first page as linkers put it: there alone all of it is
 * surely mapped. */
static bool find_segments(struct search *search, const struct elf_extent *mapping)
{
    const ElfW(Ehdr) *header = (const void *)mapping->start;
    if (mapping->start % PAGE != 0 || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phoff > PAGE ||
        header->e_phnum > (PAGE - header->e_phoff) / sizeof(ElfW(Phdr)))
        return false;
    search->segments = (const void *)(mapping->start + header->e_phoff);
    search->count = header->e_phnum;
    return true;
}

/* What of a segment comes from the file. */
static struct elf_extent filled(const struct search *search, const ElfW(Phdr) * segment)
{
    uintptr_t start = search->base + segment->p_vaddr;
    return (struct elf_extent){start, start + segment->p_filesz};
}

static bool is_loaded(const struct search *search, uintptr_t address)
{
    for (unsigned i = 0; i < search->count; i++) {
        struct elf_extent extent = filled(search, &search->segments[i]);
        if (search->segments[i].p_type == PT_LOAD && elf_extent_has(&extent, address))
            return true;
    }
    return false;
}

/* "7.88.1" for 0x075801, whatever follows the digits. */
static bool is_spelled(const char *text, unsigned number)
{
    for (unsigned part = PARTS; part-- > 0; text++) {
        const char *digits = text;
        unsigned value = 0;
        for (; *text >= '0' && *text <= '9' && value <= UINT8_MAX; text++)
            value = value * 10 + (unsigned)(*text - '0');
        if (text == digits || value != ((number >> (8 * part)) & UINT8_MAX) ||
            (part > 0 && *text != '.'))
            return false;
    }
    return true;
}

/* Number and text say the same, each in its way: chance does not. */
static inline bool is_it(const struct search *search, const curl_version_info_data *info)
{
    unsigned major = info->version_num >> 16;
    return major != 0 && major <= UINT8_MAX && (unsigned)info->age <= MAX_AGE &&
           is_loaded(search, (uintptr_t)info->version) &&
           is_spelled(info->version, info->version_num);
}

/*
 * Without what only the loader writes to, for libcurl fills in the rest of the struct when it is
 * asked; and from the end, for libcurl's sources are linked in the alphabet's order.
 */
static unsigned look_through(const struct search *search, const ElfW(Phdr) * segment)
{
    struct elf_extent data = filled(search, segment);
    uintptr_t at = (data.end - offsetof(curl_version_info_data, host)) & -sizeof(void *);
    for (unsigned i = 0; i < search->count; i++) {
        const ElfW(Phdr) *relro = &search->segments[i];
        uintptr_t start = search->base + relro->p_vaddr;
        if (relro->p_type == PT_GNU_RELRO && elf_extent_has(&data, start))
            data.start = start + relro->p_memsz;
    }
    if (data.end > data.start + MAX_DATA)
        return 0;
    for (; at >= data.start; at -= sizeof(void *)) {
        const curl_version_info_data *info = (const void *)at;
        if (is_it(search, info))
            return info->version_num;
    }
    return 0;
}

unsigned libcurl_version(const struct elf_extent *mapping, uintptr_t base)
{
    struct search search = {.base = base};
    unsigned found = 0;
    if (!find_segments(&search, mapping))
        return 0;
    for (unsigned i = 0; i < search.count && found == 0; i++)
        if (search.segments[i].p_type == PT_LOAD && search.segments[i].p_flags & PF_W)
            found = look_through(&search, &search.segments[i]);
    return found;
}
