/*
 * gnu_hash.h - the hash of a symbol's name in DT_GNU_HASH, counted anew for tests and programs
 * under test.
 * Source: binutils' and glibc's headers.
 */
#ifndef COMMISSIONED_TEST_GNU_HASH_H
#define COMMISSIONED_TEST_GNU_HASH_H

#include <stdint.h>

static inline uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

#endif
