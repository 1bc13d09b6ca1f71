/*
 * other_libc.h - what may not be expected of programs for musl, on a machine with glibc.
 *
 * $TEST_MUSL: library and programs under test were built for musl. Preloaded with them, the
 * machine's own programs do not start.
 */
#ifndef COMMISSIONED_TEST_OTHER_LIBC_H
#define COMMISSIONED_TEST_OTHER_LIBC_H

#include <stdbool.h>

bool on_musl(void);

/* The same; then says so for that test, with the reason. */
bool skips_musl(const char *test, const char *why);

#endif
