/* token - who may ask a gateway. A token is shown once; its hash is stored. */
#include "bridge/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/tokens.h"
#include "cli/atomic_file.h"
#include "cli/gateway.h"
#include "cli/hindrance.h"
#include "cli/json.h"
#include "cli/lock_file.h"
#include "core/cleanup.h"
#include "core/secret.h"

enum { OPTION_TOKENS, OPTION_RULE, OPTION_JSON = OPTION_RULE, OPTION_DRY_RUN = OPTION_RULE };

static const struct cli_option add_options[] = {
    [OPTION_TOKENS] = {"tokens", 0, "FILE", "the file of tokens", CLI_WORDS_FILE, NULL},
    [OPTION_RULE] = {"rule", 'r', "NAMES", "rules for it alone, with commas", CLI_WORDS_NONE, NULL},
    {0},
};

static const struct cli_option list_options[] = {
    [OPTION_TOKENS] = {"tokens", 0, "FILE", "the file of tokens", CLI_WORDS_FILE, NULL},
    [OPTION_JSON] = CLI_JSON,
    {0},
};

static const struct cli_option revoke_options[] = {
    [OPTION_TOKENS] = {"tokens", 0, "FILE", "the file of tokens", CLI_WORDS_FILE, NULL},
    [OPTION_DRY_RUN] = CLI_DRY_RUN,
    {0},
};

static const struct cli_option no_options[] = {{0}};

static const char *file_of(const struct cli_call *call)
{
    return call->value[OPTION_TOKENS] != NULL ? call->value[OPTION_TOKENS] : GATEWAY_TOKENS;
}

static bool is_name(const char *text, const char *more)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (; *text != '\0'; text++)
        if (strchr(letters, *text) == NULL && strchr(more, *text) == NULL)
            return false;
    return true;
}

static int read_tokens(const char *file, struct tokens *tokens)
{
    char why[BRIDGE_SENTENCE] = "";
    enum bridge_result result;
    if (file[0] != '/')
        return cli_fail(CLI_FAILED, "--tokens: '%s' is no absolute path", file);
    result = tokens_read(file, tokens, why);
    return result == BRIDGE_OK ? CLI_OK : gateway_fail(result, why);
}

