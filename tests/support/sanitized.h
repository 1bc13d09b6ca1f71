/*
 * sanitized.h - whether a tool watches this program: SANITIZED (AddressSanitizer, ThreadSanitizer)
 * at compile time, RUNNING_ON_VALGRIND when it runs.
 */
#ifndef COMMISSIONED_TEST_SANITIZED_H
#define COMMISSIONED_TEST_SANITIZED_H

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#include <stdbool.h>
#include <stdio.h>

/* SANITIZED; then says so for that test, with the reason. */
static inline bool skips_sanitized(const char *test, const char *why)
{
    if (SANITIZED)
        printf("SKIP %s: %s\n", test, why);
    return SANITIZED;
}

#endif
