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
#include "record.h"

/* One decided hop of the transfer of `record`. */
void report_hop(struct record *record, const struct decision *decision, const struct hop *hop);

/*
 * The last request has its answer, or will have none: what waits for the status is said. 401, 403
 * and 429 are explained once per process and key, and a 401 lets the key's `next` take over.
 */
void report_answer(struct record *record);

#endif
