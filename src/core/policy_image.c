#include "commissioned/policy_image.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/secret.h"

uint32_t policy_origin_hash(const char *host, uint16_t port)
{
    uint32_t hash = 2166136261u;
    for (const char *c = host; *c != '\0'; c++)
        hash = policy_hash_byte(hash, (unsigned char)*c);
    hash = policy_hash_byte(hash, (unsigned char)(port >> 8));
    return policy_hash_byte(hash, (unsigned char)port);
}

uint32_t policy_scope_hash(const char *host, uint16_t port, const char *path, size_t path_len)
{
    uint32_t hash = policy_origin_hash(host, port);
    for (size_t i = 0; i < path_len; i++)
        hash = policy_hash_byte(hash, (unsigned char)path[i]);
    return hash;
}

void policy_image_free(struct policy_image *image)
{
    if (image == NULL)
        return;
    auto_errno int saved = errno;
    size_t size = image->size;
    if (mprotect(image, size, PROT_READ | PROT_WRITE) == 0)
        secret_wipe(image, size);
    munmap(image, size);
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static inline bool watch_holds(const struct policy_watch *watch)
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
    bool current = true;
    for (uint32_t i = 0; current && i < image->nwatches; i++)
        current = watch_holds(&image->watches[i]);
    return current;
}

bool policy_image_seen_to_change(const struct policy_image *image)
{
    auto_errno int saved = errno;
    bool changed = false;
    for (uint32_t i = 0; !changed && i < image->nwatches; i++) {
        errno = 0;
        changed = !watch_holds(&image->watches[i]) && errno != EACCES && errno != EPERM;
    }
    return changed;
}

bool policy_image_seen_to_go(const struct policy_image *image)
{
    auto_errno int saved = errno;
    struct stat now;
    bool gone = false;
    for (uint32_t i = 0; !gone && i < image->nwatches; i++)
        gone = image->watches[i].exists && stat(image->watches[i].path, &now) != 0 &&
               (errno == ENOENT || errno == ENOTDIR);
    return gone;
}
