/* late_without.c - plays a C library that lacks some functions, LATE_WITHOUT="name name", for
 * whoever asks what comes next. */
#include <stdlib.h>
#include <string.h>

#include "next_dlsym.h"

static dlsym_function *real;

__attribute__((visibility("default"))) void *hooked(void *handle,
                                                    const char *name) __asm__("dlsym");

/* Also under the name that stands for wider types: late_symbols.h. */
static int is_called(const char *name, const char *word, size_t length)
{
    if (strncmp(name, "__", 2) == 0 && strncmp(word, "__", 2) != 0)
        name += 2;
    if (strncmp(name, word, length) != 0)
        return 0;
    name += length;
    return *name == '\0' || strcmp(name, "64") == 0 || strcmp(name, "64_time64") == 0;
}

static int is_missing(const char *name)
{
    const char *word = getenv("LATE_WITHOUT");
    while (word != NULL && *word != '\0') {
        size_t end = strcspn(word, " ");
        if (is_called(name, word, end))
            return 1;
        word += end + strspn(word + end, " ");
    }
    return 0;
}

void *hooked(void *handle, const char *name)
{
    if (real == NULL)
        real = next_dlsym();
    if (handle == RTLD_NEXT && is_missing(name))
        return NULL;
    return real(handle, name);
}
