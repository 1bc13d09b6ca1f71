/*
 * mmap_fails.h - memory runs out when a test says so.
 *
 * Programs that mk/unit.mk links with --wrap=mmap get this mmap(2) in the place of the C library's.
 */
#ifndef COMMISSIONED_TEST_MMAP_FAILS_H
#define COMMISSIONED_TEST_MMAP_FAILS_H

#include <stdbool.h>

/* While true every mapping fails with ENOMEM. */
extern volatile bool mmap_fails;
/* How many mappings were asked for. */
extern volatile unsigned mmap_calls;

#endif
