/*
 * tokens.h - who may ask a gateway: one line a token, "NAME HASH PREFIX RULES", '#' begins a
 * comment. RULES are names of rules with commas, or '*' for those that are for anybody.
 *
 * Ownership: tokens_free.
 * Errors:    a sentence. A file that is not there is no token.
 * Secrets:   none: of a token the hash is stored, and its first characters.
 */
#ifndef COMMISSIONED_BRIDGE_TOKENS_H
#define COMMISSIONED_BRIDGE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "bridge/result.h"
#include "bridge/sha256.h"

enum { TOKEN_PREFIX = 12, MAX_TOKEN_NAME = 64, MAX_TOKENS = 4096, MAX_TOKENS_FILE = 4 << 20 };

struct known_token {
    char name[MAX_TOKEN_NAME + 1];
    char hash[SHA256_HEX + 1];
    char prefix[TOKEN_PREFIX + 1];
    char *rules; /* names with commas; NULL: those that are for anybody */
};

struct tokens {
    struct known_token *list;
    uint32_t count;
    struct stat st; /* of the file; zeros where there is none */
};

/* The file is judged as one of the policy is: nobody else may have written it. */
enum bridge_result tokens_read(const char *path, struct tokens *tokens, char why[BRIDGE_SENTENCE]);

/* True where the file is the one that was read. */
bool tokens_are_current(const struct tokens *tokens, const char *path);

/* False where memory ran out. */
bool tokens_add(struct tokens *tokens, const struct known_token *token);
struct known_token *tokens_find(const struct tokens *tokens, const char *name);

/* True where the name of a rule is among names with commas. */
bool tokens_names_rule(const char *rules, const char *rule);

/* The text of the file, the caller's to free; NULL where memory ran out. */
char *tokens_text(const struct tokens *tokens);

void tokens_free(struct tokens *tokens);

#endif
