/*
 * secret.h - memory that held a key is wiped before it is given back.
 *
 * Threads: pure functions of their arguments.
 * Errors:  none.
 * Source:  explicit_bzero(3); unlike memset it is not removed by the compiler.
 */
#ifndef COMMISSIONED_SECRET_H
#define COMMISSIONED_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Wipes `size` bytes. NULL with 0 is fine. */
void secret_wipe(void *data, size_t size);

/* Wipes the `size` bytes that were malloc'ed, then frees them. NULL is fine. */
void secret_free(void *data, size_t size);

/* How many leading characters of a key of `length` characters may be shown to identify it. */
size_t secret_prefix_length(size_t length);

/* True where key[0..length) is what a key may be: visible ASCII (0x21 to 0x7e), at least one. */
bool secret_is_key(const char *key, size_t length);

#endif
