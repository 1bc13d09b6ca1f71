#include "core/secret.h"

#include <string.h>

#include "commissioned/policy_image.h"

void secret_wipe(void *data, size_t size)
{
    if (data != NULL && size > 0)
        explicit_bzero(data, size);
}

size_t secret_prefix_length(size_t length)
{
    size_t quarter = length / 4;
    return quarter < POLICY_PREFIX_LENGTH ? quarter : POLICY_PREFIX_LENGTH;
}

bool secret_is_key(const char *key, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)key[i];
        if (c < 0x21 || c > 0x7e)
            return false;
    }
    return length > 0;
}
