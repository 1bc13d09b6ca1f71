/* The words of a decision. */
#include <stdio.h>

#include "core/decide.h"

/* Arrays rather than pointers: each pointer would be a relocation at the start of every process. */
static const struct {
    char code[20];
    char text[100];
} words[REASON_COUNT] = {
#define REASON_WORDS(reason, code, text) [reason] = {code, text},
    REASONS(REASON_WORDS)
#undef REASON_WORDS
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
    case VERDICT_VERIFY:
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
    if (decision->detail != NULL)
        return decision->detail;
    if (decision->reason == REASON_KEY_MISSING && decision->key->error != NULL)
        return decision->key->error;
    return reason_text(decision->reason);
}
