#include "preload/request/judge.h"

#include "preload/policy/policy_loader.h"
#include "preload/request/netrc.h"
#include "preload/request/verify.h"

struct decision judge_hop(const struct record *record, struct hop *hop,
                          char detail[MAX_PEER_DETAIL])
{
    struct decision decision = decide(record->policy->image, hop);
    if (decision.verdict != VERDICT_PASS && netrc_is_own(record, hop->target->host)) {
        hop->flags |= HOP_OWN_CREDENTIALS;
        return decide(record->policy->image, hop);
    }
    if (decision.verdict == VERDICT_VERIFY) {
        hop->peer = verify_peer(record, decision.rule, hop->target->host, detail);
        hop->peer_detail = detail;
        decide_verified(&decision, hop);
    }
    return decision;
}
