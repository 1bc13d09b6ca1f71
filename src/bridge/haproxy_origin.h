/*
 * haproxy_origin.h - the origin in HAProxy's configuration: how its name becomes an address, and
 * whose word counts about its certificate. For haproxy_text.c alone.
 *
 * Errors: a sentence.
 * Source: "resolvers", "init-addr", "resolve-prefer" and "ca-file" in HAProxy's configuration
 *         manual.
 */
#ifndef COMMISSIONED_BRIDGE_HAPROXY_ORIGIN_H
#define COMMISSIONED_BRIDGE_HAPROXY_ORIGIN_H

#include <stdbool.h>
#include <stdio.h>

#include "bridge/haproxy_plan.h"
#include "bridge/result.h"

void haproxy_write_resolvers(FILE *out, const struct haproxy_plan *plan);

enum bridge_result haproxy_write_origin(FILE *out, const struct haproxy_plan *plan,
                                        char why[BRIDGE_SENTENCE]);

/* False of what a policy may hold and strong quotes may not. */
bool haproxy_quotable(const char *text);

#endif
