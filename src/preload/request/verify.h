/*
 * verify.h - the peer of a hop, verified by ourselves.
 *
 * For programs that switched verification off, or whose libcurl may hold connections and TLS
 * sessions that a callback of the program's accepted: nothing that libcurl or its TLS library says
 * of the peer counts then. The certificate that the TLS session stands on is verified anew, with
 * the TLS library that this libcurl uses, for the URL's host, by the trust of this machine
 * (trust.h) and never by the program's.
 *
 *   MUST  refuse whatever libcurl's own verification would refuse;
 *   MUST  verify what this connection's session shows, now: a session's address says nothing;
 *   MUST  leave errno, the TLS library's error queue and the session as they were.
 *
 * Source:  CURLINFO_TLS_SSL_PTR(3).
 * Threads: any; no lock is held across the TLS library or the dynamic loader.
 * Errors:  PEER_UNKNOWN: no session to look at (HTTP/3), a TLS library that cannot be asked, no
 *          authority that can be read.
 */
#ifndef COMMISSIONED_VERIFY_H
#define COMMISSIONED_VERIFY_H

#include "core/decide.h"
#include "preload/record/record.h"

/* PEER_GOOD, PEER_REFUSED or PEER_UNKNOWN; of the last two `detail` says why. */
enum peer verify_peer(const struct record *record, const struct policy_rule *rule, const char *host,
                      char detail[MAX_PEER_DETAIL]);

/* Of enum hop_flag: what no handle knows of itself. */
static inline unsigned verify_facts(const struct provider *provider)
{
    return (provider_is_tainted(provider) ? HOP_TAINTED : 0u) |
           (provider_is_old(provider) ? HOP_UNCONNECTED : 0u);
}

#endif
