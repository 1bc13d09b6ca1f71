#include "cli/elf.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_HEADERS = 512, /* program headers looked at; real programs have about a dozen */
    NATIVE_DATA = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB,
};

struct header_table {
    uint64_t offset;
    size_t entry_size;
    size_t count;
};

struct segment {
    uint32_t type;
    uint64_t offset;
    uint64_t size;
};

static bool read_at(int fd, void *data, size_t size, uint64_t offset)
{
    ssize_t got = pread(fd, data, size, (off_t)offset);
    if (got == (ssize_t)size)
        return true;
    if (got >= 0)
        errno = ENOEXEC;
    return false;
}

static bool read_table(int fd, const struct elf_facts *facts, struct header_table *table)
{
    union {
        Elf32_Ehdr narrow;
        Elf64_Ehdr wide;
    } header;
    if (facts->class == ELFCLASS64) {
        if (!read_at(fd, &header.wide, sizeof header.wide, 0))
            return false;
        *table = (struct header_table){header.wide.e_phoff, header.wide.e_phentsize,
                                       header.wide.e_phnum};
        return table->entry_size == sizeof(Elf64_Phdr);
    }
    if (!read_at(fd, &header.narrow, sizeof header.narrow, 0))
        return false;
    *table = (struct header_table){header.narrow.e_phoff, header.narrow.e_phentsize,
                                   header.narrow.e_phnum};
    return table->entry_size == sizeof(Elf32_Phdr);
}

static bool read_segment(int fd, const struct elf_facts *facts, uint64_t offset,
                         struct segment *segment)
{
    union {
        Elf32_Phdr narrow;
        Elf64_Phdr wide;
    } header;
    if (facts->class == ELFCLASS64) {
        if (!read_at(fd, &header.wide, sizeof header.wide, offset))
            return false;
        *segment = (struct segment){header.wide.p_type, header.wide.p_offset, header.wide.p_filesz};
        return true;
    }
    if (!read_at(fd, &header.narrow, sizeof header.narrow, offset))
        return false;
    *segment =
        (struct segment){header.narrow.p_type, header.narrow.p_offset, header.narrow.p_filesz};
    return true;
}

static bool read_interpreter(int fd, const struct segment *segment, struct elf_facts *facts)
{
    if (segment->size == 0 || segment->size >= sizeof facts->interpreter)
        return false;
    if (!read_at(fd, facts->interpreter, (size_t)segment->size, segment->offset))
        return false;
    facts->interpreted = true;
    return true;
}

static bool read_segments(int fd, struct elf_facts *facts)
{
    struct header_table table;
    struct segment segment;
    errno = ENOEXEC;
    if (!read_table(fd, facts, &table))
        return false;
    if (table.count > MAX_HEADERS || table.offset > INT64_MAX / 2)
        return false;
    for (size_t i = 0; i < table.count; i++) {
        if (!read_segment(fd, facts, table.offset + i * table.entry_size, &segment))
            return false;
        if (segment.type == PT_INTERP)
            return read_interpreter(fd, &segment, facts);
    }
    return true;
}

int elf_read(int fd, struct elf_facts *facts)
{
    /* e_type and e_machine stand at the same place in both classes. */
    Elf32_Ehdr start;
    memset(facts, 0, sizeof *facts);
    if (!read_at(fd, &start, sizeof start, 0))
        return -1;
    errno = ENOEXEC;
    if (memcmp(start.e_ident, ELFMAG, SELFMAG) != 0)
        return -1;
    facts->class = start.e_ident[EI_CLASS];
    facts->data = start.e_ident[EI_DATA];
    facts->machine = start.e_machine;
    facts->type = start.e_type;
    if (facts->class != ELFCLASS32 && facts->class != ELFCLASS64)
        return -1;
    if (facts->data != NATIVE_DATA)
        return 0;
    return read_segments(fd, facts) ? 0 : -1;
}

bool elf_same_architecture(const struct elf_facts *a, const struct elf_facts *b)
{
    return a->class == b->class && a->data == b->data && a->machine == b->machine;
}
