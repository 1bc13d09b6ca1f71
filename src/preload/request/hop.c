/*
 * One hop: libcurl stands connected, the certificate is checked, nothing of the request is written.
 * Every redirect and every retry comes through here again, so nothing decided before counts.
 */
#include "preload/request/hop.h"

#include <string.h>
#include <strings.h>

#include "core/export.h"
#include "core/names.h"
#include "preload/policy/policy_loader.h"
#include "preload/record/record_method.h"
#include "preload/request/answer.h"
#include "preload/request/follow.h"
#include "preload/request/inject.h"
#include "preload/request/judge.h"
#include "preload/request/moved.h"
#include "preload/request/redact.h"
#include "preload/request/report.h"
#include "preload/request/url.h"
#include "preload/request/verify.h"

/*
 * The application's own Authorization header. Of several that differ at most one can be a
 * placeholder, so together they are none.
 */
static const char *find_authorization(const struct curl_slist *list)
{
    static const char several[] = "\n"; /* no header can have it as its value */
    static const char name[] = AUTHORIZATION;
    const char *first = inject_find(list, name, sizeof name - 1);
    for (; first != NULL && list != NULL; list = list->next) {
        const struct curl_slist alone = {list->data, NULL};
        const char *value = inject_find(&alone, name, sizeof name - 1);
        if (value != NULL && strcmp(value, first) != 0)
            return several;
    }
    return first;
}

/* libcurl's own methods are safe, so it is asked only where a rule or the application names one. */
static const char *find_method(const struct record *record)
{
    if (!record->policy->needs_method && !(record->state & RECORD_CUSTOM))
        return NULL;
    return record_method_find(record);
}

/*
 * libcurl tells another method than it sends after NOBODY was set on a transfer under way, and
 * where FOLLOWLOCATION lets it drop CUSTOMREQUEST behind a redirect (measured, 8.19.0, 8.23.0).
 * Other options than NOBODY are believed to do so in versions that could not be tried.
 */
static bool may_send_another(const struct record *record)
{
    return record->state & RECORD_CUSTOM
               ? record->state & RECORD_DROPS_CUSTOM && !(record->state & RECORD_FIRST)
               : record->state & RECORD_METHOD_SET;
}

/* A method that every rule refuses stays what it is: libcurl may send it after all. */
static const char *judge_method(const struct record *record, const char *method)
{
    if (method == NULL || !record->policy->needs_method || !may_send_another(record) ||
        target_has_blank(method) || strcasecmp(method, "TRACE") == 0)
        return method;
    return NULL;
}

/*
 * A second wall: what libcurl says of the connection itself, where it says anything. Not its port,
 * which is that of a proxy, of CONNECT_TO or of an Alt-Svc as well.
 */
static bool is_in_clear(const struct record *record)
{
    char *scheme = NULL;
    if (provider_is_old(record->provider) ||
        record->provider->real.easy_getinfo(record->handle, CURLINFO_SCHEME, &scheme) != CURLE_OK ||
        scheme == NULL)
        return false;
    return strcasecmp(scheme, "https") != 0 && strcasecmp(scheme, "wss") != 0;
}

static void gather(const struct record *record, const char *text, struct hop *hop,
                   struct url_read *judged)
{
    const struct record_rare *rare = record->rare;
    const struct curl_slist *headers = record->headers;
    *hop = (struct hop){
        .flags = record->facts, .port = record->port, .promoted = record->policy->promoted};
    if (record->state & RECORD_WAS_UNSAFE)
        hop->flags |= HOP_PEER_UNVERIFIED;
    if (record_has_credentials(record) || record->state & RECORD_HAD_OWN)
        hop->flags |= HOP_OWN_CREDENTIALS;
    if (moved_since_start(record))
        hop->flags |= HOP_MOVED;
    if (record->provider->real.url == NULL)
        hop->flags |= HOP_OLD_LIBCURL;
    hop->flags |= verify_facts(record->provider);
    if (!url_read(record, text, hop, judged))
        hop->flags |= HOP_NO_URL;
    else if (hop->target->tls && is_in_clear(record))
        hop->flags |= HOP_MOVED;
    hop->method = judge_method(record, find_method(record));
    if (rare != NULL && rare->text[RECORD_TARGET] != NULL && rare->text[RECORD_TARGET][0] != '\0')
        hop->request_target = rare->text[RECORD_TARGET];
    if (headers != NULL) {
        hop->host_header = inject_find(headers, "Host", 4);
        hop->authorization = find_authorization(headers);
        if (!inject_can_replace(headers))
            hop->flags |= HOP_OWN_CREDENTIALS;
        if (inject_is_folded(headers))
            hop->flags |= HOP_FOLDED;
    }
}

