/*
 * base64.h - how a value crosses the engine's command line, which has separators and escapes of its
 * own. Pure. Source: RFC 4648, section 4.
 */
#ifndef COMMISSIONED_BRIDGE_BASE64_H
#define COMMISSIONED_BRIDGE_BASE64_H

#include <stddef.h>

/* Bytes that `size` bytes take with the NUL. */
static inline size_t base64_room(size_t size)
{
    return (size + 2) / 3 * 4 + 1;
}

/* `out` has base64_room(size) bytes. */
void base64_encode(const char *data, size_t size, char *out);

#endif
