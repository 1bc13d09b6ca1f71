/*
 * elf_hash.h - the hash of a name, and its size, reckoned by the compiler.
 *
 * With the first handle some seventy names are looked up, and hashing them would cost a tenth of
 * what that process pays for us.
 * Source: the GNU hash table's function: from 5381 on, each byte added to 33 times the sum.
 */
#ifndef COMMISSIONED_ELF_HASH_H
#define COMMISSIONED_ELF_HASH_H

#include <stdint.h>

enum { ELF_NAME_SIZE = 33 }; /* the longest, with its NUL */

/* 33^k, for k below 64. */
#define ELF_POWER(k)                                                                               \
    ((((k)&1) ? UINT32_C(33) : 1) * (((k)&2) ? UINT32_C(1089) : 1) *                               \
     (((k)&4) ? UINT32_C(1185921) : 1) * (((k)&8) ? UINT32_C(1954312449) : 1) *                    \
     (((k)&16) ? UINT32_C(2463752705) : 1) * (((k)&32) ? UINT32_C(288867329) : 1))

/* What the i-th byte of a literal adds. */
#define ELF_BYTE(text, i)                                                                          \
    ((i) + 1 < sizeof(text) ? (uint32_t)(unsigned char)(text)[(i) < sizeof(text) ? (i) : 0] *      \
                                  ELF_POWER(sizeof(text) - 2 - (i))                                \
                            : UINT32_C(0))
#define ELF_FOUR(text, i)                                                                          \
    (ELF_BYTE(text, i) + ELF_BYTE(text, (i) + 1) + ELF_BYTE(text, (i) + 2) +                       \
     ELF_BYTE(text, (i) + 3))
#define ELF_SIXTEEN(text, i)                                                                       \
    (ELF_FOUR(text, i) + ELF_FOUR(text, (i) + 4) + ELF_FOUR(text, (i) + 8) +                       \
     ELF_FOUR(text, (i) + 12))

/* Of a literal of at most 32 characters. */
#define ELF_HASH(text)                                                                             \
    (UINT32_C(5381) * ELF_POWER(sizeof(text) - 1) + ELF_SIXTEEN(text, 0) + ELF_SIXTEEN(text, 16))

/* Beside a row of names in one string: an array of pointers would be relocated at start-up. */
struct elf_name {
    uint32_t hash;
    uint32_t size; /* with the NUL */
};
#define ELF_NAME(text)                                                                             \
    {                                                                                              \
        ELF_HASH(text), sizeof(text) + 0 * sizeof(char[sizeof(text) <= ELF_NAME_SIZE ? 1 : -1])    \
    }

#endif
