/*
 * report.h - the account of what was decided: debug output, and lines in the journal.
 *
 * Never a key, a header or a body.
 * Source:  systemd's native journal protocol (datagrams of FIELD=value lines to
 *          /run/systemd/journal/socket); syslog's /dev/log where that is not there. syslog(3)
 *          itself is left to the host, whose openlog(3) it would share.
 *
 * Threads: any.
 * Errors:  what cannot be written is dropped; the host is never blocked. errno is kept.
 */
#ifndef COMMISSIONED_REPORT_H
#define COMMISSIONED_REPORT_H

#include "core/decide.h"
#include "preload/policy/policy_loader.h"
#include "preload/record/record.h"

/* The rule asks for a line in the journal. */
static inline bool report_is_asked(const struct decision *decision)
{
    return decision->rule != NULL && decision->rule->report != POLICY_REPORT_NONE &&
           (decision->rule->report == POLICY_REPORT_ALL || decision->verdict != VERDICT_KEY);
}

/* A hop that somebody wants to hear of. */
void report_hop_slow(struct record *record, const struct decision *decision, const struct hop *hop);

/* One decided hop of the transfer of `record`. */
static inline void report_hop(struct record *record, const struct decision *decision,
                              const struct hop *hop)
{
    if (record->policy->debug || decision->verdict == VERDICT_FAIL ||
        decision->reason == REASON_PEER_REFUSED || report_is_asked(decision))
        report_hop_slow(record, decision, hop);
}

void report_unknown_slow(const struct record *record);

/* There is no policy to decide by; said is where that may be for want of memory. */
static inline void report_unknown(const struct record *record)
{
    if (__builtin_expect(__atomic_load_n(&policy_is_unknown, __ATOMIC_RELAXED), 0))
        report_unknown_slow(record);
}

/* A request with the key has its answer, or will have none. */
void report_answer_slow(struct record *record);

/* The key was taken back when the request may or may not have left: its answer teaches nothing. */
void report_taken_back(struct record *record, const struct decision *decision);

/* The line that waits for the status is given up, of a handle that is not there any more. */
void report_forget(struct record *record);

/* The same, and the answer will say nothing: it is not known whether the request was made. */
static inline void report_nothing(struct record *record)
{
    record->key = NULL;
    report_forget(record);
}

/*
 * The last request has its answer, or will have none: what waits for the status is said. 401, 403
 * and 429 are explained once per process and key, and a 401 lets the key's `next` take over.
 */
static inline void report_answer(struct record *record)
{
    if (record->key != NULL)
        report_answer_slow(record);
}

#endif
