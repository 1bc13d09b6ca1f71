#include "cli/preload_out.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/preload_file.h"
#include "core/cleanup.h"

/* Not that of enable, which may be writing its own at this moment: we take no lock. */
#define TEMPORARY_NAME "." PRELOAD_NAME ".off"

enum { MAX_ROUNDS = 5 };

static bool replace(int etc, const char *text)
{
    auto_free char *rest = preload_without(text);
    if (rest == NULL)
        return false;
    if (*rest == '\0')
        return atomic_remove(etc, PRELOAD_NAME) == 0;
    return atomic_replace_by(etc, PRELOAD_NAME, TEMPORARY_NAME, rest, strlen(rest), NULL) == 0;
}

static bool blank_one(int fd, const struct preload_entry *entry, off_t offset)
{
    char there[MAX_PRELOAD];
    if (entry->length > sizeof there ||
        pread(fd, there, entry->length, offset) != (ssize_t)entry->length)
        return false;
    errno = EAGAIN;
    if (memcmp(there, entry->start, entry->length) != 0)
        return false;
    memset(there, ' ', entry->length);
    return pwrite(fd, there, entry->length, offset) == (ssize_t)entry->length;
}

/* The file keeps its length and its blocks, so a full disk is no hindrance; the loader skips
 * spaces. */
static bool blank(int etc, const char *text)
{
    auto_close int fd = openat(etc, PRELOAD_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const char *at = text;
    struct preload_entry entry;
    unsigned line = 1;
    if (fd < 0)
        return false;
    while (preload_next(&at, &line, &entry))
        if (preload_is_ours(&entry) && !blank_one(fd, &entry, entry.start - text))
            return false;
    fsync(fd); /* the programs that start from now on see it in any case */
    return true;
}

static bool names_us(const char *text)
{
    struct preload_entry entry;
    unsigned line = 1;
    while (preload_next(&text, &line, &entry))
        if (preload_is_ours(&entry))
            return true;
    return false;
}

enum preload_out preload_take_out(int etc)
{
    bool wrote = false;
    for (unsigned round = 0; round < MAX_ROUNDS; round++) {
        size_t size;
        auto_free char *text = atomic_read(etc, PRELOAD_NAME, MAX_PRELOAD, &size);
        if (text == NULL && errno != ENOENT)
            return PRELOAD_OUT_FAILED;
        if (text == NULL || !names_us(text))
            return wrote ? PRELOAD_OUT_DONE : PRELOAD_OUT_WAS_OFF;
        errno = EINVAL;
        if (strlen(text) != size)
            return PRELOAD_OUT_FAILED;
        wrote = true;
        if (!replace(etc, text) && !blank(etc, text) && errno != ENOENT && errno != EAGAIN)
            return PRELOAD_OUT_FAILED;
    }
    errno = EBUSY;
    return PRELOAD_OUT_FAILED;
}
