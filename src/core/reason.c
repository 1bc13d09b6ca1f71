/* The words for each reason: one table, so that a log, `explain` and the manual say the same. */
#include <stdio.h>

#include "core/decide.h"

/* Arrays rather than pointers: each pointer would be a relocation at the start of every process. */
static const struct {
    char code[20];
    char text[100];
} words[REASON_COUNT] = {
    [REASON_KEY] = {"key", "the rule gives its key"},
    [REASON_NO_POLICY] = {"no-policy", "no rule applies to this program and user"},
    [REASON_AMBIGUOUS] =
        {"ambiguous-libcurl",
         "several libcurl are loaded and it is not clear which one the handle belongs to"},
    [REASON_OLD_LIBCURL] =
        {"old-libcurl", "this libcurl is older than 7.62 and cannot be asked what an URL means"},
    [REASON_URL] = {"url", "the URL could not be read without doubt"},
    [REASON_HOST] = {"host", "no rule names this host"},
    [REASON_SCHEME] = {"scheme", "the connection is not https"},
    [REASON_PORT] = {"port", "no rule names this port of the host"},
    [REASON_PATH] = {"path", "no rule names this path"},
    [REASON_PATH_AMBIGUOUS] = {"path-ambiguous", "servers may read this path in more than one way"},
    [REASON_METHOD] = {"method", "no rule for this path allows the method"},
    [REASON_MOVED] =
        {"moved",
         "the program changed what the connection was made for, the transfer being under way"},
    [REASON_URL_CREDENTIALS] = {"url-credentials",
                                "the URL brings a user or a password of its own"},
    [REASON_OWN_CREDENTIALS] = {"own-credentials",
                                "the program gave libcurl credentials of its own"},
    [REASON_OWN_HEADER] = {"own-header", "the program set an Authorization header of its own"},
    [REASON_PEER_UNVERIFIED] = {"peer-unverified",
                                "the program switched certificate verification off"},
    [REASON_HOST_UNVERIFIED] = {"host-unverified",
                                "the program switched host name verification off"},
    [REASON_SSL_CTX_FUNCTION] = {"ssl-ctx-function",
                                 "the program's SSL_CTX callback can switch verification off"},
    [REASON_EARLY_DATA] = {"early-data", "TLS early data can be replayed"},
    [REASON_HEADER_UNIFIED] = {"header-unified",
                               "CURLHEADER_UNIFIED would show the key to a proxy"},
    [REASON_HOST_HEADER] = {"host-header",
                            "the program set a Host header that differs from the URL"},
    [REASON_REQUEST_TARGET] = {"request-target",
                               "CURLOPT_REQUEST_TARGET is not a path inside the rule's"},
    [REASON_TRACE] = {"trace", "the answer to TRACE would repeat the key"},
    [REASON_CONNECT_ONLY] = {"connect-only",
                             "CURLOPT_CONNECT_ONLY leaves the request to the program"},
    [REASON_FOLLOWS] =
        {"follows",
         "this libcurl, older than 7.80, would take the key along when it follows redirects"},
    [REASON_REDIRECT] =
        {"redirect",
         "redirected from another origin, by a program that has cookies or credentials of its own"},
    [REASON_KEY_MISSING] = {"key-missing", "the key cannot be had"},
};

const char *reason_code(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? words[reason].code : "unknown";
}

const char *reason_text(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? words[reason].text : "unknown";
}

const char *verdict_code(enum verdict verdict)
{
    return verdict == VERDICT_KEY ? "key" : verdict == VERDICT_FAIL ? "fail" : "pass";
}

const char *verdict_text(enum verdict verdict)
{
    return verdict == VERDICT_KEY ? "key" : verdict == VERDICT_FAIL ? "not sent" : "no key";
}

int decision_outcome(char *text, size_t size, const struct decision *decision)
{
    switch (decision->verdict) {
    case VERDICT_KEY:
        return snprintf(text, size, "%s (%s...)", decision->key->name, decision->key->prefix);
    case VERDICT_FAIL:
        return snprintf(text, size, "it should get a key that cannot be had");
    case VERDICT_PASS:
        break;
    }
    return snprintf(text, size, "it is sent as the program made it");
}

const char *rule_place(char *text, size_t size, const struct policy_rule *rule)
{
    snprintf(text, size, rule->line != 0 ? "%s:%u" : "%s", rule->file, (unsigned)rule->line);
    return text;
}

const char *decision_why(const struct decision *decision)
{
    if (decision->reason == REASON_KEY_MISSING && decision->key->error != NULL)
        return decision->key->error;
    return reason_text(decision->reason);
}
