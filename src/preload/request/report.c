#include "preload/request/report.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/export.h"
#include "core/journal.h"
#include "preload/loader/slab.h"
#include "preload/policy/policy_loader.h"
#include "preload/record/record_method.h"
#include "preload/request/answer.h"
#include "preload/request/report_line.h"
#include "preload/request/url.h"

/* Bits of policy_ref.told. */
enum { TOLD_401 = 1, TOLD_403 = 2, TOLD_429 = 4 };

/* The line about a hop with the key waits for the status. */
struct account {
    struct decision decision;
    char host[REPORT_TEXT_SIZE];
    char path[REPORT_TEXT_SIZE];
    char method[32];
    long received; /* bytes of headers before; -1: not known */
};

/* ---- one hop --------------------------------------------------------------------------------- */

/* A path as it may be shown: without query, cut, control characters replaced. */
static void copy_path(char *to, const struct target *target)
{
    size_t length =
        target->path_len < REPORT_TEXT_SIZE - 1 ? target->path_len : REPORT_TEXT_SIZE - 1;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)target->path[i];
        to[i] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    to[length] = '\0';
}

/* A transfer's answers so far. An old libcurl decides before it begins,
 * and shows the last one's. */
static long headers_received(const struct record *record)
{
    long size = -1;
    if (!provider_is_old(record->provider))
        record->provider->real.easy_getinfo(record->handle, CURLINFO_HEADER_SIZE, &size);
    return size;
}

/* Keeps the line until the answer is there. Without memory it goes out now, without a status. */
static bool wait_for_answer(struct record *record, const struct report_line *line)
{
    struct record_rare *rare = record_rare(record);
    if (rare != NULL && rare->account == NULL)
        rare->account = slab_map(sizeof *rare->account);
    if (rare == NULL || rare->account == NULL)
        return false;
    struct account *account = rare->account;
    account->decision = line->decision;
    snprintf(account->host, sizeof account->host, "%s", line->host);
    snprintf(account->path, sizeof account->path, "%s", line->path);
    snprintf(account->method, sizeof account->method, "%s",
             line->method != NULL ? line->method : "");
    account->received = headers_received(record);
    return true;
}

/*
 * Said once in any case: a key that cannot be had, for the person must be able to learn why; and a
 * peer whose certificate is not good, for somebody may stand between.
 */
static bool is_first_of_its_kind(struct policy_ref *policy, const struct decision *decision)
{
    if (decision->reason == REASON_PEER_REFUSED)
        return !__atomic_exchange_n(&policy->refusal_told, true, __ATOMIC_RELAXED);
    return decision->verdict == VERDICT_FAIL &&
           !__atomic_exchange_n(&policy->failure_told, true, __ATOMIC_RELAXED);
}

void report_hop_slow(struct record *record, const struct decision *decision, const struct hop *hop)
{
    auto_errno int saved = errno;
    char path[REPORT_TEXT_SIZE] = "";
    bool known = hop->target != NULL && !(hop->flags & HOP_NO_URL);
    bool first = is_first_of_its_kind(record->policy, decision);
    if (known)
        copy_path(path, hop->target);
    struct report_line line = {*decision, known ? hop->target->host : "?", path,
                               record_method_find(record), 0};
    if (record->policy->debug)
        report_line_show(&line, known ? hop->target : NULL);
    if ((first || report_is_asked(decision)) &&
        (decision->verdict != VERDICT_KEY || !wait_for_answer(record, &line)))
        report_line_send(&line);
}

/* Commissioned's where the URL says so and nothing can be meant by it but that: libcurl's parser is
 * not asked here. */
static const char *plain_host(const char *url)
{
    const size_t length = sizeof COMMISSIONED_ORIGIN - 1;
    if (strncasecmp(url, COMMISSIONED_ORIGIN, length) != 0 || !target_ends_authority(url[length]))
        return "?";
    return COMMISSIONED_HOST;
}

/*
 * The journal has it once: whether there is a policy, and what it wants told, is not known. Other
 * hosts than Commissioned's lose nothing. A CURLU may name any.
 */
