#include "cli/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/secret.h"

enum { CHUNK = 64 * 1024 };

struct window {
    size_t kept; /* bytes from before, at the start */
    char bytes[SCAN_MAX_NEEDLE + CHUNK];
};

static void look(const struct window *window, size_t length, struct needle *needles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!needles[i].found)
            needles[i].found =
                memmem(window->bytes, length, needles[i].bytes, needles[i].length) != NULL;
}

/* Keeps the end, in which a needle may begin. */
static void slide(struct window *window, size_t length)
{
    window->kept = length < SCAN_MAX_NEEDLE - 1 ? length : SCAN_MAX_NEEDLE - 1;
    memmove(window->bytes, window->bytes + length - window->kept, window->kept);
}

static bool scan(int fd, uint64_t most, struct window *window, struct needle *needles, size_t count)
{
    while (most > 0) {
        ssize_t got = read(fd, window->bytes + window->kept, CHUNK < most ? CHUNK : (size_t)most);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        most -= (uint64_t)got;
        look(window, window->kept + (size_t)got, needles, count);
        slide(window, window->kept + (size_t)got);
    }
    return true;
}

bool scan_fd(int fd, uint64_t most, struct needle *needles, size_t count)
{
    struct window *window = calloc(1, sizeof *window);
    bool read_it = window != NULL && scan(fd, most, window, needles, count);
    secret_free(window, sizeof *window);
    return read_it;
}
