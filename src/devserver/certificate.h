/*
 * devserver/certificate.h - makes a CA and one server certificate, as PEM.
 *
 * Ownership: the texts are malloc'ed and the caller's; ds_certificate_clear wipes and frees them.
 * Threads:   any.
 * Errors:    false and a sentence.
 * Source:    RFC 5280 (4.2.1.1 authority key id, 4.2.1.3 key usage, 4.2.1.6 subject alternative
 *            name, 4.2.1.9 basic constraints, 4.2.1.12 extended key usage); clients that check
 *            strictly, such as Python 3.13's VERIFY_X509_STRICT, want every one of them.
 */
#ifndef COMMISSIONED_DEVSERVER_CERTIFICATE_H
#define COMMISSIONED_DEVSERVER_CERTIFICATE_H

#include <stdbool.h>

#include "devserver/state.h"

struct ds_certificate {
    char *ca_pem;
    char *server_pem; /* private key and certificate */
};

bool ds_certificate_make(const char *host, struct ds_certificate *made, struct ds_why *why);
void ds_certificate_clear(struct ds_certificate *made);

#endif
