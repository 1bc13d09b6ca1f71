/*
 * The library is linked without the compiler's start files (-nostartfiles): they bring four imports
 * and a constructor for nothing. What they define and we use stands here, and what compilers call
 * of their own accord, which would be imports too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#if defined(__aarch64__) || defined(__arm__) || defined(__riscv)
/* The value that stands behind each function's variables: on other machines beside the thread's
 * own, on these an object of the loader's, which would be an import and a library that is needed.
 * Where this library lies differs from process to process; an address of 64 bits has two zero
 * bytes, which no string that runs over can write. */
extern const uintptr_t __stack_chk_guard;
const uintptr_t __stack_chk_guard = (uintptr_t)&__stack_chk_guard;
#endif

#ifdef __arm__
/* Where a divisor is zero: the compiler's own library would import raise(3). */
__attribute__((noreturn)) void __aeabi_idiv0(void);
__attribute__((noreturn)) void __aeabi_ldiv0(void);

void __aeabi_idiv0(void)
{
    __builtin_trap();
}

void __aeabi_ldiv0(void)
{
    __builtin_trap();
}
#endif

#ifdef __riscv
/* RISC-V changes words alone atomically, and compilers before gcc 14 call a library for bytes. The
 * order is the strongest, whatever was asked. */
uint8_t exchange_byte(void *at, uint8_t value, int order) __asm__("__atomic_exchange_1");
uint8_t fetch_or_byte(void *at, uint8_t value, int order) __asm__("__atomic_fetch_or_1");

static uint8_t change_byte(void *at, uint8_t keep, uint8_t set)
{
    uint32_t *word = (uint32_t *)((uintptr_t)at & ~(uintptr_t)3);
    unsigned shift = ((uintptr_t)at & 3) * 8; /* little-endian */
    uint32_t before = __atomic_load_n(word, __ATOMIC_RELAXED), after;
    do {
        uint32_t byte = (((before >> shift) & keep) | set) & 0xffu;
        after = (before & ~(UINT32_C(0xff) << shift)) | (byte << shift);
    } while (!__atomic_compare_exchange_n(word, &before, after, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return (uint8_t)(before >> shift);
}

uint8_t exchange_byte(void *at, uint8_t value, int order)
{
    (void)order;
    return change_byte(at, 0, value);
}

uint8_t fetch_or_byte(void *at, uint8_t value, int order)
{
    (void)order;
    return change_byte(at, 0xff, value);
}
#endif

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
