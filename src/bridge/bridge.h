/*
 * bridge.h - a listener of this machine's own before one origin, which adds the key.
 *
 * A program that takes a base URL talks to http://127.0.0.1:PORT with a token that is worth nothing
 * elsewhere. HAProxy, started for this program alone, checks the token and the rules, and passes
 * the request on over verified TLS with the key. The key is never in the program.
 *
 *     run -> (fork, setsid) supervisor -> haproxy
 *      `-> exec PROGRAM
 *
 * Threads: none.
 * Errors:  a result and a sentence; then nothing is left running, and the environment is as it was.
 */
#ifndef COMMISSIONED_BRIDGE_BRIDGE_H
#define COMMISSIONED_BRIDGE_BRIDGE_H

#include "bridge/order.h"
#include "bridge/result.h"

/*
 * Starts the bridge for the calling process by its image of the policy. Its environment then leads
 * clients to it; the caller executes the program next. The bridge ends when this process does.
 */
enum bridge_result bridge_start(const struct bridge_order *order, const struct policy_image *image,
                                char why[BRIDGE_SENTENCE]);

#endif
