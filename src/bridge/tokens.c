#include "bridge/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/safe_file.h"

static bool is_hash(const char *text)
{
    return strlen(text) == SHA256_HEX && strspn(text, "0123456789abcdef") == SHA256_HEX;
}

/* False where the line is none of ours. */
static bool read_line(char *line, struct known_token *token)
{
    char rules[4096], rest[2];
    char name[MAX_TOKEN_NAME + 2], hash[SHA256_HEX + 2], prefix[TOKEN_PREFIX + 2];
    if (sscanf(line, "%65s %65s %13s %4095s %1s", name, hash, prefix, rules, rest) != 4 ||
        strlen(name) > MAX_TOKEN_NAME || !is_hash(hash) || strlen(prefix) > TOKEN_PREFIX)
        return false;
    memcpy(token->name, name, sizeof token->name);
    memcpy(token->hash, hash, sizeof token->hash);
    memcpy(token->prefix, prefix, sizeof token->prefix);
    token->rules = NULL;
    if (strcmp(rules, "*") == 0)
        return true;
    token->rules = strdup(rules);
    return token->rules != NULL;
}

static enum bridge_result read_lines(const char *path, char *text, struct tokens *tokens,
                                     char why[BRIDGE_SENTENCE])
{
    unsigned number = 0;
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        struct known_token token = {0};
        number++;
        if (line[strspn(line, " \t")] == '\0' || line[0] == '#')
            continue;
        if (!read_line(line, &token))
            return bridge_fail(why, BRIDGE_BAD_POLICY,
                               "%s:%u: this is no line of a token: NAME HASH PREFIX RULES", path,
                               number);
        if (tokens->count == MAX_TOKENS || !tokens_add(tokens, &token)) {
            free(token.rules);
            return bridge_fail(why, BRIDGE_FAILED, "%s: there are too many tokens", path);
        }
    }
    return BRIDGE_OK;
}

enum bridge_result tokens_read(const char *path, struct tokens *tokens, char why[BRIDGE_SENTENCE])
{
    struct safe_file *file = calloc(1, sizeof *file);
    struct complaint complaint = {0};
    char sentence[POLICY_MAX_SENTENCE];
    enum bridge_result result = BRIDGE_OK;
    *tokens = (struct tokens){0};
    if (file == NULL)
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    switch (safe_file_read(path, geteuid(), false, MAX_TOKENS_FILE, file, &complaint)) {
    case SAFE_OK:
        tokens->st = file->st;
        result = read_lines(path, file->data, tokens, why);
        break;
    case SAFE_ABSENT:
        break;
    case SAFE_NO_MEMORY:
        result = bridge_fail(why, BRIDGE_FAILED, "out of memory");
        break;
    case SAFE_NO_ACCESS:
    case SAFE_REFUSED:
        sentence_write(sentence, path, 0, &complaint);
        result = bridge_fail(why, BRIDGE_BAD_POLICY, "%s", sentence);
        break;
    }
    safe_file_free(file);
    free(file);
    return result;
}

bool tokens_are_current(const struct tokens *tokens, const char *path)
{
    struct stat st = {0};
    const struct stat *before = &tokens->st;
    if (stat(path, &st) != 0)
        return before->st_ino == 0;
    return st.st_ino == before->st_ino && st.st_dev == before->st_dev &&
           st.st_size == before->st_size && st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

bool tokens_add(struct tokens *tokens, const struct known_token *token)
{
    struct known_token *list = reallocarray(tokens->list, tokens->count + 1, sizeof *tokens->list);
    if (list == NULL)
        return false;
    tokens->list = list;
    list[tokens->count++] = *token;
    return true;
}

struct known_token *tokens_find(const struct tokens *tokens, const char *name)
{
    for (uint32_t i = 0; i < tokens->count; i++)
        if (strcmp(tokens->list[i].name, name) == 0)
            return &tokens->list[i];
    return NULL;
}

bool tokens_names_rule(const char *rules, const char *rule)
{
    size_t length = strlen(rule);
    while (rules != NULL && *rules != '\0') {
        size_t word = strcspn(rules, ",");
        if (word == length && memcmp(rules, rule, length) == 0)
            return true;
        rules += word + (rules[word] == ',');
    }
    return false;
}

char *tokens_text(const struct tokens *tokens)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fputs("# NAME HASH PREFIX RULES, written by 'commissioned-auth token'\n", out);
    for (uint32_t i = 0; i < tokens->count; i++) {
        const struct known_token *token = &tokens->list[i];
        fprintf(out, "%s %s %s %s\n", token->name, token->hash, token->prefix,
                token->rules != NULL ? token->rules : "*");
    }
    return fclose(out) == 0 ? text : NULL;
}

void tokens_free(struct tokens *tokens)
{
    for (uint32_t i = 0; i < tokens->count; i++)
        free(tokens->list[i].rules);
    free(tokens->list);
    *tokens = (struct tokens){0};
}
