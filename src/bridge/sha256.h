/*
 * sha256.h - the hash under which a token is known.
 *
 * Threads: pure. Errors: none. Source: FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2.
 */
#ifndef COMMISSIONED_BRIDGE_SHA256_H
#define COMMISSIONED_BRIDGE_SHA256_H

#include <stddef.h>

enum { SHA256_HEX = 64 }; /* characters */

/* The hash in lower-case hexadecimal, with a NUL. */
void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX + 1]);

#endif
