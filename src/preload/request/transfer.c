#include "preload/request/transfer.h"

#include "core/cleanup.h"
#include "preload/policy/policy_loader.h"
#include "preload/request/hop.h"
#include "preload/request/inject.h"
#include "preload/request/leftover.h"
#include "preload/request/moved.h"
#include "preload/request/redact.h"
#include "preload/request/report.h"
#include "preload/request/url.h"

enum {
    TRANSFER_STATE = RECORD_ACTIVE | RECORD_KEYED | RECORD_FAILED | RECORD_WAS_UNSAFE |
                     RECORD_FIRST | RECORD_LOGIN | RECORD_WAITS | RECORD_MOVED | RECORD_HAD_OWN |
                     RECORD_METHOD_SET,
};

static CURLcode set(const struct record *record, CURLoption option, uintptr_t value)
{
    return record->provider->real.easy_setopt(record->handle, option, value);
}

/* ---- the hop's place in the handle ----------------------------------------------------------- */

/*
 * The hop stays in the handle between transfers: nobody can ask for it there, and hop_prereq then
 * does nothing but call the application's own function. It is taken out before the application sets
 * that function or its data, and off a copy.
 */
static bool install_hop(struct record *record)
{
    if (record->state & RECORD_HOOKED || provider_is_old(record->provider))
        return true; /* an old one has no hop to hang on: see decide_early */
    if (set(record, CURLOPT_PREREQDATA, (uintptr_t)record) != CURLE_OK)
        return false;
    record->state |= RECORD_HOOKED;
    return set(record, CURLOPT_PREREQFUNCTION, (uintptr_t)hop_prereq) == CURLE_OK;
}

/* `rare` is where the application's own is kept. */
static void remove_hop(struct record *record, const struct record_rare *rare)
{
    set(record, CURLOPT_PREREQFUNCTION, rare != NULL ? (uintptr_t)rare->prereq : 0);
    set(record, CURLOPT_PREREQDATA, rare != NULL ? (uintptr_t)rare->prereq_data : 0);
    record->state &= ~(uint32_t)RECORD_HOOKED;
}

void transfer_unhook(struct record *record)
{
    auto_errno int saved = errno;
    if (!(record->state & RECORD_HOOKED))
        return;
    record_note_unhook(record);
    remove_hop(record, record->rare);
}

/* Without a hop there is no key: the transfer goes as the application made it. */
bool transfer_prepare(struct record *record)
{
    if (!(record->facts & HOP_NO_URL) && install_hop(record))
        return true;
    transfer_unhook(record);
    return false;
}

/* ---- begin and end --------------------------------------------------------------------------- */

/*
 * An old libcurl calls nobody between connecting and sending: it is decided now, on what the
 * application set. It does not get a key where it would follow redirects, and one that must fail is
 * stopped by the caller (RECORD_FAILED).
 */
static void decide_early(struct record *record)
{
    if (!provider_is_old(record->provider))
        return;
    record->state |= RECORD_FIRST;
    hop_decide(record);
}

/* The handle has a connection, and what it asks for now is not Commissioned's. */
static bool is_kept_elsewhere(const struct record *record)
{
    curl_socket_t socket = CURL_SOCKET_BAD;
    return record->provider->real.easy_getinfo(record->handle, CURLINFO_ACTIVESOCKET, &socket) ==
               CURLE_OK &&
           socket != CURL_SOCKET_BAD && url_is_elsewhere(record);
}

/* A process that no policy concerns is left alone. */
static bool is_concerned(const struct record *record)
{
    struct policy_ref *policy = policy_take_for(record, is_kept_elsewhere);
    bool concerned = policy != NULL && (policy->image->nrules > 0 || policy->debug);
    if (policy == NULL)
        report_unknown(record);
    policy_release(policy);
    return concerned;
}

/*
 * A file that is read by curl_easy_perform: there is no hop to wait for, and what is set meanwhile
 * is for the next transfer. In a multi handle what is set before the start counts.
 */
