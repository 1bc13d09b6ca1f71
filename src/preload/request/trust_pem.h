/*
 * trust_pem.h - certificates in a file of PEM blocks.
 *
 * Just enough of RFC 7468 to find the few certificates that may have issued a given one among some
 * hundreds (core/der.h): those alone are then given to the TLS library, which reads and judges
 * them. So a certificate that is misread here is one that is not trusted.
 *
 * Threads: pure functions.
 * Errors:  NULL or 0.
 */
#ifndef COMMISSIONED_TRUST_PEM_H
#define COMMISSIONED_TRUST_PEM_H

#include <stddef.h>

/*
 * The text of the next certificate in [*text, end), without its first and last line; `*text` moves
 * behind it. NULL where there is none.
 */
const char *pem_next(const char **text, const char *end, size_t *length);

/* Decodes at most `room` bytes. Returns how many; 0 for what is no base64. */
size_t pem_decode(const char *text, size_t length, unsigned char *to, size_t room);

#endif
