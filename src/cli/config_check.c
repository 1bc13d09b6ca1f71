/* config check - everything that is wrong with a policy and its keys, each in one sentence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "cli/json.h"
#include "cli/policy.h"
#include "cli/style.h"
#include "policy/safe_file.h"

enum { OPTION_JSON };

static const struct cli_option options[] = {
    [OPTION_JSON] = {"json", 'j', NULL, "print one JSON object", CLI_WORDS_NONE, NULL},
    {0},
};

struct tally {
    unsigned errors, warnings;
    bool unsafe;   /* an error is that others may read or change a file */
    json_t *array; /* NULL: print lines */
};

/* Asked again of the one function that judges files: what it refuses is a matter of modes and
 * owners. */
static bool is_unsafe(const char *path, uid_t euid, bool secret, size_t most)
{
    struct safe_file *file = calloc(1, sizeof *file);
    struct complaint reason = {0};
    bool unsafe = file != NULL && path != NULL && path[0] == '/' &&
                  safe_file_read(path, euid, secret, most, file, &reason) == SAFE_REFUSED;
    if (file != NULL)
        safe_file_free(file);
    free(file);
    return unsafe;
}

static void add(struct tally *tally, enum policy_severity severity, const char *sentence)
{
    bool error = severity == POLICY_ERROR;
    json_t *object;
    tally->errors += error;
    tally->warnings += !error;
    if (tally->array == NULL) {
        style_print(error ? STYLE_BAD : STYLE_WARNING, error ? "error" : "warning");
        printf(": %s\n", sentence);
        return;
    }
    object = json_object();
    json_put_text(object, "severity", error ? "error" : "warning");
    json_put_text(object, "sentence", sentence);
    json_array_append_new(tally->array, object);
}

static bool holds_inline_key(const struct policy_config *config, const char *file)
{
    for (uint32_t i = 0; i < config->nkeys; i++)
        if (config->keys[i].source == POLICY_SOURCE_INLINE &&
            strcmp(config->keys[i].place.file, file) == 0)
            return true;
    return false;
}

static void add_findings(struct tally *tally, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nfindings; i++) {
        const struct policy_finding *finding = &config->findings[i];
        const char *file = finding->place.file;
        add(tally, finding->severity, finding->sentence);
        if (finding->severity == POLICY_ERROR && file != NULL)
            tally->unsafe |=
                is_unsafe(file, config->euid, holds_inline_key(config, file), POLICY_MAX_FILE);
    }
}

/* A key that nobody can read now is a warning where a rule sends
 * requests without, else an error. */
static void add_keys(struct tally *tally, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        if (!policy_key_error_is_new(config, i) || (key->is_next && key->absent))
            continue;
        add(tally, POLICY_ERROR, key->error);
        tally->unsafe |=
            (key->source == POLICY_SOURCE_FILE || key->source == POLICY_SOURCE_DOTENV) &&
            is_unsafe(key->location, config->euid, true, POLICY_MAX_KEYFILE);
    }
}

static void add_cas(struct tally *tally, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->ncas; i++) {
        const struct policy_config_ca *ca = &config->cas[i];
        if (ca->error == NULL)
            continue;
        add(tally, POLICY_ERROR, ca->error);
        tally->unsafe |= is_unsafe(ca->path, config->euid, false, POLICY_MAX_CAFILE);
    }
}

static int exit_code(const struct tally *tally)
{
    if (tally->unsafe)
        return CLI_UNSAFE_MODE;
    return tally->errors ? CLI_BAD_CONFIG : CLI_OK;
}

static int print_end(const struct tally *tally, const struct policy_config *config)
{
    json_t *object;
    if (tally->array == NULL) {
        if (!config->exists)
            puts("there is no configuration: '" CLI_NAME " key add NAME' begins one");
        else if (tally->errors + tally->warnings == 0)
            printf("good (rules: %u, keys: %u)\n", config->nrules, config->nkeys);
        return exit_code(tally);
    }
    object = json_object();
    json_put(object, "exists", json_boolean(config->exists));
    json_put(object, "good", json_boolean(tally->errors == 0));
    json_put(object, "unsafe", json_boolean(tally->unsafe));
    json_put(object, "findings", tally->array);
    return json_print(object, exit_code(tally));
}

static int check(const struct cli_call *call)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    struct tally tally = {0};
    int status = asker_prepare(&asker, NULL, NULL);
    if (status == CLI_OK && call->argc == 1)
        status = asker_only_file(&asker, call->argv[0]);
    if (status != CLI_OK)
        return status;
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_check(config) ||
        !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL))
        return cli_fail(CLI_FAILED, "out of memory");
    tally.array = call->value[OPTION_JSON] != NULL ? json_array() : NULL;
    add_findings(&tally, config);
    add_keys(&tally, config);
    add_cas(&tally, config);
    return print_end(&tally, config);
}

const struct cli_verb cli_verb_config_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "tell everything that is wrong, with file and line",
    .about = "Read FILE, or the configuration in force, and every key that it names, as you.\n"
             "Exit status: 0 good, 77 a file's mode or owner is unsafe, 78 it cannot be used.\n",
    .options = options,
    .words = CLI_WORDS_FILE,
    .max_operands = 1,
    .run = check,
};
