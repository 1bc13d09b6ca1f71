#include "cli/needed.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/elf.h"
#include "cli/loader_cache.h"
#include "core/cleanup.h"

/* The structs of this machine's own class. */
#if UINTPTR_MAX == UINT64_MAX
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
typedef Elf64_Dyn elf_tag;
typedef Elf64_Addr elf_address;
typedef Elf64_Off elf_offset;
typedef Elf64_Sxword elf_tag_kind;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
typedef Elf32_Dyn elf_tag;
typedef Elf32_Addr elf_address;
typedef Elf32_Off elf_offset;
typedef Elf32_Sword elf_tag_kind;
#endif

enum { MAX_LIBRARIES = 1024, MAX_TAGS = 4096, MAX_HEADERS = 512, MAX_NAME = 1024 };

struct object {
    int fd;
    const char *file;
    elf_segment headers[MAX_HEADERS];
    size_t nheaders;
    elf_tag tags[MAX_TAGS];
    size_t ntags;
};

static bool read_at(const struct object *object, void *data, size_t size, elf_offset offset)
{
    return pread(object->fd, data, size, (off_t)offset) == (ssize_t)size;
}

static bool read_headers(struct object *object)
{
    elf_header header;
    if (!read_at(object, &header, sizeof header, 0) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(elf_segment) ||
        header.e_phnum > MAX_HEADERS)
        return false;
    object->nheaders = header.e_phnum;
    return read_at(object, object->headers, object->nheaders * sizeof(elf_segment), header.e_phoff);
}

static bool read_tags(struct object *object)
{
    for (size_t i = 0; i < object->nheaders; i++) {
        const elf_segment *header = &object->headers[i];
        if (header->p_type != PT_DYNAMIC)
            continue;
        object->ntags = header->p_filesz / sizeof(elf_tag);
        return object->ntags <= MAX_TAGS &&
               read_at(object, object->tags, object->ntags * sizeof(elf_tag), header->p_offset);
    }
    return false;
}

static elf_address tag_value(const struct object *object, elf_tag_kind tag)
{
    for (size_t i = 0; i < object->ntags && object->tags[i].d_tag != DT_NULL; i++)
        if (object->tags[i].d_tag == tag)
            return object->tags[i].d_un.d_ptr;
    return 0;
}

/* Where the loader will put an address, the file has this offset. */
static elf_offset file_offset(const struct object *object, elf_address address)
{
    for (size_t i = 0; i < object->nheaders; i++) {
        const elf_segment *header = &object->headers[i];
        if (header->p_type == PT_LOAD && address >= header->p_vaddr &&
            address - header->p_vaddr < header->p_filesz)
            return header->p_offset + (address - header->p_vaddr);
    }
    return 0;
}

static bool read_string(const struct object *object, elf_address index, char *text)
{
    elf_offset table = file_offset(object, tag_value(object, DT_STRTAB));
    ssize_t got = table ? pread(object->fd, text, MAX_NAME - 1, (off_t)(table + index)) : -1;
    text[got > 0 ? got : 0] = '\0';
    return got > 0 && text[0] && strlen(text) < (size_t)got;
}

/* ---- the search ------------------------------------------------------------------------------ */

static bool usable(const char *path)
{
    struct elf_facts facts, own;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    auto_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && self >= 0 && elf_read(fd, &facts) == 0 && elf_read(self, &own) == 0 &&
           elf_same_architecture(&facts, &own);
}

/* One folder of a run path, with $ORIGIN as the folder of the object that has it. */
static bool in_run_folder(const struct object *object, const char *folder, size_t length,
                          const char *name, char path[PATH_MAX])
{
    const char *slash = strrchr(object->file, '/');
    int origin = slash != NULL ? (int)(slash - object->file) : 0;
    int written;
    if (length >= 7 && strncmp(folder, "$ORIGIN", 7) == 0)
        written = snprintf(path, PATH_MAX, "%.*s%.*s/%s", origin, object->file, (int)length - 7,
                           folder + 7, name);
    else if (length >= 9 && strncmp(folder, "${ORIGIN}", 9) == 0)
        written = snprintf(path, PATH_MAX, "%.*s%.*s/%s", origin, object->file, (int)length - 9,
                           folder + 9, name);
    else
        written = snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folder, name);
    return written < PATH_MAX && usable(path);
}

static bool in_run_path(const struct object *object, const char *name, char path[PATH_MAX])
{
    static const elf_tag_kind kinds[] = {DT_RUNPATH, DT_RPATH};
    char folders[MAX_NAME];
    for (size_t i = 0; i < 2; i++) {
        elf_address index = tag_value(object, kinds[i]);
        if (!index || !read_string(object, index, folders))
            continue;
        for (const char *f = folders; *f; f += strcspn(f, ":"), f += *f == ':')
            if (in_run_folder(object, f, strcspn(f, ":"), name, path))
                return true;
    }
    return false;
}

static bool find(const struct object *object, const char *name, char path[PATH_MAX])
{
    static const char *const folders[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib", NULL};
    if (strchr(name, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && usable(path);
    if (in_run_path(object, name, path) || (loader_cache_find(name, path) && usable(path)))
        return true;
    for (const char *const *f = folders; *f != NULL; f++)
        if (snprintf(path, PATH_MAX, "%s/%s", *f, name) < PATH_MAX && usable(path))
            return true;
    return false;
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool known(const struct needed *needed, const char *name)
{
    for (size_t i = 0; i < needed->count; i++)
        if (strcmp(needed->libraries[i].name, name) == 0)
            return true;
    return false;
}

static bool add(struct needed *needed, const struct object *object, const char *name)
{
    char path[PATH_MAX];
    struct needed_library *grown, *library;
    if (needed->count == MAX_LIBRARIES || known(needed, name))
        return true;
    grown = realloc(needed->libraries, (needed->count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    needed->libraries = grown;
    library = &grown[needed->count++];
    library->path = find(object, name, path) ? strdup(path) : NULL;
    library->name = strdup(name);
    return library->name != NULL;
}

static bool add_of(struct needed *needed, struct object *object, const char *file)
{
    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char name[MAX_NAME];
    *object = (struct object){.fd = fd, .file = file};
    if (fd < 0 || !read_headers(object) || !read_tags(object))
        return true; /* what cannot be read needs nothing that we could name */
    for (size_t i = 0; i < object->ntags && object->tags[i].d_tag != DT_NULL; i++)
        if (object->tags[i].d_tag == DT_NEEDED &&
            read_string(object, object->tags[i].d_un.d_val, name) && !add(needed, object, name))
            return false;
    return true;
}

bool needed_read(const char *file, struct needed *needed)
{
    struct object *object = calloc(1, sizeof *object);
    bool good;
    *needed = (struct needed){0};
    good = object != NULL && add_of(needed, object, file);

    if (good)
        needed->direct = needed->count;
    for (size_t i = 0; good && i < needed->count; i++)
        if (needed->libraries[i].path != NULL)
            good = add_of(needed, object, needed->libraries[i].path);
    free(object);
    return good;
}

void needed_free(struct needed *needed)
{
    for (size_t i = 0; i < needed->count; i++) {
        free(needed->libraries[i].name);
        free(needed->libraries[i].path);
    }
    free(needed->libraries);
    *needed = (struct needed){0};
}
