#include "policy/kernel_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cleanup.h"

struct text {
    char *data;
    size_t used;
    size_t size;
};

static bool make_room(struct text *text)
{
    enum { STEP = 1024 };
    if (text->size - text->used > STEP)
        return true;
    size_t size = 2 * text->size + 2 * STEP;
    char *data = realloc(text->data, size);
    if (data == NULL)
        return false;
    text->data = data;
    text->size = size;
    return true;
}

static bool read_on(int fd, struct text *text, size_t max)
{
    ssize_t got = 1;
    while (got > 0 && text->used < max) {
        if (!make_room(text))
            return false;
        size_t room = text->size - text->used - 1;
        got = read(fd, text->data + text->used, room < max - text->used ? room : max - text->used);
        text->used += got > 0 ? (size_t)got : 0;
    }
    return got >= 0;
}

char *kernel_file(const char *path, size_t max, size_t *length)
{
    struct text text = {0};
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (!read_on(fd, &text, max)) {
        free(text.data);
        return NULL;
    }
    text.data[text.used] = '\0';
    if (length != NULL)
        *length = text.used;
    return text.data;
}
