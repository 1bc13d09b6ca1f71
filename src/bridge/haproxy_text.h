/*
 * haproxy_text.h - the rules as HAProxy's configuration. No key is in it, and of a token its hash
 * alone: keys come by a pipe and by the runtime socket.
 *
 * Ownership: the text is the caller's to free.
 * Errors:    a sentence.
 * Source:    HAProxy's configuration manual, version 2.4.
 */
#ifndef COMMISSIONED_BRIDGE_HAPROXY_TEXT_H
#define COMMISSIONED_BRIDGE_HAPROXY_TEXT_H

#include <stdbool.h>

#include "bridge/haproxy_plan.h"
#include "bridge/result.h"

enum bridge_result haproxy_text(const struct haproxy_plan *plan, char **text,
                                char why[BRIDGE_SENTENCE]);

/* True where the rule belongs to the plan's origin and key. */
bool haproxy_has_rule(const struct haproxy_plan *plan, const struct policy_rule *rule);

#endif
