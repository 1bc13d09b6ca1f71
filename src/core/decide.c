/*
 * The key leaves only by VERDICT_KEY. It
 *   1. MUST go to a peer whose certificate and name were verified, over TLS: by libcurl as the
 *      program set it, or by this library where that says nothing;
 *   2. MUST NOT go to a host, port or path that no rule names, however the URL spells it;
 *   3. MUST NOT stand beside, or in place of, credentials of the application's own;
 *   4. MUST NOT be put where a proxy, a cache or the server's answer repeats it to others.
 */
#include "core/decide.h"

#include <string.h>
#include <strings.h>

enum { MAX_SETTLED_PATH = 2048 }; /* bytes; a longer odd path is refused */

struct match {
    const struct policy_rule *rule;
    enum reason reason; /* why there is none */
};

static bool allows_method(const struct policy_rule *rule, const char *method)
{
    if (rule->methods == NULL)
        return true;
    for (const char *const *m = rule->methods; method != NULL && *m != NULL; m++)
        if (strcmp(*m, method) == 0)
            return true;
    return false;
}

static bool same_scope(const struct policy_rule *rule, const struct target *target,
                       const char *path, size_t length)
{
    return rule->port == target->port && rule->path_len == length &&
           memcmp(rule->path, path, length) == 0 && strcmp(rule->host, target->host) == 0;
}

/* Returns the first rule of the scope whose hash is given, or NONE. */
static uint32_t find_scope(const struct policy_image *image, uint32_t hash,
                           const struct target *target, const char *path, size_t length)
{
    const struct policy_index *index = &image->index;
    for (uint32_t i = hash & (index->nslots - 1);; i = (i + 1) & (index->nslots - 1)) {
        uint32_t rule = index->slots[i];
        if (rule == POLICY_NONE || same_scope(&image->rules[rule], target, path, length))
            return rule;
    }
}

/* Lowers *best to the first rule of that scope which allows the method, or
 * would if it were known. */
static void consider(const struct policy_image *image, uint32_t rule, const char *method,
                     uint32_t *best, bool *in_path)
{
    for (; rule != POLICY_NONE; rule = image->index.chain[rule]) {
        *in_path = true;
        if (rule >= *best)
            return;
        if (method == NULL || allows_method(&image->rules[rule], method)) {
            *best = rule;
            return;
        }
    }
}

/* The first rule, in policy order, whose path is a prefix of this one by whole segments. */
static struct match match_path(const struct policy_image *image, const struct target *target,
                               const char *path, size_t length, const char *method)
{
    uint32_t best = POLICY_NONE;
    bool in_path = false;
    uint32_t hash = policy_hash_byte(policy_origin_hash(target->host, target->port), '/');
    consider(image, find_scope(image, hash, target, "/", 1), method, &best, &in_path);
    for (size_t i = 1; i <= length && i <= image->index.max_path_len; i++) {
        if (i > 1 && (i == length || path[i] == '/'))
            consider(image, find_scope(image, hash, target, path, i), method, &best, &in_path);
        if (i < length)
            hash = policy_hash_byte(hash, (unsigned char)path[i]);
    }
    if (best != POLICY_NONE && allows_method(&image->rules[best], method))
        return (struct match){&image->rules[best], REASON_KEY};
    return (struct match){NULL, in_path ? REASON_METHOD : REASON_PATH};
}

static int compare_origin(const struct policy_origin *origin, const char *host, uint16_t port)
{
    int order = strcmp(origin->host, host);
    return order != 0 ? order : (origin->port > port) - (origin->port < port);
}

/* The first origin that is not before (host, port), or NULL. */
static const struct policy_origin *lower_origin(const struct policy_image *image, const char *host,
                                                uint16_t port)
{
    uint32_t low = 0;
    uint32_t high = image->norigins;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_origin(&image->origins[middle], host, port) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < image->norigins ? &image->origins[low] : NULL;
}