/* The sentence for the application, in its own buffer; libcurl must not write over it. */
static void explain_failure(struct record *record, const char *sentence)
{
    record->state |= RECORD_FAILED;
    if (record->error_buffer == NULL || sentence == NULL)
        return;
    record->provider->real.easy_setopt(record->handle, CURLOPT_ERRORBUFFER, (char *)NULL);
    size_t length = strlen(sentence);
    if (length >= CURL_ERROR_SIZE)
        length = CURL_ERROR_SIZE - 1;
    memcpy(record->error_buffer, sentence, length);
    record->error_buffer[length] = '\0';
}

/* The mask stands before the key does. */
static bool give(struct record *record, const char *header, bool lift)
{
    redact_restart(record);
    return redact_begin(record) && inject_key_alone(record, header) &&
           (!lift || inject_lift(record));
}

/*
 * False where the request must not be sent. `lift`: see follow_gather. A key that could not be put
 * in place is decided on anew, for what is told must be what was done.
 */
static bool apply(struct record *record, struct decision *decision, struct hop *hop, bool lift)
{
    switch (decision->verdict) {
    case VERDICT_KEY:
        if (give(record, decision->key->header, lift))
            return true;
        hop->flags |= HOP_NO_MEMORY;
        *decision = decide(record->policy->image, hop);
        record->key = NULL; /* the answer will say nothing of it */
        break;
    case VERDICT_FAIL:
        inject_nothing(record);
        explain_failure(record, decision->key->error);
        return false;
    case VERDICT_VERIFY: /* whom nobody verified gets nothing */
    case VERDICT_PASS:
        break;
    }
    inject_nothing(record);
    redact_end(record); /* the request before is over, and in this one nothing is to be masked */
    return true;
}

/* `text` is its URL, or NULL. Apart, so that a plain hop makes no room
 * for what it does not need. */
__attribute__((noinline)) static bool decide_on(struct record *record, const char *text)
{
    struct hop hop;
    struct url_read judged;
    gather(record, text, &hop, &judged);
    char detail[MAX_PEER_DETAIL];
    bool is_first = record->state & RECORD_FIRST;
    bool lift = follow_gather(record, &hop);
    struct decision decision = judge_hop(record, &hop, detail);
    bool expects = decision.verdict == VERDICT_KEY && answer_expect(record, is_first);
    record->key = expects ? decision.key : NULL;
    bool go_on = apply(record, &decision, &hop, lift);
    report_hop(record, &decision, &hop);
    url_free(record, &judged);
    return go_on;
}

/* It is no Authorization and no Host header, and one line of its own. */
static bool is_plain_header(const char *text)
{
    return text != NULL && (text[0] | 0x20) != 'a' && (text[0] | 0x20) != 'h' && text[0] != ' ' &&
           text[0] != '\t' && strchr(text, '\n') == NULL && strchr(text, '\r') == NULL;
}

/* True where the application set nothing that a decision could depend on, the URL aside. */
static bool is_ordinary(const struct record *record)
{
    if (record->facts != 0 || record->port != 0 || record->rare != NULL ||
        (record->state & RECORD_MATTERS) != 0 || provider_is_tainted(record->provider))
        return false;
    for (const struct curl_slist *node = record->headers; node != NULL; node = node->next)
        if (!is_plain_header(node->data))
            return false;
    return true;
}

/* The key of a plain hop (plain.h), or NULL where it is to be judged. */
static const struct policy_key *plain_key(const struct record *record)
{
    const struct policy_ref *policy = record->policy;
    if (!is_ordinary(record))
        return NULL;
    uint32_t first = policy->plain.rule->key;
    const struct policy_key *key = &policy->image->keys[first];
    if (__atomic_load_n(&policy->promoted[first], __ATOMIC_RELAXED))
        key = decide_key(policy->image, first, policy->promoted);
    return key->header != NULL ? key : NULL;
}

/* The hop stands on a connection that was there, and not to Commissioned. */
static bool is_kept_elsewhere(const struct record *record)
{
    long connects = 1;
    return record->provider->real.easy_getinfo(record->handle, CURLINFO_NUM_CONNECTS, &connects) ==
               CURLE_OK &&
           connects == 0 && url_is_elsewhere(record);
}

