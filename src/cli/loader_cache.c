/*
 * The cache is a header, `nlibs` entries and a pool of strings; offsets count from the header. The
 * file is root's, yet every offset is checked: a broken cache must not break a diagnosis.
 */
#include "cli/loader_cache.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "core/cleanup.h"

enum { MAX_CACHE = 64 * 1024 * 1024 };

static const char magic[] = "glibc-ld.so.cache1.1";

struct cache_header {
    char magic[sizeof magic - 1];
    uint32_t nlibs;
    uint32_t strings_size;
    uint8_t flags;
    uint8_t padding[3];
    uint32_t extension;
    uint32_t unused[3];
};

struct cache_entry {
    int32_t flags;
    uint32_t name; /* offsets of strings */
    uint32_t path;
    uint32_t os_version;
    uint64_t hwcap;
};

/* The first entry of the name; on 64 bits not a 32-bit one, for ABIs share the cache. The caller
 * sees whether it can be loaded. */
static const char *lookup(const char *cache, size_t size, const char *name)
{
    const struct cache_header *header = (const void *)cache;
    const struct cache_entry *entries = (const void *)(cache + sizeof *header);
    if (size < sizeof *header || memcmp(cache, magic, sizeof magic - 1) != 0 ||
        header->nlibs > (size - sizeof *header) / sizeof *entries)
        return NULL;
    for (uint32_t i = 0; i < header->nlibs; i++) {
        if (entries[i].name >= size || entries[i].path >= size ||
            strcmp(cache + entries[i].name, name) != 0)
            continue;
        /* 0x0300 and its like name a 64-bit ABI; 0x0003 alone is the 32-bit one. */
        if (sizeof(void *) == 8 && (entries[i].flags & 0xff00) == 0)
            continue;
        return cache + entries[i].path;
    }
    return NULL;
}

bool loader_cache_find(const char *name, char path[PATH_MAX])
{
    char file[PATH_MAX];
    size_t size = 0;
    /* The loader follows a link here, and atomic_read does not. */
    auto_free char *cache = realpath("/etc/ld.so.cache", file) != NULL
                                ? atomic_read(AT_FDCWD, file, MAX_CACHE, &size)
                                : NULL;
    const char *found = cache != NULL ? lookup(cache, size, name) : NULL;
    return found != NULL && snprintf(path, PATH_MAX, "%s", found) < PATH_MAX;
}
