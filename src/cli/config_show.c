/* config show - the policy of a user and program in the order in which it
 * is decided, without keys. */
#include <stdio.h>

#include "cli/config.h"
#include "cli/json.h"
#include "cli/policy.h"

enum { OPTION_PROGRAM, OPTION_USER, OPTION_JSON };

static const struct cli_option options[] = {
    [OPTION_PROGRAM] = {"program", 'p', "PROGRAM", "as this program (default: none)",
                        CLI_WORDS_COMMAND, NULL},
    [OPTION_USER] = {"user", 'u', "USER", "as this user (default: you)", CLI_WORDS_USER, NULL},
    [OPTION_JSON] = {"json", 'j', NULL, "print one JSON object", CLI_WORDS_NONE, NULL},
    {0},
};

static json_t *words_json(const char *const *words)
{
    json_t *array = words != NULL ? json_array() : NULL;
    for (; words != NULL && *words != NULL; words++)
        json_array_append_new(array, json_string(*words));
    return array;
}

static void url_text(const struct policy_config_rule *rule, char *text, size_t room)
{
    if (rule->port == 443)
        snprintf(text, room, "https://%s%s", rule->host, rule->path);
    else
        snprintf(text, room, "https://%s:%u%s", rule->host, (unsigned)rule->port, rule->path);
}

static const char *file_word(const struct policy_config_file *file)
{
    if (file->closed)
        return "closed by the system's policy";
    return file->found ? "read" : "not there";
}

static json_t *files_json(const struct policy_config *config)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < config->nfiles; i++) {
        json_t *object = json_object();
        json_put_text(object, "file", config->files[i].path);
        json_put_text(object, "layer", policy_layer_name(config->files[i].layer));
        json_put_text(object, "state", file_word(&config->files[i]));
        json_array_append_new(array, object);
    }
    return array;
}

static const char *ca_path(const struct policy_config *config,
                           const struct policy_config_rule *rule)
{
    return rule->trust.ca != POLICY_NONE ? config->cas[rule->trust.ca].path : NULL;
}

static json_t *rules_json(const struct policy_config *config)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        json_t *object = json_object();
        char url[PATH_MAX];
        url_text(rule, url, sizeof url);
        json_put_text(object, "name", rule->name);
        json_put_text(object, "file", rule->place.file);
        json_put(object, "line", json_integer(rule->place.line));
        json_put_text(object, "url", url);
        json_put_text(object, "key", rule->key_name);
        json_put_text(object, "verify", policy_verify_name(rule->trust.verify));
        json_put_text(object, "ca_file", ca_path(config, rule));
        json_put(object, "methods", words_json(rule->methods));
        json_put(object, "programs", words_json(rule->who.programs));
        json_put(object, "scripts", words_json(rule->who.scripts));
        json_put(object, "users", words_json(rule->who.users));
        json_put(object, "groups", words_json(rule->who.groups));
        json_put(object, "applies", json_boolean(rule->mismatch == POLICY_MATCHES));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *keys_json(const struct policy_config *config)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        json_t *object = json_object();
        json_put_text(object, "name", key->name);
        json_put_text(object, "prefix", key->prefix);
        json_put_text(object, "source", key->path != NULL ? key->path : key->location);
        json_put_text(object, "error", key->error);
        json_array_append_new(array, object);
    }
    return array;
}

static int print_json(const struct policy_config *config, int code)
{
    json_t *object = json_object();
    json_put_text(object, "error", config->error);
    json_put(object, "files", files_json(config));
    json_put(object, "rules", rules_json(config));
    json_put(object, "keys", keys_json(config));
    json_put(object, "denied", json_boolean(config->denied_by != POLICY_NONE));
    return json_print(object, code);
}

static void print_words(const char *name, const char *const *words)
{
    if (words == NULL)
        return;
    printf("    %-9s", name);
    for (; *words != NULL; words++)
        printf(" %s", *words);
    putchar('\n');
}

static void print_trust(const struct policy_config *config, const struct policy_config_rule *rule)
{
    const char *path = ca_path(config, rule);
    if (rule->trust.verify != POLICY_VERIFY_WHEN_NEEDED)
        printf("    %-9s %s\n", "verify", policy_verify_name(rule->trust.verify));
    if (path != NULL)
        printf("    %-9s %s\n", "ca_file", path);
    if (path != NULL && config->cas[rule->trust.ca].error != NULL)
        printf("    %-9s %s\n", "error", config->cas[rule->trust.ca].error);
}

static void print_rule(const struct policy_config *config, const struct policy_config_rule *rule)
{
    char url[PATH_MAX];
    url_text(rule, url, sizeof url);
    printf("rule %s (%s:%u)%s%s\n", rule->name, rule->place.file, rule->place.line,
           rule->mismatch == POLICY_MATCHES ? "" : " ", policy_mismatch_text(rule->mismatch));
    printf("    %-9s %s\n    %-9s %s\n", "url", url, "key", rule->key_name);
    print_trust(config, rule);
    print_words("methods", rule->methods);
    print_words("programs", rule->who.programs);
    print_words("scripts", rule->who.scripts);
    print_words("users", rule->who.users);
    print_words("groups", rule->who.groups);
}

static void print_key(const struct policy_config_key *key)
{
    printf("key %s (%s:%u)\n", key->name, key->place.file, key->place.line);
    if (key->prefix != NULL)
        printf("    %-9s %s...\n", "prefix", key->prefix);
    if (key->path != NULL || key->location != NULL)
        printf("    %-9s %s\n", "source", key->path != NULL ? key->path : key->location);
    if (key->error != NULL)
        printf("    %-9s %s\n", "error", key->error);
}

static int print_text(const struct policy_config *config, int code)
{
    for (uint32_t i = 0; i < config->nfiles; i++)
        printf("file %s: %s\n", config->files[i].path, file_word(&config->files[i]));
    if (config->error != NULL)
        printf("error: %s\n", config->error);
    if (config->denied_by != POLICY_NONE)
        printf("denied by %s:%u\n", config->denies[config->denied_by].place.file,
               config->denies[config->denied_by].place.line);
    for (uint32_t i = 0; i < config->nrules; i++)
        print_rule(config, &config->rules[i]);
    for (uint32_t i = 0; i < config->nkeys; i++)
        print_key(&config->keys[i]);
    return code;
}

static int show(const struct cli_call *call)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    int status = asker_prepare(&asker, call->value[OPTION_PROGRAM], call->value[OPTION_USER]);
    if (status == CLI_OK && call->argc == 1)
        status = asker_only_file(&asker, call->argv[0]);
    if (status != CLI_OK)
        return status;
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL))
        return cli_fail(CLI_FAILED, "out of memory");
    status = config->error != NULL ? CLI_BAD_CONFIG : CLI_OK;
    return call->value[OPTION_JSON] != NULL ? print_json(config, status)
                                            : print_text(config, status);
}

const struct cli_verb cli_verb_config_show = {
    .name = "show",
    .operands = "[FILE]",
    .summary = "show what is in force, without keys",
    .about = "Show FILE, or the configuration in force: the files that were looked for, the\n"
             "rules in the order of deciding, and the keys by their first characters.\n",
    .options = options,
    .words = CLI_WORDS_FILE,
    .max_operands = 1,
    .run = show,
};
