#include "preload/request/follow.h"

#include "preload/policy/policy_loader.h"
#include "preload/request/inject.h"
#include "preload/request/netrc.h"

/* NULL for one that the policy does not name, or that libcurl may tell apart where we do not. */
static const struct policy_origin *find_origin(const struct record *record, const struct hop *hop)
{
    if (hop->flags & HOP_NO_URL || hop->target == NULL)
        return NULL;
    if (hop->port != 0 && hop->port != hop->target->port)
        return NULL;
    return decide_origin(record->policy->image, hop->target);
}

/*
 * With CURLOPT_UNRESTRICTED_AUTH libcurl lets go of all that it keeps from other origins: cookies
 * that the application set by hand, a user and a password wherever they come from, TLS-SRP. It is
 * on until the next hop, which may be elsewhere. Cookies of libcurl's own jar know where they
 * belong.
 */
static bool is_bare(const struct record *record)
{
    const uint32_t own = RECORD_RESTRICTED | RECORD_PASSWORD | RECORD_EMPTY_USER | RECORD_NO_BASIC;
    return !(record->state & own) && inject_find(record->headers, "Cookie", 6) == NULL &&
           !netrc_may_exist(record);
}

/* libcurl authenticates by itself: it starts a request over that was answered with 401. */
static bool starts_over(const struct record *record)
{
    long status = 0;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_RESPONSE_CODE, &status);
    return status == 401;
}

/* libcurl sends the header on this hop as it is. */
static bool leaves(const struct record *record, const struct policy_origin *origin)
{
    return (origin != NULL && origin == record->first) || record->state & RECORD_UNRESTRICTED;
}

void follow_elsewhere(struct record *record)
{
    if (record->state & RECORD_FIRST)
        follow_first(record, NULL);
    else if (starts_over(record))
        record->state |= RECORD_SETTLED | RECORD_LOGIN;
}

bool follow_gather(struct record *record, struct hop *hop)
{
    const struct policy_origin *origin = find_origin(record, hop);
    if (!(hop->flags & HOP_NO_URL) && hop->target != NULL && hop->target->userinfo)
        record->state |= RECORD_LOGIN;
    if (record->state & RECORD_FIRST) {
        follow_first(record, origin);
        return false;
    }
    inject_settle(record);
    if (starts_over(record))
        record->state |= RECORD_SETTLED | RECORD_LOGIN;
    if (record->state & RECORD_LOGIN)
        hop->flags |= HOP_OWN_CREDENTIALS;
    if (leaves(record, origin))
        return false;
    if (is_bare(record))
        return true;
    hop->flags |= HOP_REDIRECTED;
    return false;
}

void follow_gather_again(const struct record *record, struct hop *hop)
{
    if (record->state & RECORD_LOGIN)
        hop->flags |= HOP_OWN_CREDENTIALS;
    if (record->state & RECORD_LIFTED ? !is_bare(record)
                                      : !leaves(record, find_origin(record, hop)))
        hop->flags |= HOP_REDIRECTED;
}
