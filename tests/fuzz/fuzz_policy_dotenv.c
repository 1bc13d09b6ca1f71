/* Fuzzes the reading of .env files: no byte outside the buffers, and no
 * value longer than its room. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/dotenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct timespec;
int __wrap_nanosleep(const struct timespec *want, struct timespec *left);

int __wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
    (void)want, (void)left;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ROOM = 64 };
    char *value = malloc(ROOM);
    char *text = malloc(size + 1);
    size_t length = 0;
    uint32_t line = 0;
    if (value == NULL || text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    enum dotenv_result result = dotenv_find(text, "KEY", value, ROOM, &length, &line);
    if (length >= ROOM || (result == DOTENV_FOUND && value[length] != '\0'))
        abort();
    if (result != DOTENV_ABSENT && line == 0)
        abort();
    free(value);
    free(text);
    return 0;
}