/* No rule can be for it, so that no policy need be asked. */
static inline bool is_no_http(const struct record *record, const char *text)
{
    return text != NULL && text[0] != 'h' && record->state & RECORD_FIRST &&
           record->policy == NULL && !record_has_curlu(record) && plain_is_no_http(text) &&
           policy_is_quiet();
}

NO_CANARY bool hop_decide(struct record *record)
{
    report_answer(record); /* of the hop before */
    const char *text = url_find(record);
    if (is_no_http(record, text)) {
        follow_first(record, NULL);
        return true;
    }
    if (record->policy == NULL)
        record->policy = policy_take_for(record, is_kept_elsewhere);
    if (record->policy == NULL) {
        report_unknown(record);
        follow_elsewhere(record);
        return true;
    }
    if (text == NULL || !(record->state & RECORD_FIRST))
        return decide_on(record, text);
    bool inside = plain_is_inside(&record->policy->plain, text);
    record->key = inside ? plain_key(record) : NULL;
    if (record->key != NULL && inject_key(record, record->key->header)) {
        follow_first(record, record->policy->plain.origin);
        return true;
    }
    if (inside || record->rare != NULL || !plain_is_elsewhere(&record->policy->plain, text))
        return decide_on(record, text);
    follow_first(record, NULL);
    inject_nothing(record);
    return true;
}

/* The key that is in place is the one that the rule which matches now gives, or gave before its
 * `next` took over. */
static bool is_same_key(const struct record *record, const struct decision *decision)
{
    return decision->verdict == VERDICT_KEY && record->key != NULL &&
           record->node.data == record->key->header &&
           decide_is_in_chain(record->policy->image, decision->rule->key, record->key);
}

/*
 * libcurl may have read the list already, and then this changes nothing. What it reads later must
 * be what is decided now; a key where there was none, or another one, is left to the next hop.
 */
void hop_decide_again(struct record *record)
{
    struct hop hop;
    struct url_read judged;
    gather(record, url_find(record), &hop, &judged);
    follow_gather_again(record, &hop);
    char detail[MAX_PEER_DETAIL];
    struct decision decision = judge_hop(record, &hop, detail);
    bool same = is_same_key(record, &decision);
    if (!same || !inject_again(record)) {
        if (same)
            decision.reason = REASON_NO_MEMORY;
        inject_nothing(record);
        report_taken_back(record, &decision);
    }
    url_free(record, &judged);
}

/* Where in a handle its buffer for the peer's address lies; atomic. 0: not known. */
static uintptr_t remote_offset;

/*
 * A copy that libcurl made of the handle unseen has its function and its record too: such a hop
 * must not act on the original. `remote` is a buffer in the handle that makes the hop, and
 * CURLINFO_PRIMARY_IP leads to the same one (measured). A libcurl that never shows that is trusted.
 */
static inline bool is_known_hop(const struct record *record, const char *remote)
{
    return (uintptr_t)remote - (uintptr_t)record->handle ==
           __atomic_load_n(&remote_offset, __ATOMIC_RELAXED);
}

static bool is_own_hop(const struct record *record, const char *remote)
{
    char *own = NULL;
    uintptr_t offset = (uintptr_t)remote - (uintptr_t)record->handle;
    uintptr_t known = __atomic_load_n(&remote_offset, __ATOMIC_RELAXED);
    if (offset == known)
        return true;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_PRIMARY_IP, &own);
    if (own == remote && own != NULL)
        __atomic_store_n(&remote_offset, offset, __ATOMIC_RELAXED);
    return own == remote || known == 0;
}

/* The application's own function comes first: what it sets is decided on. */
__attribute__((noinline)) static int prereq_slow(struct record *record, char *remote, char *local,
                                                 int remote_port, int local_port)
{
    const struct record_rare *rare = record->rare;
    if (rare != NULL && rare->prereq != NULL) {
        int answer = rare->prereq(rare->prereq_data, remote, local, remote_port, local_port);
        if (answer != CURL_PREREQFUNC_OK)
            return answer;
    }
    /* It may even have reset the handle; and between transfers nothing of ours is in force. */
    bool ours = record->state & RECORD_ACTIVE && is_own_hop(record, remote);
    bool go_on = !ours || hop_decide(record);
    return go_on ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

int hop_prereq(void *data, char *remote, char *local, int remote_port, int local_port)
{
    struct record *record = data;
    bool usual =
        record->rare == NULL && record->state & RECORD_ACTIVE && is_known_hop(record, remote);
    if (__builtin_expect(!usual, 0))
        return prereq_slow(record, remote, local, remote_port, local_port);
    return hop_decide(record) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
