#include "trial/sum.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/names.h"

/* FNV-1a, 64 bits: Fowler, Noll, Vo; draft-eastlake-fnv. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

struct file {
    const unsigned char *bytes;
    size_t size;
};

static bool add(const struct file *file, const ElfW(Shdr) * section, uint64_t *sum)
{
    if (section->sh_offset > file->size || section->sh_size > file->size - section->sh_offset)
        return false;
    for (size_t i = 0; i < section->sh_size; i++)
        *sum = (*sum ^ file->bytes[section->sh_offset + i]) * FNV_PRIME;
    return true;
}

static bool sum_sections(const struct file *file, uint64_t *sum)
{
    ElfW(Ehdr) header;
    ElfW(Shdr) section;
    if (file->size < sizeof header)
        return false;
    memcpy(&header, file->bytes, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof section ||
        header.e_shoff > file->size ||
        (file->size - header.e_shoff) / sizeof section < header.e_shnum)
        return false;
    *sum = FNV_BASIS;
    for (unsigned i = 0; i < header.e_shnum; i++) {
        memcpy(&section, file->bytes + header.e_shoff + i * sizeof section, sizeof section);
        if (section.sh_type == SHT_PROGBITS && (section.sh_flags & SHF_ALLOC) &&
            !(section.sh_flags & SHF_WRITE) && !add(file, &section, sum))
            return false;
    }
    return header.e_shnum > 0;
}

/* Read into memory, not mapped: the file may be cut while it is looked at. */
static bool sum_of(const char *library, uint64_t *sum)
{
    auto_close int fd = open(library, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    auto_free unsigned char *bytes = malloc((size_t)st.st_size + 1);
    ssize_t got = bytes == NULL ? -1 : pread(fd, bytes, (size_t)st.st_size, 0);
    struct file file = {bytes, got > 0 ? (size_t)got : 0};
    return got >= 0 && sum_sections(&file, sum);
}

static bool installed_sum(const char *library, uint64_t *sum)
{
    static const char *const below[] = MODULE_BELOW;
    const char *slash = strrchr(library, '/');
    char path[PATH_MAX];
    for (size_t i = 0; slash != NULL && i < sizeof below / sizeof *below; i++) {
        if (snprintf(path, sizeof path, "%.*s/%s%s.sum", (int)(slash - library), library, below[i],
                     slash + 1) >= PATH_MAX)
            continue;
        auto_fclose FILE *file = fopen(path, "re");
        if (file != NULL)
            return fscanf(file, "%" SCNx64, sum) == 1;
    }
    return false;
}

enum sum_verdict sum_check(const char *library)
{
    uint64_t installed, now;
    if (!installed_sum(library, &installed))
        return SUM_UNKNOWN;
    return sum_of(library, &now) && now == installed ? SUM_SAME : SUM_DIFFERS;
}

bool sum_print(const char *library)
{
    uint64_t sum;
    return sum_of(library, &sum) && printf("%016" PRIx64 "\n", sum) > 0;
}
