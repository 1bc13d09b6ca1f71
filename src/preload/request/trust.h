/*
 * trust.h - the certificates of this machine's trust that may have issued a peer's.
 *
 * The rule's ca_file alone, where it has one. Else what the program's libcurl was built with, as
 * curl_version_info(3) says: its folder of certificates, then its bundle. Where neither can be
 * read, the bundle of the distribution. Never an environment variable, never what the program set.
 *
 * Nothing is kept: of a bundle only the names are read, so that a search costs about as much as a
 * TLS handshake, and an authority that was taken away counts for nothing at once.
 *
 * Threads: any.
 * Errors:  false where a file could not be read for want of descriptors or memory. errno may
 *          change.
 */
#ifndef COMMISSIONED_TRUST_H
#define COMMISSIONED_TRUST_H

#include "commissioned/policy_image.h"
#include "core/der.h"
#include "preload/libcurl/provider.h"

enum { MAX_TRUST_NAMES = 10, MAX_TRUST_FOUND = 16 };

/* What is looked for: certificates with one of these subjects. */
struct trust_search {
    const struct policy_ca *ca; /* NULL: the system's trust */
    const struct provider *provider;
    struct der names[MAX_TRUST_NAMES];
    unsigned long hashes[MAX_TRUST_NAMES]; /* OpenSSL's of each name, where `hashed` */
    size_t nnames;
    bool hashed; /* else folders are read file by file */

    /* Called with each certificate that is found, at most MAX_TRUST_FOUND times. */
    void (*found)(void *data, struct der certificate);
    void *data;

    size_t nfound;
    bool read; /* some source could be read: there is a trust */
};

bool trust_find(struct trust_search *search);

#endif
