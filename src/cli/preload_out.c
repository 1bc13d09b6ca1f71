#include "cli/preload_out.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/atomic_file.h"
#include "cli/preload_file.h"
#include "core/cleanup.h"

/* Not that of enable, which may be writing its own at this moment: we take no lock. */
#define TEMPORARY_NAME "." PRELOAD_NAME ".off"

enum { MAX_ROUNDS = 5 };

struct list {
    int etc;
    char *text; /* a NUL is a line's end in it, and then it must keep its length */
    bool nul;
    char target[PATH_MAX]; /* what the file is a link to; "" where it is none */
};

/* Of the running system alone it is known what a link leads to. */
static bool is_link_of_ours(int etc)
{
    struct stat a, b, st;
    return fstat(etc, &a) == 0 && stat("/etc", &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino && fstatat(etc, PRELOAD_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(st.st_mode);
}

/* The loader follows a link, so it must be possible to switch off behind one. */
static bool read_list(int etc, struct list *list)
{
    size_t size = 0;
    *list = (struct list){.etc = etc};
    list->text = atomic_read(etc, PRELOAD_NAME, MAX_PRELOAD, &size);
    if (list->text == NULL && errno == ELOOP && is_link_of_ours(etc)) {
        if (realpath("/etc/" PRELOAD_NAME, list->target) == NULL)
            return false;
        list->text = atomic_read(AT_FDCWD, list->target, MAX_PRELOAD, &size);
    }
    for (char *nul; list->text != NULL && (nul = memchr(list->text, '\0', size)) != NULL;) {
        *nul = '\n';
        list->nul = true;
    }
    return list->text != NULL;
}

static void free_list(struct list *list)
{
    cleanup_free(&list->text);
}
#define auto_list __attribute__((cleanup(free_list)))

/* A link is replaced itself. */
static bool replace(const struct list *list)
{
    const struct atomic_owner plain = {0644, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    auto_free char *rest = list->nul ? NULL : preload_without(list->text);
    if (rest == NULL)
        return false;
    if (*rest == '\0')
        return atomic_remove(list->etc, PRELOAD_NAME) == 0;
    return atomic_replace_by(list->etc, PRELOAD_NAME, TEMPORARY_NAME, rest, strlen(rest),
                             *list->target != '\0' ? &plain : NULL) == 0;
}

static bool blank_one(int fd, const struct preload_entry *entry, off_t offset)
{
    char there[PATH_MAX];
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
static bool blank(const struct list *list)
{
    const char *name = *list->target != '\0' ? list->target : PRELOAD_NAME;
    auto_close int fd = openat(list->etc, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    auto_free char *seen = preload_seen(list->text);
    const char *at = seen;
    struct preload_entry entry;
    unsigned line = 1;
    if (fd < 0 || seen == NULL)
        return false;
    while (preload_next(&at, &line, &entry))
        if (preload_is_ours(&entry) && !blank_one(fd, &entry, entry.start - seen))
            return false;
    fsync(fd); /* the programs that start from now on see it in any case */
    return true;
}

/* Where there is no memory to look, what takes it out has a look, too. */
static bool names_us(const char *text)
{
    auto_free char *seen = preload_seen(text);
    struct preload_entry entry;
    return seen == NULL || preload_find_ours(seen, &entry);
}

enum preload_out preload_take_out(int etc)
{
    bool wrote = false;
    for (unsigned round = 0; round < MAX_ROUNDS; round++) {
        auto_list struct list list;
        if (!read_list(etc, &list) && errno != ENOENT)
            return PRELOAD_OUT_FAILED;
        if (list.text == NULL || !names_us(list.text))
            return wrote ? PRELOAD_OUT_DONE : PRELOAD_OUT_WAS_OFF;
        wrote = true;
        if (!replace(&list) && !blank(&list) && errno != ENOENT && errno != EAGAIN)
            return PRELOAD_OUT_FAILED;
    }
    errno = EAGAIN;
    return PRELOAD_OUT_FAILED;
}
