#include "bridge/haproxy_log.h"

static bool is_told(const struct haproxy_plan *plan)
{
    return plan->bind == NULL;
}

void haproxy_log_global(FILE *out, const struct haproxy_plan *plan)
{
    if (is_told(plan))
        fputs("    log fd@1 len 2048 format raw local0 info\n", out);
}

void haproxy_log_frontend(FILE *out, const struct haproxy_plan *plan)
{
    if (is_told(plan))
        fputs("    log global\n"
              "    log-format \"" HAPROXY_LOG_MARK
              "%[var(txn.rule)] %[var(txn.serial)] %[var(txn.token)] %[var(txn.reason)] %ST %HM "
              "%[var(txn.path)]\"\n"
              "    http-request set-var(txn.path) path\n",
              out);
}

void haproxy_log_reason(FILE *out, const struct haproxy_plan *plan, enum reason reason)
{
    if (is_told(plan))
        fprintf(out, "    http-request set-var(txn.reason) str(%s)\n", reason_code(reason));
}

void haproxy_log_rule(FILE *out, const struct haproxy_plan *plan, uint32_t number,
                      const char *condition)
{
    const struct policy_rule *rule = &plan->image->rules[number];
    if (!is_told(plan))
        return;
    fprintf(out, "    http-request set-var(txn.rule) int(%u) if !found %s\n", (unsigned)number,
            condition);
    if (rule->report == POLICY_REPORT_ALL)
        fprintf(out, "    http-request set-var(txn.loud) bool(true) if !found %s\n", condition);
}

void haproxy_log_key(FILE *out, const struct haproxy_plan *plan)
{
    if (is_told(plan))
        fprintf(out,
                "    http-request set-var(txn.reason) str(%s) if given\n"
                "    http-request set-log-level silent if given !{ var(txn.loud) -m bool }\n"
                "    http-response set-log-level info if { status 401 }\n",
                reason_code(REASON_KEY));
}
