/*
 * config show - all that decides, in the order in which it is decided, without keys. Each fact is
 * given once, by show(), as a member of the JSON object or as a line.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/config.h"
#include "cli/json.h"
#include "cli/policy.h"
#include "core/text.h"

enum { OPTION_PROGRAM, OPTION_USER, OPTION_JSON };

static const struct cli_option options[] = {
    [OPTION_PROGRAM] = {"program", 'p', "PROGRAM", "as this program (default: none)",
                        CLI_WORDS_COMMAND, NULL},
    [OPTION_USER] = {"user", 'u', "USER", "as this user (default: you)", CLI_WORDS_USER, NULL},
    [OPTION_JSON] = CLI_JSON,
    {0},
};

/* What is being shown: a member of an array of objects, or a paragraph. */
struct shown {
    json_t *object; /* NULL: lines */
};

static void show(const struct shown *shown, const char *name, const char *text)
{
    if (shown->object != NULL)
        json_put_text(shown->object, name, text);
    else if (text != NULL)
        printf("    %-12s %s\n", name, cli_shown(text));
}

static void show_words(const struct shown *shown, const char *name, const char *const *words)
{
    json_t *array = shown->object != NULL && words != NULL ? json_array() : NULL;
    if (shown->object != NULL) {
        for (; words != NULL && *words != NULL; words++)
            json_array_append_new(array, json_text(*words));
        json_put(shown->object, name, array);
    } else if (words != NULL) {
        printf("    %-12s", name);
        for (; *words != NULL; words++)
            printf(" %s", cli_shown(*words));
        putchar('\n');
    }
}

static void show_span(const struct shown *shown, const char *name, int64_t seconds)
{
    char text[TEXT_MAX_SPAN];
    if (shown->object != NULL) {
        json_put(shown->object, name, seconds ? json_integer(seconds) : NULL);
        return;
    }
    text_span_write(seconds, text);
    show(shown, name, seconds ? text : NULL);
}

static void show_flag(const struct shown *shown, const char *name, bool flag)
{
    if (shown->object != NULL)
        json_put(shown->object, name, json_boolean(flag));
}

/* The heading of a paragraph, or where an object stands. */
static struct shown begin(json_t *array, const char *kind, const char *name,
                          const struct policy_place *place, const char *more)
{
    struct shown shown = {array != NULL ? json_object() : NULL};
    if (array == NULL) {
        printf("%s%s%s (%s:%" PRIu32 ")%s%s\n", kind, name != NULL ? " " : "",
               name != NULL ? name : "", cli_shown(place->file), place->line,
               more != NULL && *more ? " " : "", more != NULL ? more : "");
        return shown;
    }
    if (name != NULL)
        json_put_text(shown.object, "name", name);
    json_put_text(shown.object, "file", place->file);
    json_put(shown.object, "line", json_integer(place->line));
    json_put_text(shown.object, "layer", policy_layer_name(place->layer));
    json_array_append_new(array, shown.object);
    return shown;
}

static const char *file_word(const struct policy_config_file *file)
{
    if (file->closed)
        return "closed by the system's policy";
    if (file->theirs)
        return "left out, for somebody else could have put it there";
    return file->found ? "read" : "not there";
}

static void show_files(const struct policy_config *config, json_t *array)
{
    for (uint32_t i = 0; i < config->nfiles; i++) {
        const struct policy_config_file *file = &config->files[i];
        json_t *object;
        if (array == NULL) {
            printf("file %s: %s\n", cli_shown(file->path), file_word(file));
            continue;
        }
        object = json_object();
        json_put_text(object, "file", file->path);
        json_put_text(object, "layer", policy_layer_name(file->layer));
        json_put_text(object, "state", file_word(file));
        json_array_append_new(array, object);
    }
}

static void show_origins(const struct policy_config *config, json_t *array)
{
    for (const struct policy_config_origin *o = config->origins; o != NULL; o = o->next) {
        struct shown shown = begin(array, "extra origin", NULL, &o->place, NULL);
        show(&shown, "url", o->url);
    }
}

static void show_who(const struct shown *shown, const struct policy_who *who)
{
    show_words(shown, "programs", who->programs);
    show_words(shown, "scripts", who->scripts);
    show_words(shown, "users", who->users);
    show_words(shown, "groups", who->groups);
}

static void show_denies(const struct policy_config *config, json_t *array)
{
    for (uint32_t i = 0; i < config->ndenies; i++) {
        const struct policy_config_deny *deny = &config->denies[i];
        bool sure = deny->mismatch == POLICY_MATCHES && deny->doubt == POLICY_MATCHES;
        struct shown shown =
            begin(array, "deny", NULL, &deny->place,
                  policy_mismatch_text(sure                               ? POLICY_MATCHES
                                       : deny->mismatch != POLICY_MATCHES ? deny->mismatch
                                                                          : deny->doubt));
        show_who(&shown, &deny->who);
        show_flag(&shown, "applies", sure);
    }
}

static void url_text(const struct policy_config_rule *rule, char *text, size_t room)
{
    char port[TEXT_MAX_PORT];
    text_port_write(rule->port, port);
    snprintf(text, room, "https://%s%s%s", rule->host, port, rule->path);
}