const struct policy_origin *decide_origin(const struct policy_image *image,
                                          const struct target *target)
{
    if (!target->usual)
        return NULL;
    const struct policy_origin *origin = image->origins; /* most policies have one */
    if (image->norigins != 1)
        origin = lower_origin(image, target->host, target->port);
    bool same = origin != NULL && compare_origin(origin, target->host, target->port) == 0;
    return same ? origin : NULL;
}

/* REASON_KEY where some rule names this origin, else the nearest miss. */
static enum reason judge_origin(const struct policy_image *image, const struct target *target)
{
    const struct policy_origin *origin = lower_origin(image, target->host, 0);
    if (origin == NULL || strcmp(origin->host, target->host) != 0)
        return REASON_HOST;
    if (!target->tls)
        return REASON_SCHEME;
    origin = lower_origin(image, target->host, target->port);
    if (origin == NULL || compare_origin(origin, target->host, target->port) != 0)
        return REASON_PORT;
    return REASON_KEY;
}

/* The simple form, and most programs' share of a policy: one rule for a whole origin needs no
 * index. */
static struct match match_only_rule(const struct policy_rule *rule, const struct hop *hop,
                                    const struct target *target)
{
    enum reason reason = REASON_KEY;
    if (strcmp(rule->host, target->host) != 0)
        reason = REASON_HOST;
    else if (!target->tls)
        reason = REASON_SCHEME;
    else if (rule->port != target->port || (hop->port != 0 && hop->port != target->port))
        reason = REASON_PORT;
    else if (!allows_method(rule, hop->method))
        reason = REASON_METHOD;
    return (struct match){reason == REASON_KEY ? rule : NULL, reason};
}

static struct match match_target(const struct policy_image *image, const struct hop *hop,
                                 const struct target *target)
{
    const char *method = hop->method;
    if (image->nrules == 1 && image->rules[0].path_len == 1)
        return match_only_rule(&image->rules[0], hop, target);
    char settled[MAX_SETTLED_PATH];
    enum reason reason = judge_origin(image, target);
    if (reason == REASON_KEY && hop->port != 0 && hop->port != target->port)
        reason = REASON_PORT;
    if (reason != REASON_KEY)
        return (struct match){NULL, reason};
    /* Where every rule names a whole origin the path says nothing. */
    if (image->index.max_path_len <= 1)
        return match_path(image, target, "/", 1, method);
    if (target_path_is_plain(target->path, target->path_len))
        return match_path(image, target, target->path, target->path_len, method);
    size_t length = target_settle_path(target->path, target->path_len, settled, sizeof settled);
    if (length == 0)
        return (struct match){NULL, REASON_PATH_AMBIGUOUS};
    return match_path(image, target, settled, length, method);
}

static struct match find_rule(const struct policy_image *image, const struct hop *hop)
{
    struct match match = match_target(image, hop, hop->target);
    if (match.rule == NULL || hop->other_target == NULL)
        return match;
    struct match other = match_target(image, hop, hop->other_target);
    if (other.rule != match.rule)
        match = (struct match){NULL, other.rule == NULL ? other.reason : REASON_URL};
    return match;
}

const struct policy_key *decide_key(const struct policy_image *image, uint32_t first,
                                    const bool *promoted)
{
    const struct policy_key *key = &image->keys[first];
    for (uint32_t i = 0; promoted != NULL && i < image->nkeys; i++) {
        bool passed_on = __atomic_load_n(&promoted[key - image->keys], __ATOMIC_RELAXED);
        if (!passed_on || key->next == POLICY_NONE)
            break;
        key = &image->keys[key->next];
    }
    return key;
}

bool decide_is_in_chain(const struct policy_image *image, uint32_t first,
                        const struct policy_key *key)
{
    uint32_t number = first;
    for (uint32_t i = 0; number != POLICY_NONE && i < image->nkeys; i++) {
        if (&image->keys[number] == key)
            return true;
        number = image->keys[number].next;
    }
    return false;
}

