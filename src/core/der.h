/*
 * der.h - a certificate's DER (RFC 5280), read just as far as its two names.
 *
 * It judges nothing: what is done on its word is to look for certificates that a TLS library then
 * judges, and to tell a person what a file most likely holds.
 *
 * Threads: pure functions.
 * Errors:  false.
 */
#ifndef COMMISSIONED_DER_H
#define COMMISSIONED_DER_H

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

/* Whether all of it is one certificate, as far as its names and its times show. */
bool der_is_certificate(struct der whole);

bool der_equal(struct der a, struct der b);

#endif
