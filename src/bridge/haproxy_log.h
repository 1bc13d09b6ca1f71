/*
 * haproxy_log.h - what the engine tells its supervisor of a request, as lines of its log: how far
 * the request came, by the codes of reason.h. Never a key, and of a token its hash.
 *
 * Source: "log", "log-format" and "set-log-level" in HAProxy's configuration manual.
 */
#ifndef COMMISSIONED_BRIDGE_HAPROXY_LOG_H
#define COMMISSIONED_BRIDGE_HAPROXY_LOG_H

#include <stdio.h>

#include "bridge/haproxy_plan.h"
#include "commissioned/reason.h"

/* What a line begins with; then, with a blank between them: the rule's number, the key's serial,
 * the token's hash, the reason, the status, the method, the path. */
#define HAPROXY_LOG_MARK "@ "

/* Of an engine that somebody else runs nothing is written. */
void haproxy_log_global(FILE *out, const struct haproxy_plan *plan);
void haproxy_log_frontend(FILE *out, const struct haproxy_plan *plan);

/* What is refused from here on is refused for this reason. */
void haproxy_log_reason(FILE *out, const struct haproxy_plan *plan, enum reason reason);

/* A request that gets the rule's key is told of where the rule or the key's successor wants it. */
void haproxy_log_rule(FILE *out, const struct haproxy_plan *plan, uint32_t number,
                      const char *condition);
/* Behind the ACL `given`, which says whether there is a key. */
void haproxy_log_key(FILE *out, const struct haproxy_plan *plan);

#endif
