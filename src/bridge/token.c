#include "bridge/token.h"

#include <stdio.h>
#include <sys/random.h>

bool token_make(struct token *token)
{
    unsigned char bytes[TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    int used = snprintf(token->text, sizeof token->text, TOKEN_MARK);
    for (int i = 0; i < TOKEN_BYTES; i++)
        used += snprintf(token->text + used, 3, "%02x", bytes[i]);
    sha256_hex(token->text, TOKEN_LENGTH, token->hash);
    return true;
}
