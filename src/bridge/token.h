/*
 * token.h - what a program shows the bridge in a key's place. It is worth nothing elsewhere.
 *
 * Errors: false where the kernel gives no random bytes.
 */
#ifndef COMMISSIONED_BRIDGE_TOKEN_H
#define COMMISSIONED_BRIDGE_TOKEN_H

#include <stdbool.h>

#include "bridge/sha256.h"

#define TOKEN_MARK "cab_"

enum { TOKEN_LENGTH = 4 + 64, TOKEN_BYTES = 32 };

struct token {
    char text[TOKEN_LENGTH + 1];
    char hash[SHA256_HEX + 1]; /* of the text: this is all that an engine knows of it */
};

/* A new one, of TOKEN_BYTES random bytes. */
bool token_make(struct token *token);

#endif
