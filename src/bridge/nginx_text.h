/*
 * nginx_text.h - the rules as nginx's configuration. nginx cannot hash, so the tokens are in a file
 * that it includes, as the keys are; rules know them by their names.
 *
 * Errors: a sentence. Source: the manual of nginx's modules core, map, proxy and upstream.
 */
#ifndef COMMISSIONED_BRIDGE_NGINX_TEXT_H
#define COMMISSIONED_BRIDGE_NGINX_TEXT_H

#include <stdio.h>

#include "bridge/gateway_plan.h"

enum bridge_result nginx_write(FILE *out, const struct gateway_plan *plan,
                               char why[BRIDGE_SENTENCE]);

#endif
