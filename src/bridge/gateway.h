/*
 * gateway.h - the part of a policy that an engine can enforce which sees tokens, and neither
 * programs nor users.
 *
 * A rule that is for some programs, scripts, users or groups is for the tokens that were given it
 * by name, and for nobody else. One that no token was given is refused, for it would be left out;
 * so is a denial, for nobody could say whom it is about.
 *
 * Ownership: gateway_free.
 * Errors:    a sentence.
 */
#ifndef COMMISSIONED_BRIDGE_GATEWAY_H
#define COMMISSIONED_BRIDGE_GATEWAY_H

#include "bridge/result.h"
#include "bridge/tokens.h"
#include "commissioned/policy_image.h"

struct gateway {
    struct policy_image *image; /* the rules in order, whoever they are for */
    struct tokens tokens;       /* each with its rules by name */
};

enum gateway_keys {
    GATEWAY_WITH_KEYS,
    GATEWAY_WITHOUT_KEYS, /* they are not read: what is printed refers to files */
};

/* `tokens_file` NULL: the engine knows no tokens, so no rule may be for somebody. */
enum bridge_result gateway_read(const struct policy_request *request, const char *tokens_file,
                                enum gateway_keys keys, struct gateway *gateway,
                                char why[BRIDGE_SENTENCE]);

void gateway_free(struct gateway *gateway);

#endif
