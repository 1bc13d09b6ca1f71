/*
 * The library is linked without the compiler's start files (-nostartfiles): they bring four imports
 * and a constructor for nothing. What they define and we use stands here, and what compilers call
 * of their own accord, which would be imports too.
 */
#include <stddef.h>

/* The headers' own would be inlined, or be macros: see late_names.h,
 * which this file goes without. */
void *memset(void *to, int byte, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

void *__dso_handle = &__dso_handle;

/* A smashed stack ends the process, as in libc, but without importing libc's way to say so. */
__attribute__((noreturn)) void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    __builtin_trap();
}

/* clang fills and copies large structs with these. */
void *memset(void *to, int byte, size_t size)
{
    unsigned char *at = to;
    while (size-- > 0)
        *at++ = (unsigned char)byte;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *at = to;
    const unsigned char *next = from;
    while (size-- > 0)
        *at++ = *next++;
    return to;
}
