/*
 * gateway_text.h - a policy as the configuration of an engine that somebody else runs. Keys are in
 * files that it refers to; what is to be in them stands in the comments atop.
 *
 * Ownership: texts are the caller's to free.
 * Errors:    a sentence.
 */
#ifndef COMMISSIONED_BRIDGE_GATEWAY_TEXT_H
#define COMMISSIONED_BRIDGE_GATEWAY_TEXT_H

#include "bridge/gateway_plan.h"

enum gateway_engine { GATEWAY_HAPROXY, GATEWAY_NGINX, GATEWAY_ENVOY, GATEWAY_ENGINES };

/* "haproxy" and so on, or GATEWAY_ENGINES. */
enum gateway_engine gateway_engine_named(const char *name);

/* Envoy knows none. */
bool gateway_engine_knows_tokens(enum gateway_engine engine);

enum bridge_result gateway_text(enum gateway_engine engine, const struct gateway_plan *plan,
                                char **text, char why[BRIDGE_SENTENCE]);

/* Writes the files that the configuration refers to into plan->files, with keys that are none, so
 * that the engine can check it. */
enum bridge_result gateway_write_stand_ins(enum gateway_engine engine,
                                           const struct gateway_plan *plan,
                                           char why[BRIDGE_SENTENCE]);

#endif
