/*
 * follow.h - the hops of a transfer behind its first: what libcurl does to a header on them.
 *
 * A header "Authorization" of the list is the application's credential to libcurl: after a redirect
 * to another origin (scheme, host and port) than the first request's it does not send it, unless
 * CURLOPT_UNRESTRICTED_AUTH is on (CURLOPT_UNRESTRICTED_AUTH(3)). And where it starts a request
 * over after a 401 it brings an Authorization header of its own.
 *
 * Threads: the thread that uses the handle.
 * Errors:  doubt means no key. errno is kept.
 */
#ifndef COMMISSIONED_FOLLOW_H
#define COMMISSIONED_FOLLOW_H

#include "core/decide.h"
#include "preload/record/record.h"

/* The transfer came to its first hop. */
static inline void follow_first(struct record *record, const struct policy_origin *origin)
{
    record->first = origin;
    record->state &= ~(uint32_t)RECORD_FIRST;
}

/* A hop that no policy is asked for. */
void follow_elsewhere(struct record *record);

/*
 * Adds the facts of this hop that come of those before it. True where the header leaves only with
 * inject_lift, and nothing of the application's own would leave by that.
 */
bool follow_gather(struct record *record, struct hop *hop);

/* The same facts of the hop under way, after the application set an option. */
void follow_gather_again(const struct record *record, struct hop *hop);

#endif