/* The folder, and the name in it. */
static int open_folder(const char *file, const char **name)
{
    char folder[PATH_MAX];
    char *slash;
    snprintf(folder, sizeof folder, "%s", file);
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        errno = EINVAL;
        return -1;
    }
    *name = file + (slash - folder) + 1;
    slash[slash == folder] = '\0';
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Everybody may read hashes: the gateway's user is another than root. */
static int write_tokens(int folder, const char *name, const char *file, const struct tokens *tokens)
{
    static const struct atomic_owner owner = {0644, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    auto_free char *text = tokens_text(tokens);
    if (text == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    if (atomic_replace(folder, name, text, strlen(text), &owner) != 0)
        return cli_fail(CLI_FAILED, "%s: %m%s", file, hindrance_remedy(errno, file));
    return CLI_OK;
}

/* Under the lock, so that no other change is lost. */
static int change(const char *file, int (*edit)(struct tokens *, void *), void *data)
{
    struct tokens tokens = {0};
    const char *name;
    auto_close int folder = open_folder(file, &name);
    int status;
    auto_close int lock = -1;
    pid_t holder;
    if (file[0] != '/')
        return cli_fail(CLI_FAILED, "--tokens: '%s' is no absolute path", file);
    if (folder < 0)
        return cli_fail(CLI_FAILED, "the folder of %s: %m", file);
    lock = lock_file_take(folder, ".tokens.lock", LOCK_FILE_WAIT, &holder);
    if (lock < 0 && errno == EBUSY)
        return cli_fail(CLI_FAILED, "%s: process %ld is changing it: try again, or end it first",
                        file, (long)holder);
    if (lock < 0)
        return cli_fail(CLI_FAILED, "the lock beside %s: %m%s", file,
                        hindrance_remedy(errno, file));
    status = read_tokens(file, &tokens);
    if (status == CLI_OK)
        status = edit(&tokens, data);
    if (status == CLI_OK)
        status = write_tokens(folder, name, file, &tokens);
    tokens_free(&tokens);
    return status;
}

struct addition {
    const char *name;
    const char *rules;
    struct token token;
};

static int add_one(struct tokens *tokens, void *data)
{
    const struct addition *addition = data;
    struct known_token token = {0};
    if (tokens_find(tokens, addition->name) != NULL)
        return cli_fail(CLI_FAILED, "there is a token '%s' already: revoke it first",
                        addition->name);
    snprintf(token.name, sizeof token.name, "%s", addition->name);
    memcpy(token.hash, addition->token.hash, sizeof token.hash);
    snprintf(token.prefix, sizeof token.prefix, "%.*s", TOKEN_PREFIX, addition->token.text);
    token.rules = addition->rules != NULL ? strdup(addition->rules) : NULL;
    if ((addition->rules != NULL && token.rules == NULL) || !tokens_add(tokens, &token)) {
        free(token.rules);
        return cli_fail(CLI_FAILED, "out of memory");
    }
    return CLI_OK;
}

static int add(const struct cli_call *call)
{
    struct addition addition = {.name = call->argv[0], .rules = call->value[OPTION_RULE]};
    size_t length = strlen(addition.name);
    int status;
    if (length == 0 || length > MAX_TOKEN_NAME || !is_name(addition.name, ""))
        return cli_fail(CLI_FAILED, "a token's name has up to %d letters, digits, '.', '_' and '-'",
                        MAX_TOKEN_NAME);
    if (addition.rules != NULL && (*addition.rules == '\0' || !is_name(addition.rules, ",")))
        return cli_fail(CLI_FAILED, "--rule: names of rules, with commas between them");
    if (!token_make(&addition.token))
        return cli_fail(CLI_FAILED, "the kernel gives no random bytes: %m");
    status = change(file_of(call), add_one, &addition);
    if (status == CLI_OK)
        printf("%s\n", addition.token.text);
    if (status == CLI_OK)
        fprintf(stderr, "This is the only time that it is shown: give it to the program as "
                        "OPENAI_API_KEY.\n");
    secret_wipe(&addition.token, sizeof addition.token);
    return status;
}

static void print_json(const struct tokens *tokens)
{
    json_t *array = json_array();
    json_t *object = json_object();
    for (uint32_t i = 0; i < tokens->count; i++) {
        json_t *token = json_object();
        json_put_text(token, "name", tokens->list[i].name);
        json_put_text(token, "prefix", tokens->list[i].prefix);
        json_put_text(token, "rules", tokens->list[i].rules);
        json_array_append_new(array, token);
    }
    json_put(object, "tokens", array);
    json_print(object, CLI_OK);
}

static int list(const struct cli_call *call)
{
    struct tokens tokens = {0};
    int status = read_tokens(file_of(call), &tokens);
    if (status == CLI_OK && call->value[OPTION_JSON] != NULL)
        print_json(&tokens);
    else
        for (uint32_t i = 0; i < tokens.count; i++)
            printf("%-20s %s...  %s\n", tokens.list[i].name, tokens.list[i].prefix,
                   tokens.list[i].rules != NULL ? tokens.list[i].rules : "rules for anybody");
    tokens_free(&tokens);
    return status;
}

static int revoke_one(struct tokens *tokens, void *data)
{
    struct known_token *token = tokens_find(tokens, data);
    if (token == NULL)
        return cli_fail(CLI_FAILED, "there is no token '%s'", (const char *)data);
    free(token->rules);
    *token = tokens->list[--tokens->count];
    return CLI_OK;
}

static int tell_of_revoking(const struct cli_call *call)
{
    struct tokens tokens = {0};
    int status = read_tokens(file_of(call), &tokens);
    if (status == CLI_OK)
        status = revoke_one(&tokens, call->argv[0]);
    if (status == CLI_OK)
        printf("would take %s out of %s\nNothing was changed.\n", call->argv[0], file_of(call));
    tokens_free(&tokens);
    return status;
}

static int take_back(const struct cli_call *call)
{
    if (call->value[OPTION_DRY_RUN] != NULL)
        return tell_of_revoking(call);
    return change(file_of(call), revoke_one, call->argv[0]);
}

static const struct cli_verb verb_add = {
    .name = "add",
    .operands = "NAME",
    .summary = "make one, and show it",
    .about = "Make a token and show it, once. Without --rule it has the rules that are for\n"
             "anybody; a rule that names programs or users is for the tokens that name it.\n",
    .options = add_options,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = add,
};

static const struct cli_verb verb_list = {
    .name = "list",
    .summary = "names and first characters",
    .about = "List the tokens by name and first characters.\n",
    .options = list_options,
    .run = list,
};

static const struct cli_verb verb_revoke = {
    .name = "revoke",
    .operands = "NAME",
    .summary = "take one back",
    .about = "Take a token back: a gateway that runs refuses it from then on.\n",
    .options = revoke_options,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = take_back,
};

static const struct cli_verb *const verbs[] = {&verb_add, &verb_list, &verb_revoke, NULL};

const struct cli_verb cli_verb_token = {
    .name = "token",
    .summary = "who may ask a gateway",
    .about = "What programs show a gateway in a key's place.\n",
    .options = no_options,
    .verbs = verbs,
};
