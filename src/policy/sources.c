/*
 * Keys from where they are kept.
 *
 * MUST: a file that holds a key is judged as one (safe_file.h), also a .env file and a credential.
 * MUST: what is not a key is refused whole; above all a line break, which would begin another
 *       header.
 * MUST: buffers are wiped on every way out.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/names.h"
#include "core/secret.h"
#include "policy/dotenv.h"
#include "policy/reader.h"
#include "policy/remedy.h"
#include "policy/remedy_policy.h"
#include "policy/safe_file.h"
#include "policy/store.h"

static const char header_start[] = AUTHORIZATION_BEARER;

static void fail(struct policy_config *config, struct policy_config_key *key, const char *where,
                 uint32_t line, const struct complaint *why)
{
    char *sentence = arena_alloc(&config->arena, POLICY_MAX_SENTENCE);
    if (sentence == NULL)
        return;
    sentence_write(sentence, where, line, why);
    key->error = sentence;
}

/* "Bearer KEY", or the whole header. */
static bool begins_as_header(const char *text, size_t length)
{
    return (length > 7 && strncasecmp(text, "bearer ", 7) == 0) ||
           (length > 14 && strncasecmp(text, "authorization:", 14) == 0);
}

/* As `docker run --env-file` and jq without -r leave them. */
static bool is_quoted(const char *text, size_t length)
{
    return length > 1 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0];
}

static bool check_key(const char *text, size_t length, struct complaint *why)
{
    if (length == 0)
        complain(why, "store the key in it", "is empty");
    else if (length > POLICY_MAX_KEY)
        complain(why, "store the key alone in it", "holds more than %d bytes", POLICY_MAX_KEY);
    else if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        complain(why, "save it without one", "begins with a byte order mark");
    else if (memchr(text, '\n', length) != NULL || memchr(text, '\r', length) != NULL)
        complain(why, "store the key alone in it", "holds more than one line");
    else if (begins_as_header(text, length))
        complain(why, "store what follows it", "begins with 'Bearer', which is no part of a key");
    else if (is_quoted(text, length))
        complain(why, "store what is between them", "stands in quotes");
    else if (!secret_is_key(text, length))
        complain(why, "store the key alone in it",
                 "holds what no key has (a space or a special letter)");
    else
        return true;
    return false;
}

static void set_key(struct policy_config *config, struct policy_config_key *key, const char *text,
                    size_t length)
{
    size_t start = sizeof header_start - 1;
    char *header = arena_alloc(&config->arena, start + length + 1);
    if (header == NULL)
        return;
    memcpy(header, header_start, start);
    memcpy(header + start, text, length);
    key->header = header;
    key->prefix = arena_strndup(&config->arena, text, secret_prefix_length(length));
}

static void take_file(struct policy_config *config, struct policy_config_key *key,
                      const struct safe_file *file)
{
    static const char assignment[] = KEY_VARIABLE "=";
    struct complaint why = {0};
    size_t length = file->size;
    while (length > 0 && (file->data[length - 1] == '\n' || file->data[length - 1] == '\r'))
        length--;
    if (strncmp(file->data, assignment, sizeof assignment - 1) == 0 ||
        strncmp(file->data, "export ", 7) == 0) {
        complain(&why, "name it with dotenv = \"...\", or store the key alone in it",
                 "looks like a .env file");
        fail(config, key, key->path, 1, &why);
    } else if (check_key(file->data, length, &why)) {
        set_key(config, key, file->data, length);
    } else {
        fail(config, key, key->path, 0, &why);
    }
}

static void take_variable(struct policy_config *config, struct policy_config_key *key,
                          const struct safe_file *file)
{
    enum { SIZE = POLICY_MAX_KEY + 2 };
    char *value = arena_alloc(&config->arena, SIZE);
    size_t length = 0;
    uint32_t line = 0;
    struct complaint why = {0};
    if (value == NULL)
        return;
    switch (dotenv_find(file->data, key->variable, value, SIZE, &length, &line)) {
    case DOTENV_FOUND:
        if (check_key(value, length, &why)) {
            set_key(config, key, value, length);
            secret_wipe(value, SIZE);
            return;
        }
        strcpy(why.remedy, "store the key alone in the variable");
        break;
    case DOTENV_ABSENT:
        complain(&why, "", "does not set the variable that the policy names");
        snprintf(why.remedy, sizeof why.remedy, "add a line %.64s=KEY to it", key->variable);
        break;
    case DOTENV_OPEN:
        complain(&why, "close it", "this quote is never closed");
        break;
    case DOTENV_REFERENCE:
        complain(&why, "write the key itself, in single quotes if it holds a $",
                 "refers to another variable");
        break;
    case DOTENV_TOO_LONG:
        complain(&why, "store the key alone in the variable", "holds more than %d bytes",
                 POLICY_MAX_KEY);
        break;
    }
    secret_wipe(value, SIZE);
    fail(config, key, key->path, line, &why);
}

