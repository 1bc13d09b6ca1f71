#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/key_store.h"

static int by_name(const void *a, const void *b)
{
    return strcoll((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

static bool add(struct dirent ***entries, int count, const struct dirent *entry)
{
    struct dirent **more = reallocarray(*entries, (size_t)count + 1, sizeof *more);
    if (more == NULL)
        return false;
    *entries = more;
    more[count] = malloc(entry->d_reclen);
    if (more[count] == NULL)
        return false;
    memcpy(more[count], entry, entry->d_reclen);
    return true;
}

int key_store_scan(const struct key_store *store, struct dirent ***entries,
                   int (*wanted)(const struct dirent *))
{
    int fd = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int count = 0;
    *entries = NULL;
    if (folder == NULL && fd >= 0)
        close(fd);
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if ((wanted == NULL || wanted(entry)) && add(entries, count, entry))
            count++;
    if (folder != NULL)
        closedir(folder);
    if (count > 0)
        qsort(*entries, (size_t)count, sizeof **entries, by_name);
    return count;
}
