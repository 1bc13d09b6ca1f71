/*
 * reason.h - why a request got a key, or none: the codes in the journal, in `explain --json` and in
 * debug output.
 *
 * MUST: a code that was released keeps its spelling and its meaning, for people's scripts and
 *       alarms are built on it. A new reason gets a new code, and a line in
 *       libcommissioned-auth(8).
 */
#ifndef COMMISSIONED_REASON_H
#define COMMISSIONED_REASON_H

/* In the order of the checks: its code, and half a sentence for a person. */
#define REASONS(X)                                                                                 \
    X(REASON_KEY, "key", "the rule gives its key")                                                 \
    X(REASON_NO_POLICY, "no-policy", "no rule applies to this program and user")                   \
    X(REASON_AMBIGUOUS, "ambiguous-libcurl",                                                       \
      "several libcurl are loaded and it is not clear which one the handle belongs to")            \
    X(REASON_OLD_LIBCURL, "old-libcurl",                                                           \
      "this libcurl is older than 7.62 and cannot be asked what an URL means")                     \
    X(REASON_URL, "url", "the URL could not be read without doubt")                                \
    X(REASON_HOST, "host", "no rule names this host")                                              \
    X(REASON_SCHEME, "scheme", "the connection is not https")                                      \
    X(REASON_PORT, "port", "no rule names this port of the host")                                  \
    X(REASON_PATH, "path", "no rule names this path")                                              \
    X(REASON_PATH_AMBIGUOUS, "path-ambiguous", "servers may read this path in more than one way")  \
    X(REASON_METHOD, "method", "no rule for this path allows the method")                          \
    X(REASON_MOVED, "moved",                                                                       \
      "the program changed what the connection was made for, the transfer being under way")        \
    X(REASON_URL_CREDENTIALS, "url-credentials", "the URL brings a user or a password of its own") \
    X(REASON_OWN_CREDENTIALS, "own-credentials",                                                   \
      "the program gave libcurl credentials of its own")                                           \
    X(REASON_OWN_HEADER, "own-header", "the program set an Authorization header of its own")       \
    X(REASON_FOLDED_HEADER, "folded-header",                                                       \
      "a header of the program's begins with a blank, which makes it part of the one before it")   \
    X(REASON_EARLY_DATA, "early-data", "TLS early data can be replayed")                           \
    X(REASON_HEADER_UNIFIED, "header-unified", "CURLHEADER_UNIFIED would show the key to a proxy") \
    X(REASON_HOST_HEADER, "host-header",                                                           \
      "the program set a Host header that differs from the URL")                                   \
    X(REASON_REQUEST_TARGET, "request-target",                                                     \
      "CURLOPT_REQUEST_TARGET is not a path inside the rule's")                                    \
    X(REASON_TRACE, "trace", "the answer to TRACE would repeat the key")                           \
    X(REASON_CONNECT_ONLY, "connect-only",                                                         \
      "CURLOPT_CONNECT_ONLY leaves the request to the program")                                    \
    X(REASON_FOLLOWS, "follows",                                                                   \
      "this libcurl, older than 7.80, would take the key along when it follows redirects")         \
    X(REASON_REDIRECT, "redirect",                                                                 \
      "redirected from another origin, by a program that has cookies or credentials of its own")   \
    X(REASON_PEER_UNVERIFIED, "peer-unverified",                                                   \
      "the program switched certificate verification off")                                         \
    X(REASON_HOST_UNVERIFIED, "host-unverified",                                                   \
      "the program switched host name verification off")                                           \
    X(REASON_SSL_CTX_FUNCTION, "ssl-ctx-function",                                                 \
      "an SSL_CTX callback of the program's can switch verification off")                          \
    X(REASON_PEER_REFUSED, "peer-refused",                                                         \
      "the peer's certificate is not good by the trust of this machine")                           \
    X(REASON_PEER_UNKNOWN, "peer-unknown", "the peer's certificate could not be verified")         \
    X(REASON_NO_MEMORY, "no-memory", "memory ran out (it is tried again)")                         \
    X(REASON_KEY_MISSING, "key-missing", "the key cannot be had")

#define REASON_NAME(reason, code, text) reason,
enum reason { REASONS(REASON_NAME) REASON_COUNT };
#undef REASON_NAME

/* A short stable code ("peer-unverified") and half a sentence for a person. Never NULL. */
const char *reason_code(enum reason reason);
const char *reason_text(enum reason reason);

#endif
