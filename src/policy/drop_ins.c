#include "policy/drop_ins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_drop_in(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

/* Takes the names in data[0..size), which getdents64(2) filled. */
static int take_names(const char *data, size_t size, struct arena *arena, const char **names,
                      size_t *count)
{
    for (size_t at = 0; at < size;) {
        const struct dirent64 *entry = (const void *)(data + at);
        at += entry->d_reclen;
        if (!is_drop_in(entry->d_name))
            continue;
        if (*count == MAX_DROP_INS)
            return E2BIG;
        names[*count] = arena_strdup(arena, entry->d_name);
        if (names[(*count)++] == NULL)
            return ENOMEM;
    }
    return 0;
}

int drop_ins_list(const char *folder, struct arena *arena, const char *names[MAX_DROP_INS],
                  size_t *count)
{
    /* Not opendir(3), which takes 32 kB from the host program's heap. */
    enum { SIZE = 4096 };
    void *data = arena_alloc(arena, SIZE);
    int error = 0;
    *count = 0;
    if (data == NULL)
        return ENOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno;
    for (ssize_t size; error == 0 && (size = getdents64(fd, data, SIZE)) != 0;)
        error = size < 0 ? errno : take_names(data, (size_t)size, arena, names, count);
    close(fd);
    if (error == 0)
        qsort(names, *count, sizeof *names, compare_names);
    return error;
}
