#include "bridge/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/haproxy_log.h"
#include "commissioned/journal_fields.h"
#include "core/decide.h"
#include "core/journal.h"
#include "core/text.h"

enum { LINES_PER_MINUTE = 60, MINUTE = 60 };

/* ---- reading --------------------------------------------------------------------------------- */

static bool read_reason(const char *code, enum reason *reason)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_code((enum reason)i), code) == 0) {
            *reason = (enum reason)i;
            return true;
        }
    return false;
}

bool account_read(const char *line, struct account_line *told)
{
    char rule[16], serial[16], token[80], reason[32], status[8];
    *told = (struct account_line){0};
    if (strncmp(line, HAPROXY_LOG_MARK, sizeof HAPROXY_LOG_MARK - 1) != 0 ||
        sscanf(line + sizeof HAPROXY_LOG_MARK - 1, "%15s %15s %79s %31s %7s %31s %255s", rule,
               serial, token, reason, status, told->method, told->path) != 7 ||
        !read_reason(reason, &told->reason))
        return false;
    told->rule = POLICY_NONE;
    text_number_read(rule, UINT32_MAX, &told->rule);
    text_number_read(serial, UINT32_MAX, &told->serial);
    text_number_read(status, UINT32_MAX, &told->status);
    snprintf(told->token, sizeof told->token, "%.*s", SHA256_HEX, token);
    return true;
}

/* ---- is it asked for ------------------------------------------------------------------------- */

static bool is_of_origin(const struct account_about *about, const struct policy_rule *rule)
{
    return rule->port == about->port && strcmp(rule->host, about->host) == 0;
}

static bool covers(const struct policy_rule *rule, const char *path)
{
    size_t length = rule->path_len == 1 ? 0 : rule->path_len;
    return strncmp(path, rule->path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* For what no rule applied: somebody's rule is about denials. */
static bool denials_are_asked(const struct account_about *about)
{
    for (uint32_t i = 0; i < about->image->nrules; i++)
        if (is_of_origin(about, &about->image->rules[i]) &&
            about->image->rules[i].report != POLICY_REPORT_NONE)
            return true;
    return false;
}

static bool is_asked(const struct account_about *about, const struct policy_rule *rule,
                     enum reason reason)
{
    if (rule == NULL)
        return denials_are_asked(about);
    return rule->report == POLICY_REPORT_ALL ||
           (rule->report == POLICY_REPORT_DENIED && reason != REASON_KEY);
}

/* The first line of a new minute says how many were left out. */
static bool has_room(struct account *account)
{
    time_t minute = keyring_now() / MINUTE;
    if (minute != account->minute) {
        char text[80];
        unsigned left = account->lines > LINES_PER_MINUTE ? account->lines - LINES_PER_MINUTE : 0;
        *account = (struct account){.minute = minute};
        snprintf(text, sizeof text, "%u lines of this bridge were left out", left);
        if (left > 0)
            journal_send(JOURNAL_LINES_LEFT_OUT, text, NULL, 0);
    }
    return account->lines++ < LINES_PER_MINUTE;
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *name_of(const struct tokens *tokens, const char *hash)
{
    for (uint32_t i = 0; i < tokens->count; i++)
        if (strcmp(tokens->list[i].hash, hash) == 0 && tokens->list[i].name[0] != '\0')
            return tokens->list[i].name;
    return NULL;
}

/* No rule let it pass: for its path, or for its method alone? */
static enum reason refine(const struct account_about *about, const struct account_line *told)
{
    if (told->reason != REASON_PATH)
        return told->reason;
    for (uint32_t i = 0; i < about->image->nrules; i++)
        if (is_of_origin(about, &about->image->rules[i]) &&
            covers(&about->image->rules[i], told->path))
            return REASON_METHOD;
    return REASON_PATH;
}

static const char *sentence(enum reason reason, const struct policy_key *key)
{
    if (reason == REASON_OWN_HEADER)
        return "the request does not bring the token that was given out, once";
    if (reason == REASON_KEY_MISSING && key != NULL && key->error != NULL)
        return key->error;
    return reason_text(reason);
}

static enum verdict verdict_of(enum reason reason, const struct policy_rule *rule)
{
    if (reason == REASON_KEY)
        return VERDICT_KEY;
    bool passes =
        reason == REASON_KEY_MISSING && rule != NULL && rule->missing == POLICY_MISSING_PASS;
    return passes ? VERDICT_PASS : VERDICT_FAIL;
}

static void write_line(const struct account_about *about, const struct account_line *told,
                       const struct policy_rule *rule)
{
    const struct policy_key *key =
        rule != NULL ? keyring_in_force(about->ring, about->image, rule->key) : NULL;
    enum reason reason = refine(about, told);
    enum verdict verdict = verdict_of(reason, rule);
    char message[1024], pid[16], uid[16], status[16];
    /* As the library's lines read. */
    snprintf(message, sizeof message, "%s [%s]: %s, %s%.64s, program %.255s: %s",
             verdict_code(verdict), reason_code(reason), about->host,
             rule != NULL ? "rule " : "no rule", rule != NULL ? rule->name : "",
             about->program != NULL ? about->program : "unknown", sentence(reason, key));
    snprintf(pid, sizeof pid, "%d", (int)about->pid);
    snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
    snprintf(status, sizeof status, "%u", told->status);
    const struct journal_field fields[] = {
        {FIELD(VERDICT), verdict_code(verdict)},
        {FIELD(REASON), reason_code(reason)},
        {FIELD(RULE), rule != NULL ? rule->name : NULL},
        {FIELD(KEY), key != NULL ? key->name : NULL},
        {FIELD(KEY_PREFIX), key != NULL ? key->prefix : NULL},
        {FIELD(PROGRAM), about->program},
        {FIELD(PID), about->pid != 0 ? pid : NULL},
        {FIELD(UID), about->pid != 0 ? uid : NULL},
        {FIELD(HOST), about->host},
        {FIELD(METHOD), told->method},
        {FIELD(PATH), told->path},
        {FIELD(STATUS), told->status != 0 ? status : NULL},
        {FIELD(TOKEN), name_of(about->tokens, told->token)},
    };
    journal_send(verdict == VERDICT_KEY ? JOURNAL_KEY_GIVEN : JOURNAL_NOT_SENT, message, fields,
                 sizeof fields / sizeof fields[0]);
}

void account_report(struct account *account, const struct account_about *about,
                    const struct account_line *told)
{
    const struct policy_rule *rule =
        told->rule < about->image->nrules ? &about->image->rules[told->rule] : NULL;
    if (is_asked(about, rule, told->reason) && has_room(account))
        write_line(about, told, rule);
}