void report_unknown_slow(const struct record *record)
{
    static bool told; /* atomic */
    auto_errno int saved = errno;
    const char *url = record_has_curlu(record) ? NULL : url_find(record);
    if (url != NULL && url_is_elsewhere(record))
        return;
    const struct report_line line = {.decision = {.reason = REASON_NO_MEMORY},
                                     .host = url != NULL ? plain_host(url) : "?",
                                     .path = "",
                                     .method = record_method_find(record)};
    if (!policy_is_quiet())
        report_line_show(&line, NULL);
    if (!__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
        report_line_send(&line);
}

/* ---- its answer ------------------------------------------------------------------------------ */

static void free_account(struct record_rare *rare)
{
    slab_unmap(rare->account, sizeof *rare->account);
    rare->account = NULL;
}

void report_forget(struct record *record)
{
    if (record->rare != NULL && record->rare->account != NULL)
        free_account(record->rare);
}

void report_taken_back(struct record *record, const struct decision *decision)
{
    char line[REPORT_LINE_SIZE];
    auto_errno int saved = errno;
    record->key = NULL;
    report_forget(record);
    if (record->policy->debug)
        report_debug(line, snprintf(line, sizeof line,
                                    "commissioned-auth: what is not sent yet goes without the key: "
                                    "%s [%s]\n",
                                    decision_why(decision), reason_code(decision->reason)));
}

__attribute__((noinline)) static void send_account(const struct record *record, long status)
{
    struct record_rare *rare = record->rare;
    const struct account *account = rare->account;
    auto_errno int saved = errno;
    bool none = account->received >= 0 && headers_received(record) == account->received;
    if (none || answer_is_lost(record))
        status = 0; /* what is shown is of a redirect before it, or of a server behind it */
    report_line_send(&(struct report_line){account->decision, account->host, account->path,
                                           account->method, status});
    free_account(rare);
}

static int describe(char *text, size_t size, const struct policy_key *key, long status,
                    curl_off_t wait)
{
    const char *prefix = key->prefix != NULL ? key->prefix : "";
    switch (status) {
    case 401:
        return snprintf(text, size,
                        "401: the key %s (%s...) from %s is revoked or unknown to the server: "
                        "store a new one there",
                        key->name, prefix, key->source);
    case 403:
        return snprintf(text, size,
                        "403: the key %s (%s...) may not do this: use a key with that scope, or "
                        "widen this one's",
                        key->name, prefix);
    default:
        if (wait > 0)
            return snprintf(text, size,
                            "429: the key %s (%s...) is over its rate limit: retry after %ld s",
                            key->name, prefix, (long)wait);
        return snprintf(text, size,
                        "429: the key %s (%s...) is over its rate limit: send less, or later",
                        key->name, prefix);
    }
}

static uint8_t told_bit(long status)
{
    return status == 401 ? TOLD_401 : status == 403 ? TOLD_403 : status == 429 ? TOLD_429 : 0;
}

static enum journal_kind kind_of_status(long status)
{
    return status == 401   ? JOURNAL_KEY_REVOKED
           : status == 403 ? JOURNAL_KEY_FORBIDDEN
                           : JOURNAL_RATE_LIMIT;
}

__attribute__((noinline)) static void explain_status(const struct record *record, long status)
{
    enum { SENTENCE_SIZE = REPORT_LINE_SIZE - 32 };
    char text[SENTENCE_SIZE], line[REPORT_LINE_SIZE];
    curl_off_t wait = 0;
    uint8_t bit = told_bit(status);
    auto_errno int saved = errno;
    if (!policy_learn(record->policy, record->key, bit, status == 401))
        return;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_RETRY_AFTER, &wait);
    describe(text, sizeof text, record->key, status, wait);
    if (report_has_room())
        journal_send(kind_of_status(status), text, NULL, 0);
    if (record->policy->debug)
        report_debug(line, snprintf(line, sizeof line, "commissioned-auth: %s\n", text));
}

NO_CANARY void report_answer_slow(struct record *record)
{
    long status = 0;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_RESPONSE_CODE, &status);
    if (told_bit(status) != 0 && !answer_is_past(record))
        explain_status(record, status);
    if (record->rare != NULL && record->rare->account != NULL)
        send_account(record, status);
    record->key = NULL;
}
