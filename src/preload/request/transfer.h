/*
 * transfer.h - the spine: what happens to a handle from the begin of a transfer to its end.
 *
 *   begin   our CURLOPT_PREREQFUNCTION is installed, if it is not from an earlier transfer
 *   hop     libcurl is connected, TLS is done, the request is not yet written: decide, then inject
 *   end     everything is put back as the application had it, but the hop, which then does nothing
 *
 * Source:    CURLOPT_PREREQFUNCTION(3): called on every hop, redirects and retries included, from
 *            7.80 on.
 * Ownership: a record keeps one policy reference from the first hop to the end.
 * Threads:   the thread that uses the handle.
 * Errors:    where something cannot be installed the transfer goes on without a key. errno is kept.
 */
#ifndef COMMISSIONED_TRANSFER_H
#define COMMISSIONED_TRANSFER_H

#include <curl/curl.h>

#include "preload/policy/policy_loader.h"
#include "preload/record/record.h"

void transfer_begin_slow(struct record *record);

static inline void transfer_begin(struct record *record)
{
    const uint32_t state = RECORD_ACTIVE | RECORD_HOOKED;
    bool prepared = (record->state & state) == RECORD_HOOKED && record->rare == NULL &&
                    !(record->facts & HOP_NO_URL);
    if (__builtin_expect(prepared, 1))
        record->state |= RECORD_ACTIVE | RECORD_FIRST;
    else
        transfer_begin_slow(record);
}

void transfer_start_slow(struct record *record);

/* It is driven for the first time. What began before a policy was read may end here. */
static inline void transfer_start(struct record *record)
{
    if (policy_is_unread() && record->state & RECORD_ACTIVE)
        transfer_start_slow(record);
}

/* The end of a transfer under way. */
CURLcode transfer_end_slow(struct record *record, CURLcode result);

/* `result` as libcurl gave it; returns what the application is to see. */
static inline CURLcode transfer_end(struct record *record, CURLcode result)
{
    return record->state & RECORD_ACTIVE ? transfer_end_slow(record, result) : result;
}

void transfer_finish_unseen(struct record *record);

/* The same where nobody saw its result; perhaps it was never driven. */
static inline void transfer_cut(struct record *record)
{
    if (record->state & RECORD_ACTIVE)
        transfer_finish_unseen(record);
}

/* Installs the hop. False where it cannot be: then there is no key. */
bool transfer_prepare(struct record *record);

/* Before CURLOPT_PREREQFUNCTION or CURLOPT_PREREQDATA is set: both are the application's again. */
void transfer_unhook(struct record *record);

/* Its handle went away unseen, perhaps during a transfer: gives back what that held. */
void transfer_forget(struct record *record);

/* A copy that libcurl made of a handle: puts the application's settings on it. */
void transfer_scrub(struct record *copy, const struct record *from);

#endif
