#include "preload/request/report.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commissioned/journal_fields.h"
#include "core/cleanup.h"
#include "core/export.h"
#include "core/ids.h"
#include "core/journal.h"
#include "core/names.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/slab.h"
#include "preload/policy/policy_loader.h"
#include "preload/record/record_method.h"
#include "preload/request/answer.h"

enum {
    LINE_SIZE = 1024,
    TEXT_SIZE = 256,           /* bytes of a host or a path that are shown */
    MAX_NAME_SHOWN = 64,       /* bytes of a rule's name in a message */
    MAX_LINES_PER_PERIOD = 60, /* what a loop may write to the journal ... */
    PERIOD_SECONDS = 60,       /* ... in this time: the rest is counted and said in one line */
};

/* Bits of policy_ref.told. */
enum { TOLD_401 = 1, TOLD_403 = 2, TOLD_429 = 4 };

/* The line about a hop with the key waits for the status. */
struct account {
    struct decision decision;
    char host[TEXT_SIZE];
    char path[TEXT_SIZE];
    char method[32];
    long received; /* bytes of headers before; -1: not known */
};

/* ---- the journal, not too fast --------------------------------------------------------------- */

static struct {
    int64_t period; /* atomic: the number of the minute */
    unsigned lines; /* atomic: in it */
} pace;

/* True while this minute has room. The first line of a new minute says how many were left out. */
static bool has_room(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t period = now.tv_sec / PERIOD_SECONDS + 1;
    int64_t before = __atomic_load_n(&pace.period, __ATOMIC_RELAXED);
    if (before != period && __atomic_compare_exchange_n(&pace.period, &before, period, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        unsigned lines = __atomic_exchange_n(&pace.lines, 0, __ATOMIC_RELAXED);
        if (before != 0 && lines > MAX_LINES_PER_PERIOD) {
            char text[80];
            snprintf(text, sizeof text, "%u lines of this process were left out",
                     lines - MAX_LINES_PER_PERIOD);
            journal_send(JOURNAL_LINES_LEFT_OUT, text, NULL, 0);
        }
    }
    return __atomic_fetch_add(&pace.lines, 1, __ATOMIC_RELAXED) < MAX_LINES_PER_PERIOD;
}

static const char *program_path(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0)
        return NULL;
    path[length] = '\0';
    return path;
}

/* What a line is about; any member but the decision may be NULL or 0. */
struct line {
    struct decision decision;
    const char *host;
    const char *path;
    const char *method;
    long status;
};

/* Not on the stack, which may be a short one. */
struct line_texts {
    char message[LINE_SIZE];
    char program[LINE_SIZE];
};

static enum journal_kind kind_of(enum verdict verdict)
{
    return verdict == VERDICT_KEY    ? JOURNAL_KEY_GIVEN
           : verdict == VERDICT_FAIL ? JOURNAL_NOT_SENT
                                     : JOURNAL_NO_KEY;
}

/*
 * All that an alarm needs, for whoever gets the text alone. What the program chooses itself, its
 * own path, stands behind what it does not, so that it cannot pass for another line.
 */
static void write_message(char *text, size_t size, const struct line *line, const char *program)
{
    const struct decision *decision = &line->decision;
    bool named = decision->rule != NULL;
    snprintf(text, size, "%s [%s]: %.*s, %s%.*s, program %.*s: %s", verdict_code(decision->verdict),
             reason_code(decision->reason), TEXT_SIZE, line->host != NULL ? line->host : "?",
             named ? "rule " : "no rule", MAX_NAME_SHOWN, named ? decision->rule->name : "",
             TEXT_SIZE, program != NULL ? program : "unknown", decision_why(decision));
}

static void send_with(const struct line *line, struct line_texts *texts)
{
    char pid[16], uid[16], status[16];
    const struct decision *decision = &line->decision;
    const struct policy_key *key = decision->key;
    uid_t user = (uid_t)-1;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    ids_user(&user); /* what a C library says may be another library's (fakeroot) */
    snprintf(uid, sizeof uid, "%u", (unsigned)user);
    snprintf(status, sizeof status, "%ld", line->status);
    const char *program = program_path(texts->program, sizeof texts->program);
    write_message(texts->message, sizeof texts->message, line, program);
    const struct journal_field fields[] = {
        {FIELD(VERDICT), verdict_code(decision->verdict)},
        {FIELD(REASON), reason_code(decision->reason)},
        {FIELD(RULE), decision->rule != NULL ? decision->rule->name : NULL},
        {FIELD(KEY), key != NULL ? key->name : NULL},
        {FIELD(KEY_PREFIX), key != NULL ? key->prefix : NULL},
        {FIELD(PROGRAM), program},
        {FIELD(PID), pid},
        {FIELD(UID), uid},
        {FIELD(HOST), line->host},
        {FIELD(METHOD), line->method},
        {FIELD(PATH), line->path},
        {FIELD(STATUS), line->status != 0 ? status : NULL},
    };
    journal_send(kind_of(decision->verdict), texts->message, fields,
                 sizeof fields / sizeof fields[0]);
}

