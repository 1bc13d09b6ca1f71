/*
 * policy/url.h - the scope of a rule: an https origin and a path, in the one spelling that is
 * compared.
 *
 * The spelling is what libcurl makes of a request's URL (RFC 3986, 6.2.2): host in lower case
 * without a trailing dot, port always there, path without dot segments. What could be read in two
 * ways (user:password@, %-encoding, an empty segment, a query) is refused, not interpreted.
 *
 * Pure but for the arena, which owns host and path.
 * Threads: as the arena.
 */
#ifndef COMMISSIONED_POLICY_URL_H
#define COMMISSIONED_POLICY_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/sentence.h"

enum { POLICY_MAX_URL = 1024 }; /* bytes of a rule's url */

struct policy_scope {
    const char *host;
    const char *path;
    uint16_t port;
};

/* False with `why`; or with arena->failed set. */
bool policy_scope_parse(const char *url, struct arena *arena, struct policy_scope *scope,
                        struct complaint *why);

#endif
