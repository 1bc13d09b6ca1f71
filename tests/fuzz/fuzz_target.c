/* Any bytes as an URL: target_scan must not read it otherwise than libcurl does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "url_agree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = malloc(size + 1); /* of its exact size, so that a byte too far is seen */
    if (url == NULL)
        return 0;
    memcpy(url, data, size);
    url[size] = '\0';
    const char *what = url_disagreement(url);
    if (what != NULL) {
        fprintf(stderr, "they disagree on %s: %s\n", what, url);
        abort();
    }
    free(url);
    return 0;
}