/* The authorities that count, and why they cannot be read. */
static void show_trust(struct shown *shown, const struct policy_config *config,
                       const struct policy_config_rule *rule)
{
    const struct policy_config_ca *ca =
        rule->trust.ca != POLICY_NONE ? &config->cas[rule->trust.ca] : NULL;
    show(shown, "verify", policy_verify_name(rule->trust.verify));
    show(shown, "ca_file", ca != NULL ? ca->path : NULL);
    show(shown, "ca_error", ca != NULL ? ca->error : NULL);
}

static void show_rules(const struct policy_config *config, json_t *array)
{
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        struct shown shown =
            begin(array, "rule", rule->name, &rule->place, policy_mismatch_text(rule->mismatch));
        char url[PATH_MAX];
        url_text(rule, url, sizeof url);
        show(&shown, "url", url);
        show(&shown, "key",
             rule->key != POLICY_NONE ? config->keys[rule->key].name : rule->key_name);
        show_words(&shown, "methods", rule->methods);
        show_who(&shown, &rule->who);
        show_trust(&shown, config, rule);
        show(&shown, "existing", policy_existing_name(rule->existing));
        show(&shown, "placeholder", rule->placeholder);
        show(&shown, "missing", policy_missing_name(rule->missing));
        show(&shown, "report", policy_report_name(rule->report));
        show_flag(&shown, "applies", rule->mismatch == POLICY_MATCHES);
    }
}

static void show_keys(const struct policy_config *config, json_t *array)
{
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        struct shown shown = begin(array, "key", key->name, &key->place, NULL);
        show(&shown, "prefix", key->prefix);
        show(&shown, "kind", policy_source_setting(key->source));
        show(&shown, "source", key->path != NULL ? key->path : key->location);
        show(&shown, "variable", key->variable);
        show(&shown, "next", key->next != POLICY_NONE ? config->keys[key->next].name : NULL);
        show_span(&shown, "stale", key->stale_seconds);
        show_span(&shown, "rotate_after", key->rotate_after_seconds);
        if (array != NULL || policy_key_error_is_new(config, i)) /* a person is told once */
            show(&shown, "error", key->error);
    }
}

/* The first one that is known to be for who is asked about: no program need be. */
static const struct policy_config_deny *denial(const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->ndenies; i++)
        if (config->denies[i].mismatch == POLICY_MATCHES &&
            config->denies[i].doubt == POLICY_MATCHES)
            return &config->denies[i];
    return NULL;
}

static int print_json(const struct policy_config *config, int code)
{
    static const struct {
        const char *name;
        void (*show)(const struct policy_config *config, json_t *array);
    } parts[] = {{"files", show_files},
                 {"extra_origins", show_origins},
                 {"deny", show_denies},
                 {"rules", show_rules},
                 {"keys", show_keys}};
    json_t *object = json_object();
    json_put_text(object, "error", config->error);
    json_put(object, "denied", json_boolean(denial(config) != NULL));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *array = json_array();
        parts[i].show(config, array);
        json_put(object, parts[i].name, array);
    }
    return json_print(object, code);
}

static int print_text(const struct policy_config *config, int code)
{
    const struct policy_config_deny *denied = denial(config);
    show_files(config, NULL);
    if (config->error != NULL)
        printf("error: %s\n", cli_shown(config->error));
    if (denied != NULL)
        printf("denied by %s:%u\n", cli_shown(denied->place.file), denied->place.line);
    show_origins(config, NULL);
    show_denies(config, NULL);
    show_rules(config, NULL);
    show_keys(config, NULL);
    return code;
}

/* In a child that has the rights of the user who is asked about. */
static int show_as(struct policy_asker *asker, void *data)
{
    const struct cli_call *call = data;
    auto_config struct policy_config *config = NULL;
    int status = call->argc == 1 ? asker_only_file(asker, call->argv[0]) : CLI_OK;
    if (status != CLI_OK)
        return status;
    config = policy_config_read(&asker->request);
    if (config == NULL || !policy_config_read_keys(config, &asker->request, POLICY_KEYS_ALL))
        return cli_fail(CLI_FAILED, "out of memory");
    status = config->error != NULL ? CLI_BAD_CONFIG : CLI_OK;
    return call->value[OPTION_JSON] != NULL ? print_json(config, status)
                                            : print_text(config, status);
}

static int show_configuration(const struct cli_call *call)
{
    struct cli_call copy = *call;
    return asker_become(call->value[OPTION_PROGRAM], call->value[OPTION_USER],
                        call->value[OPTION_JSON] != NULL, show_as, &copy);
}

const struct cli_verb cli_verb_config_show = {
    .name = "show",
    .operands = "[FILE]",
    .summary = "show what is in force, without keys",
    .about = "Show FILE, or the configuration in force: the files that were looked for, what\n"
             "is denied, the rules in the order of deciding, and the keys by their first\n"
             "characters.\n",
    .options = options,
    .words = CLI_WORDS_FILE,
    .max_operands = 1,
    .run = show_configuration,
};
