/*
 * client_env.h - the variables by which clients find the bridge.
 *
 * Errors: a sentence; then nothing was changed.
 */
#ifndef COMMISSIONED_BRIDGE_CLIENT_ENV_H
#define COMMISSIONED_BRIDGE_CLIENT_ENV_H

#include "bridge/result.h"
#include "commissioned/policy_image.h"

/* Refuses an environment that already leads clients elsewhere. */
enum bridge_result client_env_check(char why[BRIDGE_SENTENCE]);

/*
 * Leads clients to http://127.0.0.1:PORT + path with this token, past every proxy, and takes the
 * variables away that keys of the policy come from.
 */
enum bridge_result client_env_set(const struct policy_image *image, uint16_t port, const char *path,
                                  const char *token, char why[BRIDGE_SENTENCE]);

#endif
