#include "preload/request/midway.h"

#include "core/cleanup.h"
#include "preload/request/hop.h"
#include "preload/request/inject.h"
#include "preload/request/moved.h"
#include "preload/request/netrc.h"
#include "preload/request/redact.h"
#include "preload/request/report.h"
#include "preload/request/transfer.h"

/* ---- the start ------------------------------------------------------------------------------- */

/* What was decided at the begin, by an old libcurl, holds no longer. */
static void decide_anew(struct record *record)
{
    inject_nothing(record);
    report_nothing(record); /* no request left yet, or its answer is not known */
    record->state |= RECORD_FIRST;
    hop_decide(record);
}

void midway_start(struct record *record)
{
    const uint32_t earlier = RECORD_MOVED | RECORD_WAS_UNSAFE | RECORD_HAD_OWN | RECORD_METHOD_SET;
    auto_errno int saved = errno;
    bool old = provider_is_old(record->provider);
    bool pins = old && !(record->state & RECORD_WAITS);
    bool changed = record->state & earlier;
    record->state &= ~(RECORD_WAITS | earlier);
    transfer_start(record);
    if (!(record->state & RECORD_ACTIVE))
        return;
    moved_start(record, pins);
    if (changed && old)
        decide_anew(record);
}

/* A CURLU may be changed and changed back while its transfer waits for a connection. */
static bool watch(struct record *record)
{
    if (record->rare == NULL || record->rare->started == NULL)
        return false;
    if (moved_since_start(record))
        record->state |= RECORD_MOVED;
    return true;
}

void midway_start_added(struct record *multi)
{
    bool watches = multi->state & RECORD_WATCHES;
    multi->state &= ~(uint32_t)(RECORD_WAITS | RECORD_WATCHES);
    for (struct record *record = multi->multi_next; record != NULL; record = record->multi_next) {
        if (record->state & RECORD_WAITS)
            midway_start(record);
        else if (record->state & RECORD_ACTIVE && !watches)
            break; /* what was added before it was started with it */
        if (watch(record))
            multi->state |= RECORD_WAITS | RECORD_WATCHES;
    }
}

void midway_all_done(struct record *multi)
{
    auto_errno int saved = errno;
    for (struct record *record = multi->multi_next; record != NULL; record = record->multi_next) {
        if (!(record->state & RECORD_ACTIVE) || record->state & RECORD_WAITS)
            continue;
        if (provider_is_old(record->provider)) {
            /* Its result is the application's as it is; and no option is to be decided on. */
            transfer_end_slow(record, CURLE_GOT_NOTHING);
            continue;
        }
        report_answer(record);
        inject_nothing(record);
        moved_finish(record);
    }
}

/* ---- options --------------------------------------------------------------------------------- */

/* libcurl may have read that file by now. */
static bool leaves_netrc(const struct record *record, CURLoption option)
{
    return (option == CURLOPT_NETRC || option == CURLOPT_NETRC_FILE) && netrc_may_exist(record);
}

/* What libcurl may have read before the application took it back. */
static void note_earlier(struct record *record, unsigned facts, bool credentials)
{
    const unsigned unsafe = HOP_PEER_UNVERIFIED | HOP_HOST_UNVERIFIED | HOP_SSL_CTX_FUNCTION;
    unsigned gone = facts & ~(unsigned)record->facts;
    if (gone & unsafe)
        record->state |= RECORD_WAS_UNSAFE;
    if (gone & HOP_EARLY_DATA)
        record->state |= RECORD_MOVED; /* the connection may still have it */
    if (credentials && !record_has_credentials(record))
        record->state |= RECORD_HAD_OWN;
}

/* The hop and the mask, where the application's own took their place. */
static void put_back(struct record *record)
{
    transfer_prepare(record);
    if ((record->state & RECORD_KEYED) && !redact_begin(record))
        record->provider->real.easy_setopt(record->handle, CURLOPT_VERBOSE, 0L);
}

CURLcode midway_setopt(struct record *record, CURLoption option, uintptr_t argument)
{
    unsigned facts = record->facts;
    bool credentials = record_has_credentials(record) || leaves_netrc(record, option);
    if (option == CURLOPT_PREREQFUNCTION || option == CURLOPT_PREREQDATA)
        transfer_unhook(record);
    CURLcode code = record->provider->real.easy_setopt(record->handle, option, argument);
    auto_errno int saved = errno;
    if (code == CURLE_OK) {
        record_note(record, option, argument);
        note_earlier(record, facts, credentials);
        if (record_option_leads(option))
            record->state |= RECORD_MOVED;
        if (record_option_makes_method(option))
            record->state |= RECORD_METHOD_SET;
        if (option == CURLOPT_UNRESTRICTED_AUTH)
            record->state &= ~(uint32_t)RECORD_LIFTED; /* it is as the application says now */
    }
    put_back(record);
    if (record_option_decides(option) && provider_is_old(record->provider))
        decide_anew(record);
    else if (record_option_decides(option) && record->state & RECORD_ARMED)
        hop_decide_again(record);
    return code;
}
