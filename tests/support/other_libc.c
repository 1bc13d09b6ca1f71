#include "other_libc.h"

#include <stdio.h>
#include <stdlib.h>

bool on_musl(void)
{
    return getenv("TEST_MUSL") != NULL;
}

bool skips_musl(const char *test, const char *why)
{
    if (!on_musl())
        return false;
    printf("SKIP %s: %s\n", test, why);
    fflush(stdout);
    return true;
}
