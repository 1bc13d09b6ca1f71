/*
 * plain.h - the two commonest hops, decided by comparing bytes.
 *
 * Most programs have one rule, for Commissioned's origin or a path of it, and spell their URLs like
 * it; or they talk to somebody else. Where the application set nothing that matters (see hop.c)
 * decide() would say VERDICT_KEY of the one and REASON_HOST of the other: a test holds them against
 * each other. Whatever is neither is not refused, it is for decide() to judge.
 *
 * Ownership: the rule points into the policy image.
 * Threads:   pure functions.
 * Errors:    none.
 */
#ifndef COMMISSIONED_PLAIN_H
#define COMMISSIONED_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "commissioned/policy_image.h"

enum { PLAIN_MAX_SCOPE = 256 }; /* bytes with the NUL; a longer scope is never plain */

struct plain {
    bool home_only;                     /* the rules name no host but Commissioned's */
    const struct policy_rule *rule;     /* the only one; NULL: nothing is plainly in it */
    const struct policy_origin *origin; /* its */
    size_t length;
    char scope[PLAIN_MAX_SCOPE]; /* "https://app.commissioned.tech/v1/" */
};

/* What follows the scope's path: nobody can read it as leading out of it. */
bool plain_stays_inside(const char *rest);

/* What is plain under this policy. All zero: nothing is. */
void plain_set(struct plain *plain, const struct policy_image *image);

/*
 * True where `url` is the scope with a slash behind it and anything more. Where the scope has a
 * path: what follows before the query has no dot segment, no empty one, no percent-encoding, no
 * backslash, and there is no blank. libcurl must have read the URL before: it takes none with a
 * blank.
 */
static inline bool plain_is_inside(const struct plain *plain, const char *url)
{
    return plain->rule != NULL && strncmp(url, plain->scope, plain->length) == 0 &&
           (plain->rule->path_len == 1 || plain_stays_inside(url + plain->length - 1));
}

/*
 * True where the host of `url` cannot be Commissioned's and no rule names another: a scheme that
 * libcurl reads in no other way, and a host in lower case that ends in a letter and does not begin
 * as Commissioned's does.
 */
bool plain_is_elsewhere(const struct plain *plain, const char *url);

/*
 * True where the URL names a scheme in lower case that no rule can name, and no user, under any
 * policy: file://, ftp:// and the like. Anything that begins with h or w is not, for http, https,
 * ws and wss do.
 */
bool plain_is_no_http(const char *url);

/* True for file://, which neither a proxy nor a redirect leads anywhere else. */
bool plain_is_file(const char *url);

#endif