/* What is to be done where there is no such file. */
static void say_to_store(const struct policy_config *config, const struct policy_config_key *key,
                         struct complaint *why)
{
    remedy_no_key(why, key->path, config->euid);
}

static void say_to_load(const struct policy_config *config, const struct policy_config_key *key,
                        struct complaint *why)
{
    (void)config;
    snprintf(why->remedy, sizeof why->remedy,
             "add LoadCredential=%.64s:FILE to the unit, or name one that it has", key->location);
}

static void say_to_assign(const struct policy_config *config, const struct policy_config_key *key,
                          struct complaint *why)
{
    remedy_no_dotenv(why, key->path, key->variable, config->euid);
}

/* A source that is a file: how the key is taken out of it, and what is said
 * where it is not there. */
struct kind_of_file {
    void (*take)(struct policy_config *config, struct policy_config_key *key,
                 const struct safe_file *file);
    void (*say_absent)(const struct policy_config *config, const struct policy_config_key *key,
                       struct complaint *why);
};

static const struct kind_of_file plain_file = {take_file, say_to_store};
static const struct kind_of_file credential_file = {take_file, say_to_load};
static const struct kind_of_file dotenv_file = {take_variable, say_to_assign};

static void read_key_file(struct policy_config *config, struct policy_config_key *key,
                          const char *path, const struct kind_of_file *kind)
{
    struct complaint why = {0};
    struct safe_file *file = config->scratch;
    key->path = path;
    if (path == NULL)
        return;
    enum safe_result result =
        safe_file_read(path, config->euid, true, POLICY_MAX_KEYFILE, file, &why);
    policy_watch_judged(config, path, file);
    if (result == SAFE_OK) {
        key->mtime = file->st.st_mtim;
        kind->take(config, key, file);
    } else if (result == SAFE_NO_MEMORY) {
        config->arena.failed = true;
    } else {
        if (result == SAFE_ABSENT) {
            complain(&why, "", "no such file");
            kind->say_absent(config, key, &why);
        }
        key->absent = result == SAFE_ABSENT;
        fail(config, key, path, 0, &why);
    }
    safe_file_free(file);
}

static void read_credential(struct policy_config *config, struct policy_config_key *key,
                            const char *folder)
{
    struct complaint why = {0};
    if (folder == NULL || folder[0] == '\0') {
        complain(&why, "", "the key is a systemd credential, but CREDENTIALS_DIRECTORY is not set");
        remedy_no_credentials(&why, config->euid);
        key->absent = true;
        fail(config, key, key->place.file, key->place.line, &why);
        return;
    }
    read_key_file(config, key, arena_join(&config->arena, folder, key->location), &credential_file);
}

static void read_environment(struct policy_config *config, struct policy_config_key *key,
                             const struct policy_request *request)
{
    bool openai = strcmp(key->location, OPENAI_KEY_VARIABLE) == 0;
    const char *value = openai ? request->env_openai : request->env_key;
    struct complaint why = {0};
    if (value == NULL || value[0] == '\0') {
        complain(&why, "set it, or give the key another source",
                 "is not set, though the policy's key is there");
        key->absent = true;
        fail(config, key, key->shown, 0, &why);
    } else if (check_key(value, strlen(value), &why)) {
        set_key(config, key, value, strlen(value));
    } else {
        strcpy(why.remedy, "set it to the key alone");
        fail(config, key, key->shown, 0, &why);
    }
}

static void read_key(struct policy_config *config, struct policy_config_key *key,
                     const struct policy_request *request)
{
    if (key->read)
        return;
    key->read = true;
    switch (key->source) {
    case POLICY_SOURCE_INLINE:
        if (key->value != NULL)
            set_key(config, key, key->value, key->value_length);
        break;
    case POLICY_SOURCE_FILE:
        read_key_file(config, key, key->location, &plain_file);
        break;
    case POLICY_SOURCE_DOTENV:
        read_key_file(config, key, key->location, &dotenv_file);
        break;
    case POLICY_SOURCE_CREDENTIAL:
        if (key->location != NULL)
            read_credential(config, key, request->credentials);
        break;
    case POLICY_SOURCE_ENVIRONMENT:
        if (key->shown != NULL)
            read_environment(config, key, request);
        break;
    }
    /* What is wrong in the policy itself is among the findings; the key is not to be had either
     * way. */
    if (key->header == NULL && key->error == NULL)
        key->error = config->error != NULL ? config->error : "the key cannot be had";
}

bool policy_config_read_keys(struct policy_config *config, const struct policy_request *request,
                             enum policy_keys which)
{
    for (uint32_t i = 0; which == POLICY_KEYS_ALL && i < config->nkeys; i++)
        read_key(config, &config->keys[i], request);
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        if (rule->key == POLICY_NONE || rule->mismatch != POLICY_MATCHES)
            continue;
        struct policy_config_key *key = &config->keys[rule->key];
        read_key(config, key, request);
        if (key->next != POLICY_NONE)
            read_key(config, &config->keys[key->next], request);
    }
    policy_read_cas(config, which == POLICY_KEYS_ALL);
    return !config->arena.failed;
}
