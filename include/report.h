/*
 * report.h - the account of what was decided: debug output, and lines in the journal.
 *
 * Never a key, a header or a body. Source: systemd's native journal protocol (datagrams of
 * FIELD=value lines to /run/systemd/journal/socket); syslog's /dev/log where that is not there.
 * syslog(3) itself is left to the host, whose openlog(3) it would share.
 *
 * Threads: any. Errors: what cannot be written is dropped; the host is never blocked. errno is
 * kept.
 */
#ifndef COMMISSIONED_REPORT_H
#define COMMISSIONED_REPORT_H

#include "decide.h"
#include "policy_loader.h"

/* One decided hop. */
struct report {
    struct policy_ref *policy;
    const struct decision *decision;
    const struct hop *hop;
};

/* By COMMISSIONED_AUTH_DEBUG=1 on stderr, and as the rule's `report` says in the journal. */
void report_hop(const struct report *report);

/* What the server's status says of the key: 401, 403 and 429 once per process and key. */
void report_status(struct policy_ref *policy, const struct policy_key *key, long status);

#endif
