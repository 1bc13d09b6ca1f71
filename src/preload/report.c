#include "report.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

enum { LINE_SIZE = 1024, PATH_SHOWN = 256 };

/* Bits of policy_ref.warned. */
enum { SAID_FAILURE = 1u << 0, SAID_401 = 1u << 1, SAID_403 = 1u << 2, SAID_429 = 1u << 3 };

static bool say_once(struct policy_ref *policy, uint32_t bit)
{
    return (__atomic_fetch_or(&policy->warned, bit, __ATOMIC_RELAXED) & bit) == 0;
}

static bool debug_wanted(void)
{
    const char *value = secure_getenv("COMMISSIONED_AUTH_DEBUG");
    return value != NULL && strcmp(value, "1") == 0;
}

static const char *verdict_word(enum verdict verdict)
{
    static const char words[][5] = {"pass", "key", "fail"};
    return words[verdict];
}

static void debug_line(const struct decision *decision, const struct hop *hop)
{
    char line[LINE_SIZE];
    const struct policy_rule *rule = decision->rule;
    const struct policy_key *key = decision->key;
    const struct target *target = hop->target;
    bool known = target != NULL && !(hop->flags & HOP_NO_URL);
    int shown = known ? (int)(target->path_len < PATH_SHOWN ? target->path_len : PATH_SHOWN) : 0;
    int length =
        snprintf(line, sizeof line, "commissioned-auth: %s %s%.*s: %s (%s)%s%s%s%s%s\n",
                 verdict_word(decision->verdict), known ? target->host : "?", shown,
                 known ? target->path : "", reason_text(decision->reason),
                 reason_code(decision->reason), rule != NULL ? "; rule " : "",
                 rule != NULL ? rule->name : "", key != NULL && key->prefix != NULL ? "; key " : "",
                 key != NULL && key->prefix != NULL ? key->prefix : "",
                 key != NULL && key->error != NULL ? key->error : "");
    if (length > 0 &&
        write(STDERR_FILENO, line, length < LINE_SIZE ? (size_t)length : LINE_SIZE - 1) < 0)
        return; /* nobody listens */
}

void report_hop(const struct report *report)
{
    const struct decision *decision = report->decision;
    if (debug_wanted())
        debug_line(decision, report->hop);
    if (decision->verdict == VERDICT_FAIL && decision->key->error != NULL &&
        say_once(report->policy, SAID_FAILURE))
        journal_send(JOURNAL_ERROR, decision->key->error, NULL, 0);
}

void report_status(struct policy_ref *policy, const struct policy_key *key, long status)
{
    (void)policy;
    (void)key;
    (void)status;
}