/* Blanks behind a value are no part of it: RFC 9110, 5.5. So "Bearer" is also a Bearer with nothing
 * behind it, as a client sends it whose key is empty. */
static bool is_value(const char *header, const char *value)
{
    size_t length = strlen(value);
    while (length > 0 && value[length - 1] == ' ')
        length--;
    if (strncmp(header, value, length) != 0)
        return false;
    for (header += length; *header == ' ' || *header == '\t';)
        header++;
    return *header == '\0';
}

static bool replaces(const struct policy_rule *rule, const char *authorization)
{
    switch (rule->existing) {
    case POLICY_EXISTING_REPLACE:
        return true;
    case POLICY_EXISTING_PLACEHOLDER:
        return rule->placeholder != NULL && is_value(authorization, rule->placeholder);
    case POLICY_EXISTING_KEEP:
        break;
    }
    return false;
}

/* A Host header of the application's own must say what the URL says. */
static bool names_host(const char *header, const struct target *target)
{
    size_t length = target->host_len;
    if (strncasecmp(header, target->host, length) != 0)
        return false;
    header += length;
    if (*header != ':')
        return *header == '\0';
    uint32_t port = 0;
    for (header++; *header >= '0' && *header <= '9' && port <= UINT16_MAX; header++)
        port = port * 10 + (uint32_t)(*header - '0');
    return *header == '\0' && port == target->port;
}

/* What stands in the request line must be a path inside the rule's. */
static bool request_target_is_inside(const char *text, const struct policy_rule *rule)
{
    char settled[MAX_SETTLED_PATH];
    size_t length = strcspn(text, "?#");
    if (text[0] != '/' || target_has_blank(text))
        return false;
    if (rule->path_len == 1)
        return true;
    length = target_settle_path(text, length, settled, sizeof settled);
    return length >= rule->path_len && memcmp(settled, rule->path, rule->path_len) == 0 &&
           (length == rule->path_len || settled[rule->path_len] == '/');
}

/* What the application set that forbids a key by itself, in the order of the checks. */
#define UNSAFE_FLAGS(X)                                                                            \
    X(HOP_FOLDED, REASON_FOLDED_HEADER)                                                            \
    X(HOP_EARLY_DATA, REASON_EARLY_DATA)                                                           \
    X(HOP_HEADER_UNIFIED, REASON_HEADER_UNIFIED)                                                   \
    X(HOP_UNKNOWN_TARGET, REASON_REQUEST_TARGET)                                                   \
    X(HOP_CONNECT_ONLY, REASON_CONNECT_ONLY)                                                       \
    X(HOP_TRACE, REASON_TRACE)                                                                     \
    X(HOP_FOLLOWS, REASON_FOLLOWS)                                                                 \
    X(HOP_REDIRECTED, REASON_REDIRECT)                                                             \
    X(HOP_NO_MEMORY, REASON_NO_MEMORY)

#define FLAG(flag, reason) | (flag)
enum { UNSAFE = 0 UNSAFE_FLAGS(FLAG) };
#undef FLAG

/* REASON_KEY, or why the rule's key may not go on this hop. */
static enum reason refuse(const struct policy_rule *rule, const struct hop *hop)
{
    static const struct {
        unsigned flag;
        enum reason reason;
    } unsafe[] = {
#define ROW(flag, reason) {flag, reason},
        UNSAFE_FLAGS(ROW)
#undef ROW
    };
    if (hop->flags & HOP_MOVED)
        return REASON_MOVED;
    if (hop->target->userinfo)
        return REASON_URL_CREDENTIALS;
    if (hop->flags & (HOP_OWN_CREDENTIALS | HOP_OWN_LINE))
        return REASON_OWN_CREDENTIALS;
    if (hop->authorization != NULL && !replaces(rule, hop->authorization))
        return REASON_OWN_HEADER;
    if (hop->flags & UNSAFE)
        for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
            if (hop->flags & unsafe[i].flag)
                return unsafe[i].reason;
    if (hop->host_header != NULL && !names_host(hop->host_header, hop->target))
        return REASON_HOST_HEADER;
    if (hop->request_target != NULL && !request_target_is_inside(hop->request_target, rule))
        return REASON_REQUEST_TARGET;
    if (hop->method != NULL && target_has_blank(hop->method))
        return REASON_METHOD;
    if (hop->method != NULL && strcasecmp(hop->method, "TRACE") == 0)
        return REASON_TRACE;
    return REASON_KEY;
}

