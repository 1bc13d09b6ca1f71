/* config check - everything that is wrong with a policy and its keys, each in one sentence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "cli/json.h"
#include "cli/key_standing.h"
#include "cli/policy.h"
#include "cli/style.h"
#include "policy/safe_file.h"

enum { OPTION_SYSTEM, OPTION_USER, OPTION_JSON, OPTION_QUIET };

static const struct cli_option options[] = {
    [OPTION_SYSTEM] = {"system", 's', NULL, "FILE is to become the system's policy", CLI_WORDS_NONE,
                       NULL},
    [OPTION_USER] = {"user", 'u', "USER", "as this user, with his rights (root only)",
                     CLI_WORDS_USER, NULL},
    [OPTION_JSON] = CLI_JSON,
    [OPTION_QUIET] = CLI_QUIET,
    {0},
};

enum severity { NOTE, WARNING, ERROR };

struct finding {
    enum severity severity;
    const char *code; /* for programs: see commissioned-auth(1) */
    const char *file; /* NULL: of no file */
    uint32_t line;    /* 0: the file as a whole */
    const char *sentence;
};

struct tally {
    unsigned errors, warnings;
    unsigned unsafe; /* errors that are matters of modes and owners alone */
    json_t *array;   /* NULL: print lines */
};

/* Asked again of the one function that judges files. */
static bool is_unsafe(const char *path, uid_t euid, bool secret, size_t most)
{
    struct safe_file *file = calloc(1, sizeof *file);
    struct complaint reason = {0};
    bool unsafe = file != NULL && path != NULL && path[0] == '/' &&
                  safe_file_read(path, euid, secret, most, file, &reason) == SAFE_REFUSED &&
                  file->unsafe;
    if (file != NULL)
        safe_file_free(file);
    free(file);
    return unsafe;
}

static void add(struct tally *tally, const struct finding *finding)
{
    static const char *const words[] = {"note", "warning", "error"};
    static const enum style styles[] = {STYLE_GOOD, STYLE_WARNING, STYLE_BAD};
    json_t *object;
    tally->errors += finding->severity == ERROR;
    tally->warnings += finding->severity == WARNING;
    tally->unsafe += finding->severity == ERROR && strcmp(finding->code, "unsafe") == 0;
    if (tally->array == NULL) {
        style_print(styles[finding->severity], words[finding->severity]);
        printf(": %s\n", cli_shown(finding->sentence));
        return;
    }
    object = json_object();
    json_put_text(object, "severity", words[finding->severity]);
    json_put_text(object, "code", finding->code);
    json_put_text(object, "file", finding->file);
    json_put(object, "line", finding->line ? json_integer(finding->line) : NULL);
    json_put_text(object, "sentence", finding->sentence);
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
        const struct policy_finding *found = &config->findings[i];
        const char *file = found->place.file;
        bool error = found->severity == POLICY_ERROR;
        bool unsafe =
            error && file != NULL &&
            is_unsafe(file, config->euid, holds_inline_key(config, file), POLICY_MAX_FILE);
        add(tally, &(struct finding){error ? ERROR : WARNING,
                                     unsafe  ? "unsafe"
                                     : error ? "policy"
                                             : "unused",
                                     file, found->place.line, found->sentence});
    }
}

static void add_bad_key(struct tally *tally, const struct policy_config *config,
                        const struct policy_config_key *key)
{
    bool unsafe = policy_source_is_file(key->source) &&
                  is_unsafe(key->path, config->euid, true, POLICY_MAX_KEYFILE);
    const char *code = unsafe ? "unsafe" : key->absent ? "absent" : "key";
    add(tally, &(struct finding){ERROR, code, key->path != NULL ? key->path : key->place.file,
                                 key->path != NULL ? 0 : key->place.line, key->error});
}

static void add_keys(struct tally *tally, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        enum standing standing = key_standing(config, i);
        char text[POLICY_MAX_SENTENCE];
        if (standing == STANDING_ERROR)
            add_bad_key(tally, config, key);
        if (standing != STANDING_ELSEWHERE && standing != STANDING_OTHER)
            continue;
        key_standing_text(key, standing, text, sizeof text);
        add(tally, &(struct finding){NOTE, standing == STANDING_ELSEWHERE ? "elsewhere" : "others",
                                     key->place.file, key->place.line, text});
    }
}

static void add_cas(struct tally *tally, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->ncas; i++) {
        const struct policy_config_ca *ca = &config->cas[i];
        if (ca->error == NULL)
            continue;
        bool unsafe = is_unsafe(ca->path, config->euid, false, POLICY_MAX_CAFILE);
        add(tally, &(struct finding){ERROR, unsafe ? "unsafe" : "ca", ca->path, 0, ca->error});
    }
}

/* 77 says that modes and owners are all that is wrong. */
static int exit_code(const struct tally *tally)
{
    if (tally->errors == 0)
        return CLI_OK;
    return tally->unsafe == tally->errors ? CLI_UNSAFE_MODE : CLI_BAD_CONFIG;
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
    json_put(object, "unsafe", json_boolean(tally->unsafe > 0));
    json_put(object, "findings", tally->array);
    return json_print(object, exit_code(tally));
}

static int check(struct policy_asker *asker, void *data)
{
    const struct cli_call *call = data;
    auto_config struct policy_config *config = NULL;
    struct tally tally = {0};
    int status = call->argc == 1 ? asker_only_file(asker, call->argv[0]) : CLI_OK;
    if (status != CLI_OK)
        return status;
    if (call->value[OPTION_SYSTEM] != NULL) {
        asker->request.system_file = asker->request.env_file;
        asker->request.env_file = NULL;
    }
    config = policy_config_read(&asker->request);
    if (config == NULL || !policy_config_check(config) ||
        !policy_config_read_keys(config, &asker->request, POLICY_KEYS_ALL))
        return cli_fail(CLI_FAILED, "out of memory");
    tally.array = call->value[OPTION_JSON] != NULL ? json_array() : NULL;
    add_findings(&tally, config);
    add_keys(&tally, config);
    add_cas(&tally, config);
    return print_end(&tally, config);
}

static int check_as(const struct cli_call *call)
{
    struct cli_call copy = *call;
    if (call->value[OPTION_SYSTEM] != NULL && call->argc == 0)
        return cli_fail(CLI_FAILED,
                        "--system: name the file that is to become the system's policy");
    return asker_become(NULL, call->value[OPTION_USER], call->value[OPTION_JSON] != NULL, check,
                        &copy);
}

const struct cli_verb cli_verb_config_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "tell everything that is wrong, with file and line",
    .about = "Read FILE, or the configuration in force, and every key that it names, as you.\n"
             "Exit status: 0 good, 77 modes and owners alone are unsafe, 78 it cannot be\n"
             "used, 2 an error of this call.\n",
    .options = options,
    .words = CLI_WORDS_FILE,
    .max_operands = 1,
    .run = check_as,
};
