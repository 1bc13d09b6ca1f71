/*
 * trust_pem.h - certificates in a file of PEM blocks, and the two names in a certificate.
 *
 * Just enough of RFC 7468 and of X.509's DER to find the few certificates that may have issued a
 * given one among some hundreds: those alone are then given to the TLS library, which reads and
 * judges them. So a certificate that is misread here is one that is not trusted.
 *
 * Threads: pure functions.
 * Errors:  NULL, 0 or false.
 */
#ifndef COMMISSIONED_TRUST_PEM_H
#define COMMISSIONED_TRUST_PEM_H

#include <stdbool.h>
#include <stddef.h>

struct der {
    const unsigned char *data;
    size_t length;
};

/* The names of a certificate, each the whole of its DER. `length` may be short of the rest. */
struct der_names {
    struct der issuer;
    struct der subject;
};
bool der_names(struct der certificate, struct der_names *names);

bool der_equal(struct der a, struct der b);

/*
 * The text of the next certificate in [*text, end), without its first and last line; `*text` moves
 * behind it. NULL where there is none.
 */
const char *pem_next(const char **text, const char *end, size_t *length);

/* Decodes at most `room` bytes. Returns how many; 0 for what is no base64. */
size_t pem_decode(const char *text, size_t length, unsigned char *to, size_t room);

#endif
