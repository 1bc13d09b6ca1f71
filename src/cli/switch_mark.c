#include "cli/switch_mark.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "core/cleanup.h"

enum { MAX_MARK = 256 + PATH_MAX };

static void this_boot(char boot[BOOT_ID_SIZE])
{
    auto_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, boot, BOOT_ID_SIZE - 1);
    boot[got > 0 ? got : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    if (boot[0] == '\0')
        strcpy(boot, "-");
}

int mark_read(int etc, struct switch_mark *mark)
{
    size_t size;
    auto_free char *text = atomic_read(etc, MARK_NAME, MAX_MARK, &size);
    long watcher;
    long long until;
    char boot[BOOT_ID_SIZE];
    int length = 0;
    *mark = (struct switch_mark){.boot = "-"};
    if (text == NULL)
        return errno == ENOENT ? 0 : -1;
    if (sscanf(text, "%ld %lld %39s%n", &watcher, &until, boot, &length) != 3)
        return 1;
    *mark = (struct switch_mark){.watcher = (pid_t)watcher, .until = (time_t)until};
    strcpy(mark->boot, boot);
    if (text[length] == ' ')
        snprintf(mark->kept, sizeof mark->kept, "%.*s", (int)strcspn(text + length + 1, "\n"),
                 text + length + 1);
    return 1;
}

int mark_write(int etc, pid_t watcher, time_t until, const char *kept)
{
    char text[MAX_MARK], boot[BOOT_ID_SIZE];
    this_boot(boot);
    int length = snprintf(text, sizeof text, "%ld %lld %s%s%s\n", (long)watcher, (long long)until,
                          boot, *kept != '\0' ? " " : "", kept);
    return atomic_replace(etc, MARK_NAME, text, (size_t)length, NULL);
}

int mark_clear(int etc)
{
    return atomic_remove(etc, MARK_NAME);
}

bool mark_is_of_this_boot(const struct switch_mark *mark)
{
    char boot[BOOT_ID_SIZE];
    this_boot(boot);
    return strcmp(boot, "-") != 0 && strcmp(boot, mark->boot) == 0;
}

/* proc(5): the name between the brackets may have any character in it. */
static bool has_ended(pid_t pid)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end != NULL && (strncmp(end, ") Z", 3) == 0 || strncmp(end, ") X", 3) == 0);
}

bool mark_has_watcher(const struct switch_mark *mark)
{
    auto_errno int saved = errno;
    if (mark->watcher <= 0 || (kill(mark->watcher, 0) != 0 && errno == ESRCH))
        return false;
    return !has_ended(mark->watcher);
}