/* REASON_KEY where libcurl verified the peer and nothing of the program's could change that. */
static enum reason doubt_peer(const struct hop *hop)
{
    if (hop->flags & HOP_PEER_UNVERIFIED)
        return REASON_PEER_UNVERIFIED;
    if (hop->flags & HOP_HOST_UNVERIFIED)
        return REASON_HOST_UNVERIFIED;
    if (hop->flags & (HOP_SSL_CTX_FUNCTION | HOP_TAINTED))
        return REASON_SSL_CTX_FUNCTION;
    return REASON_KEY;
}

/* Lowers the decision to what is known of the peer. */
static void judge_peer(struct decision *decision, const struct hop *hop)
{
    enum policy_verify verify = decision->rule->verify;
    enum reason doubt = doubt_peer(hop);
    if (doubt == REASON_KEY && verify != POLICY_VERIFY_ALWAYS)
        return;
    if (hop->peer == PEER_GOOD)
        return;
    decision->verdict = VERDICT_PASS;
    decision->reason = doubt;
    if (doubt != REASON_KEY && (verify == POLICY_VERIFY_NEVER || hop->flags & HOP_UNCONNECTED))
        return;
    decision->reason = hop->peer == PEER_REFUSED ? REASON_PEER_REFUSED : REASON_PEER_UNKNOWN;
    decision->detail = hop->peer_detail;
    if (hop->peer == PEER_UNASKED && !(hop->flags & HOP_UNCONNECTED))
        decision->verdict = VERDICT_VERIFY;
}

/* Nothing that the application set speaks against the rule's key. */
static void finish(struct decision *decision, const struct hop *hop)
{
    decision->verdict = VERDICT_KEY;
    decision->reason = REASON_KEY;
    judge_peer(decision, hop);
    if (decision->verdict != VERDICT_KEY || decision->key->header != NULL)
        return;
    decision->reason = REASON_KEY_MISSING;
    decision->verdict =
        decision->rule->missing == POLICY_MISSING_PASS ? VERDICT_PASS : VERDICT_FAIL;
}

/* Facts that leave no rule to look for. */
static enum reason judge_facts(const struct policy_image *image, const struct hop *hop)
{
    if (image == NULL || image->nrules == 0 || image->index.nslots == 0)
        return REASON_NO_POLICY;
    if (hop->flags & HOP_AMBIGUOUS)
        return REASON_AMBIGUOUS;
    if (hop->flags & HOP_OLD_LIBCURL)
        return REASON_OLD_LIBCURL;
    if ((hop->flags & HOP_NO_URL) || hop->target == NULL)
        return REASON_URL;
    return REASON_KEY;
}

struct decision decide(const struct policy_image *image, const struct hop *hop)
{
    struct decision decision = {.verdict = VERDICT_PASS, .reason = judge_facts(image, hop)};
    if (decision.reason != REASON_KEY)
        return decision;
    struct match match = find_rule(image, hop);
    decision.rule = match.rule;
    decision.reason = match.reason;
    if (match.rule == NULL)
        return decision;
    decision.key = decide_key(image, match.rule->key, hop->promoted);
    decision.reason = refuse(match.rule, hop);
    if (decision.reason != REASON_KEY)
        return decision;
    finish(&decision, hop);
    return decision;
}

void decide_verified(struct decision *decision, const struct hop *hop)
{
    finish(decision, hop);
}