static void send_line(const struct line *line)
{
    struct line_texts *texts = has_room() ? slab_map(sizeof *texts) : NULL;
    if (texts == NULL)
        return;
    send_with(line, texts);
    slab_unmap(texts, sizeof *texts);
}

/* ---- one hop --------------------------------------------------------------------------------- */

/*
 * One write, so that lines of several threads do not mix. A pipe that nobody reads would end the
 * host (SIGPIPE), a full one would stop it: such a line is dropped. poll(2) answers POLLOUT for a
 * pipe with room for PIPE_BUF bytes, which are more than a line.
 */
static void write_debug(const char *line, int length)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    size_t size = length < LINE_SIZE ? (size_t)length : LINE_SIZE - 1;
    if (length <= 0 || poll(&out, 1, 0) != 1 || out.revents != POLLOUT)
        return;
    if (write(STDERR_FILENO, line, size) < 0)
        return; /* who closed it gets nothing */
}

/* In the words of `commissioned-auth explain`. */
__attribute__((noinline)) static void debug_line(const struct line *about,
                                                 const struct target *target)
{
    char line[LINE_SIZE], place[LINE_SIZE / 2], rule[LINE_SIZE / 2 + 64] = "", outcome[TEXT_SIZE],
                                                                     port[16] = "";
    const struct decision *decision = &about->decision;
    bool tls = target == NULL || target->tls;
    decision_outcome(outcome, sizeof outcome, decision);
    if (target != NULL && target->port != 0 && target->port != (tls ? HTTPS_PORT : 80))
        snprintf(port, sizeof port, ":%u", (unsigned)target->port);
    if (decision->rule != NULL)
        snprintf(rule, sizeof rule, "; rule %s (%s)", decision->rule->name,
                 rule_place(place, sizeof place, decision->rule));
    int length = snprintf(line, sizeof line, "commissioned-auth: %s %s%s%s%s: %s: %s: %s [%s]%s\n",
                          about->method != NULL ? about->method : "?",
                          target == NULL ? ""
                          : tls          ? "https://"
                                         : "http://",
                          about->host, port, about->path, verdict_text(decision->verdict), outcome,
                          decision_why(decision), reason_code(decision->reason), rule);
    if (length >= LINE_SIZE)
        line[LINE_SIZE - 2] = '\n';
    write_debug(line, length);
}

/* A path as it may be shown: without query, cut, control characters replaced. */
static void copy_path(char *to, const struct target *target)
{
    size_t length = target->path_len < TEXT_SIZE - 1 ? target->path_len : TEXT_SIZE - 1;
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
static bool wait_for_answer(struct record *record, const struct line *line)
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
    char path[TEXT_SIZE] = "";
    bool known = hop->target != NULL && !(hop->flags & HOP_NO_URL);
    bool first = is_first_of_its_kind(record->policy, decision);
    if (known)
        copy_path(path, hop->target);
    struct line line = {*decision, known ? hop->target->host : "?", path,
                        record_method_find(record), 0};
    if (record->policy->debug)
        debug_line(&line, known ? hop->target : NULL);
    if ((first || report_is_asked(decision)) &&
        (decision->verdict != VERDICT_KEY || !wait_for_answer(record, &line)))
        send_line(&line);
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
    char line[LINE_SIZE];
    auto_errno int saved = errno;
    record->key = NULL;
    report_forget(record);
    if (record->policy->debug)
        write_debug(line, snprintf(line, sizeof line,
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
    send_line(
        &(struct line){account->decision, account->host, account->path, account->method, status});
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
    enum { SENTENCE_SIZE = LINE_SIZE - 32 };
    char text[SENTENCE_SIZE], line[LINE_SIZE];
    curl_off_t wait = 0;
    uint8_t bit = told_bit(status);
    auto_errno int saved = errno;
    if (!policy_learn(record->policy, record->key, bit, status == 401))
        return;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_RETRY_AFTER, &wait);
    describe(text, sizeof text, record->key, status, wait);
    if (has_room())
        journal_send(kind_of_status(status), text, NULL, 0);
    if (record->policy->debug)
        write_debug(line, snprintf(line, sizeof line, "commissioned-auth: %s\n", text));
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
