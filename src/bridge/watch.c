#include "bridge/watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/cleanup.h"

enum {
    EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB |
             IN_DELETE_SELF | IN_MOVE_SELF
};

static void watch_folder(int fd, const char *file)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", file);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return;
    slash[slash == folder] = '\0';
    inotify_add_watch(fd, folder, EVENTS);
}

int watch_files(int before, const struct policy_image *image, const char *also)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (before >= 0)
        close(before);
    if (fd < 0)
        return -1;
    for (uint32_t i = 0; i < image->nwatches; i++)
        watch_folder(fd, image->watches[i].path);
    if (also != NULL)
        watch_folder(fd, also);
    return fd;
}

void watch_drain(int fd)
{
    char events[4096];
    auto_errno int saved = errno;
    while (read(fd, events, sizeof events) > 0)
        continue;
}
