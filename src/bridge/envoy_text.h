/*
 * envoy_text.h - the rules as Envoy's configuration, with one key, which Envoy reads from its file.
 *
 * Envoy knows no hash of a token: whoever reaches the listener has the rules, which are for
 * anybody. So the listener is on loopback or has a path.
 *
 * Errors: a sentence. Source: Envoy's manual: credential_injector, "Secret discovery service".
 */
#ifndef COMMISSIONED_BRIDGE_ENVOY_TEXT_H
#define COMMISSIONED_BRIDGE_ENVOY_TEXT_H

#include <stdio.h>

#include "bridge/gateway_plan.h"

enum bridge_result envoy_write(FILE *out, const struct gateway_plan *plan,
                               char why[BRIDGE_SENTENCE]);

/* The file by which Envoy finds the key's, and sees it change. */
enum bridge_result envoy_write_secret(FILE *out, const struct gateway_plan *plan,
                                      char why[BRIDGE_SENTENCE]);

#endif
