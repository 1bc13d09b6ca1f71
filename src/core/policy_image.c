#include "policy_image.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "secret.h"

static uint32_t fnv1a(uint32_t hash, const void *data, size_t size)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 16777619u;
    return hash;
}

uint32_t policy_scope_hash(const char *host, uint16_t port, const char *path, size_t path_len)
{
    uint32_t hash = 2166136261u;
    for (const char *c = host; *c != '\0'; c++)
        hash = fnv1a(hash, c, 1);
    hash = fnv1a(hash, &port, sizeof port);
    return fnv1a(hash, path, path_len);
}

void policy_image_free(struct policy_image *image)
{
    if (image == NULL)
        return;
    int saved = errno;
    size_t size = image->size;
    if (mprotect(image, size, PROT_READ | PROT_WRITE) == 0)
        secret_wipe(image, size);
    munmap(image, size);
    errno = saved;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool watch_holds(const struct policy_watch *watch)
{
    struct stat now;
    if (stat(watch->path, &now) != 0)
        return !watch->exists;
    return watch->exists && now.st_dev == watch->dev && now.st_ino == watch->ino &&
           now.st_size == watch->size && same_time(now.st_mtim, watch->mtime) &&
           same_time(now.st_ctim, watch->ctime);
}

bool policy_image_current(const struct policy_image *image)
{
    int saved = errno;
    bool current = true;
    for (uint32_t i = 0; current && i < image->nwatches; i++)
        current = watch_holds(&image->watches[i]);
    errno = saved;
    return current;
}
