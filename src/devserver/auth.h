/*
 * devserver/auth.h - who makes this request, and may they?
 *
 * Exactly one Authorization header whose value is `Bearer KEY` (RFC 9110, 11.6.2; RFC 6750, 2.1):
 * the scheme in any case, one or more spaces, the key. More than one is refused, not picked from:
 * which one a server picks is what request smuggling lives on.
 *
 * Ownership: values point into the request and are only read; the verdict's sentence is static or
 *            its own.
 * Threads:   any.
 * Errors:    the verdict is the error.
 */
#ifndef COMMISSIONED_DEVSERVER_AUTH_H
#define COMMISSIONED_DEVSERVER_AUTH_H

#include <stddef.h>

#include "devserver/keys.h"

/* What a request brought. `value` is the first header's, not ended by NUL; NULL where there is
 * none. */
struct ds_credential {
    size_t headers; /* how many Authorization headers came */
    const char *value;
    size_t length;
};

enum ds_auth {
    DS_AUTH_OK,
    DS_AUTH_MISSING,   /* 401 */
    DS_AUTH_SEVERAL,   /* 401 */
    DS_AUTH_MALFORMED, /* 401 */
    DS_AUTH_UNKNOWN,   /* 401 */
    DS_AUTH_REVOKED,   /* 401; the key is filled in */
    DS_AUTH_FORBIDDEN, /* 403; the key is filled in */
    DS_AUTH_BROKEN,    /* 500: the store could not be read, `why` says why */
};

/* `scope` is what the request needs, 0 for any valid key. */
enum ds_auth ds_authenticate(struct ds_keys *keys, const struct ds_credential *credential,
                             unsigned scope, struct ds_key *key, struct ds_why *why);

/* The key in a header value, or NULL where the value is not `Bearer KEY`. */
const char *ds_bearer(const char *value, size_t length, size_t *key_length);

#endif
