/*
 * decide.h - does this hop get a key? (facts, policy) -> verdict, reason, rule, key.
 *
 * Pure: no I/O, no clock, no libcurl, no memory. The library, `commissioned-auth explain` and the
 * tests call the same function.
 *
 * Ownership: a decision points into the policy image.
 * Threads:   any.
 * Errors:    none; what cannot be judged is refused.
 */
#ifndef COMMISSIONED_DECIDE_H
#define COMMISSIONED_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commissioned/policy_image.h"
#include "commissioned/reason.h"
#include "core/target.h"

/* What the application set that makes a key unsafe or unwanted. Options are libcurl's, CURLOPT_
 * left out. */
enum hop_flag {
    HOP_PEER_UNVERIFIED = 1u << 0,  /* SSL_VERIFYPEER is 0 */
    HOP_HOST_UNVERIFIED = 1u << 1,  /* SSL_VERIFYHOST is 0 */
    HOP_SSL_CTX_FUNCTION = 1u << 2, /* the callback can switch verification off */
    HOP_EARLY_DATA = 1u << 3,       /* SSL_OPTIONS has CURLSSLOPT_EARLYDATA: replayable */
    HOP_HEADER_UNIFIED = 1u << 4,   /* HEADEROPT is not CURLHEADER_SEPARATE */
    HOP_CONNECT_ONLY = 1u << 5,     /* libcurl writes no request */
    /* USERPWD, XOAUTH2_BEARER, AWS_SIGV4, ... that libcurl would send */
    HOP_OWN_CREDENTIALS = 1u << 6,
    HOP_NO_URL = 1u << 7,         /* libcurl's parser could not be asked, or refused the URL */
    HOP_UNKNOWN_TARGET = 1u << 8, /* REQUEST_TARGET was set and could not be kept */
    HOP_FOLLOWS = 1u << 9,        /* libcurl before 7.80 would follow redirects with the key */
    HOP_OLD_LIBCURL = 1u << 10,   /* libcurl before 7.62 has no URL parser */
    HOP_AMBIGUOUS = 1u << 11,     /* it is not known which libcurl the handle belongs to */
    HOP_TRACE = 1u << 12,         /* CUSTOMREQUEST is TRACE, of a libcurl that cannot be asked */
    HOP_REDIRECTED = 1u << 13,    /* from another origin, and libcurl would drop the header */
    HOP_MOVED = 1u << 14,         /* URL, CURLU or PORT is not what the connection was made for */
    HOP_OWN_LINE = 1u << 15,      /* USERAGENT or the like has an Authorization header within it */
    HOP_FACTS_END,                /* behind the last that a record keeps: one more than it */

    /* What no handle knows of itself; verify.h adds it. */
    HOP_TAINTED = 1u << 16,     /* some handle of this libcurl ever had an SSL_CTX_FUNCTION */
    HOP_UNCONNECTED = 1u << 17, /* libcurl before 7.80: decided before there is a peer to look at */

    /* The application's list has a line that begins with a blank: part of the line before it. */
    HOP_FOLDED = 1u << 18,
    HOP_NO_MEMORY = 1u << 19, /* for what a key needs to be put in place */
};

/* What came of verifying the peer ourselves. */
enum peer {
    PEER_UNASKED,
    PEER_GOOD,
    PEER_REFUSED, /* its certificate is not good for the host, by the trust that counts here */
    PEER_UNKNOWN, /* it could not be looked at */
};

enum { MAX_PEER_DETAIL = 200 }; /* bytes of a sentence with its NUL */

struct hop {
    const struct target *target;       /* where the request goes */
    const struct target *other_target; /* where it may go as well: both must be in scope; or NULL */
    const char *method;                /* "GET"; NULL where libcurl cannot say */
    const char *request_target;        /* REQUEST_TARGET, or NULL */
    const char *host_header;           /* value of the application's own Host header, or NULL */
    const char *authorization;         /* value of its own Authorization header, or NULL */
    const bool *promoted;              /* per key: its `next` has taken over; NULL for none */
    const char *peer_detail;           /* a sentence about `peer`, or NULL */
    enum peer peer;                    /* PEER_UNASKED at first: see VERDICT_VERIFY */
    unsigned flags;                    /* of enum hop_flag */
    uint16_t port;                     /* PORT, which overrides the URL's; 0 if unset */
};

enum verdict {
    VERDICT_PASS, /* the request goes as the application made it */
    VERDICT_KEY,  /* it gets the key */
    VERDICT_FAIL, /* it should get a key that cannot be had: it is not sent */
    /* All speaks for the key, but nobody has verified the peer: verify it, then decide_verified. */
    VERDICT_VERIFY,
};

struct decision {
    enum verdict verdict;
    enum reason reason;
    const struct policy_rule *rule; /* that matched; NULL where none did */
    const struct policy_key *key;   /* of that rule, after promotion; NULL where no rule matched */
    const char *detail;             /* the hop's peer_detail where that is the reason, else NULL */
};

struct decision decide(const struct policy_image *image, const struct hop *hop);

/* Which of the policy's origins `target` lies in, as libcurl tells origins apart; NULL for none. */
const struct policy_origin *decide_origin(const struct policy_image *image,
                                          const struct target *target);
/* Finishes a decision that was VERDICT_VERIFY, once hop->peer is known:
 * what decide would say now. */
void decide_verified(struct decision *decision, const struct hop *hop);

/* The key in force: `first`, or what has taken over from it. */
const struct policy_key *decide_key(const struct policy_image *image, uint32_t first,
                                    const bool *promoted);

/* True where `key` is `first`, or one that takes over from it. */
bool decide_is_in_chain(const struct policy_image *image, uint32_t first,
                        const struct policy_key *key);

/* "pass", "key", "fail"; and for a person: "no key", "key", "not sent". */
const char *verdict_code(enum verdict verdict);
const char *verdict_text(enum verdict verdict);

/* What becomes of the request, as snprintf(3) writes it: which key, or
 * what instead. Never the key. */
int decision_outcome(char *text, size_t size, const struct decision *decision);

/* "FILE:LINE"; of a rule that stands for a whole file "FILE". Returns `text`. */
const char *rule_place(char *text, size_t size, const struct policy_rule *rule);

/* Why: the peer's or the key's own sentence where there is one, else the reason's. */
const char *decision_why(const struct decision *decision);

#endif