static bool is_file(const struct record *record)
{
    if (record->state & (RECORD_HOOKED | RECORD_WAITS) || record_has_curlu(record))
        return false;
    const char *text = url_find(record);
    return text != NULL && plain_is_file(text) && policy_is_quiet();
}

/* libcurl takes as much stack as the loader when it is driven, and less before. */
static bool is_to_wait(const struct record *record)
{
    return record->state & RECORD_WAITS && !provider_is_old(record->provider) &&
           policy_would_be_loaded();
}

void transfer_begin_slow(struct record *record)
{
    /* With HOP_NO_URL what the application set is not known, so it could not be put back. */
    if (record->state & RECORD_ACTIVE || record->facts & HOP_NO_URL || is_file(record))
        return;
    auto_errno int saved = errno;
    bool goes_on = record->state & RECORD_HOOKED || is_to_wait(record) || is_concerned(record);
    if (goes_on && transfer_prepare(record)) {
        record->state |= RECORD_ACTIVE | RECORD_FIRST;
        decide_early(record);
    }
}

void transfer_start_slow(struct record *record)
{
    auto_errno int saved = errno;
    if (is_concerned(record))
        return;
    transfer_unhook(record);
    record->state &= ~(uint32_t)TRANSFER_STATE;
}

/* What only some transfers have. */
__attribute__((noinline)) static CURLcode finish_slow(struct record *record, CURLcode result)
{
    auto_errno int saved = errno;
    moved_finish(record);
    redact_end(record);
    if (record->state & RECORD_FAILED) {
        set(record, CURLOPT_ERRORBUFFER, (uintptr_t)record->error_buffer);
        if (result == CURLE_ABORTED_BY_CALLBACK)
            result = CURLE_AUTH_ERROR;
    }
    return result;
}

CURLcode transfer_end_slow(struct record *record, CURLcode result)
{
    if (record->policy != NULL || record->rare != NULL) { /* else it came to no hop */
        report_answer(record);
        leftover_note(record, result);
        inject_nothing(record);
        if (record->rare != NULL || record->state & RECORD_FAILED)
            result = finish_slow(record, result);
        struct policy_ref *policy = record->policy;
        record->policy = NULL;
        policy_release(policy);
    }
    record->state &= ~(uint32_t)TRANSFER_STATE;
    return result;
}

void transfer_finish_unseen(struct record *record)
{
    /* It decided before it began, and the status that it shows may be the last transfer's. */
    if (provider_is_old(record->provider))
        report_nothing(record);
    transfer_end_slow(record, CURLE_GOT_NOTHING);
}

void transfer_forget(struct record *record)
{
    inject_forget(record);
    report_forget(record);
    policy_release(record->policy);
    record->policy = NULL;
}

/* What the application set is read of the original: the copy's record may have found no memory. */
void transfer_scrub(struct record *copy, const struct record *from)
{
    const struct record_rare *rare = from->rare;
    auto_errno int saved = errno;
    if (from->state & RECORD_HOOKED)
        remove_hop(copy, rare);
    if (!(from->state & RECORD_ACTIVE))
        return;
    set(copy, CURLOPT_HTTPHEADER, (uintptr_t)copy->headers);
    set(copy, CURLOPT_ERRORBUFFER, (uintptr_t)copy->error_buffer);
    if (from->state & RECORD_LIFTED)
        set(copy, CURLOPT_UNRESTRICTED_AUTH, 0);
    if (from->state & RECORD_REDACTS) {
        set(copy, CURLOPT_DEBUGFUNCTION, rare != NULL ? (uintptr_t)rare->debug : 0);
        set(copy, CURLOPT_DEBUGDATA, rare != NULL ? (uintptr_t)rare->debug_data : 0);
    }
    if (rare != NULL && rare->started != NULL && provider_is_old(from->provider))
        set(copy, CURLOPT_CURLU, (uintptr_t)rare->url);
}
