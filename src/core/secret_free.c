#include <stdlib.h>

#include "core/secret.h"

/* In a file of its own: the preloaded library has no heap memory, and links no free(3). */
void secret_free(void *data, size_t size)
{
    secret_wipe(data, size);
    free(data);
}
