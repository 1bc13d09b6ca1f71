#include "commissioned/policy_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/cleanup.h"
#include "core/export.h"
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

static inline bool is_as_watched(const struct policy_watch *watch, const struct stat *now)
{
    return watch->exists && now->st_dev == watch->dev && now->st_ino == watch->ino &&
           now->st_size == watch->size && same_time(now->st_mtim, watch->mtime) &&
           same_time(now->st_ctim, watch->ctime);
}

static bool watch_holds(const struct policy_watch *watch)
{
    struct stat now;
    if (stat(watch->path, &now) != 0)
        return !watch->exists;
    return is_as_watched(watch, &now);
}

#ifdef __GLIBC__
#define STAT_IS_NEWFSTATAT __GLIBC_PREREQ(2, 33)
#else
#define STAT_IS_NEWFSTATAT 0
#endif

/* stat(2) by itself, for it comes with many requests: a third of what the C library takes for the
 * same call. musl and glibc before 2.33 make another one, and a program may
 * allow itself no other. */
#if STAT_IS_NEWFSTATAT && defined __x86_64__ && defined __LP64__
static inline bool stat_now(const char *path, struct stat *now)
{
    long answer = SYS_newfstatat;
    register long flags __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "+a"(answer)
                     : "D"((long)AT_FDCWD), "S"(path), "d"(now), "r"(flags)
                     : "rcx", "r11", "memory");
    return answer == 0;
}
#else
static inline bool stat_now(const char *path, struct stat *now)
{
    auto_errno int saved = errno;
    return stat(path, now) == 0;
}
#endif

NO_CANARY bool policy_image_current(const struct policy_image *image)
{
    struct stat now;
    const struct policy_watch *watch = image->watches;
    for (const struct policy_watch *end = watch + image->nwatches; watch != end; watch++)
        if (stat_now(watch->path, &now) ? !is_as_watched(watch, &now) : watch->exists)
            return false;
    return true;
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
