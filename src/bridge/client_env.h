/*
 * client_env.h - the variables by which clients find the bridge.
 *
 * Errors: a sentence; then nothing was changed.
 */
#ifndef COMMISSIONED_BRIDGE_CLIENT_ENV_H
#define COMMISSIONED_BRIDGE_CLIENT_ENV_H

#include "bridge/result.h"
#include "commissioned/policy_image.h"

/* The variables that hold a client's base URL, "https://host/v1". What reads it stands behind each
 * name, by its documentation or source. */
#define CLIENT_BASE_URLS(X)                                                                        \
    X("OPENAI_BASE_URL")       /* openai-python, openai-node, gptscript, Vercel AI */              \
    X("OPENAI_API_BASE")       /* LangChain, LiteLLM, aider, openai-python 0.x */                  \
    X("OPENAI_API_BASE_URL")   /* promptfoo, Open WebUI, fabric */                                 \
    X("AIDER_OPENAI_API_BASE") /* aider, for --openai-api-base */

/* Refuses an environment that already leads clients elsewhere. */
enum bridge_result client_env_check(char why[BRIDGE_SENTENCE]);

/*
 * Leads clients to http://127.0.0.1:PORT + path with this token, past every proxy, and takes the
 * variables away that keys of the policy come from.
 */
enum bridge_result client_env_set(const struct policy_image *image, uint16_t port, const char *path,
                                  const char *token, char why[BRIDGE_SENTENCE]);

#endif
