#include "bridge/order.h"

#include <string.h>

const struct policy_rule *order_first_rule(const struct policy_image *image, const char *key)
{
    for (uint32_t i = 0; i < image->nrules; i++)
        if (key == NULL || strcmp(image->keys[image->rules[i].key].name, key) == 0)
            return &image->rules[i];
    return NULL;
}
