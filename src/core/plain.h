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

#include "commissioned/policy_image.h"

enum { PLAIN_MAX_SCOPE = 256 }; /* bytes with the NUL; a longer scope is never plain */

struct plain {
    bool home_only;                     /* the rules name no host but Commissioned's */
    const struct policy_rule *rule;     /* the only one; NULL: nothing is plainly in it */
    const struct policy_origin *origin; /* its */
    size_t length;
    char scope[PLAIN_MAX_SCOPE]; /* "https://app.commissioned.tech/v1/" */
};

/* What is plain under this policy. All zero: nothing is. */
void plain_set(struct plain *plain, const struct policy_image *image);

/*
 * True where `url` is the scope with a slash behind it and anything more. Where the scope has a
 * path: what follows before the query has no dot segment, no empty one, no percent-encoding, no
 * backslash, and there is no blank. libcurl must have read the URL before: it takes none with a
 * blank.
 */
bool plain_is_inside(const struct plain *plain, const char *url);

/*
 * True where the host of `url` cannot be Commissioned's and no rule names another: a scheme that
 * libcurl reads in no other way, and a host in lower case that ends in a letter and does not begin
 * as Commissioned's does.
 */
bool plain_is_elsewhere(const struct plain *plain, const char *url);

#endif
