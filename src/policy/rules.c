/*
 * Rules and denials: what is written about whom.
 *
 * MUST: a rule's url is Commissioned's origin, or one that the same file lists in extra_origins:
 * one slip in a host name must not hand the key to a stranger.
 */
#include <string.h>

#include "policy/reader.h"

static const char *const existing_words[] = {"keep", "replace-placeholder", "replace", NULL};
static const char *const missing_words[] = {"fail", "pass", NULL};
static const char *const report_words[] = {"none", "denied", "all", NULL};

static const char *const rule_settings[] = {
    "name",     "url",     "methods", "key",         "programs", "scripts", "users", "groups",
    "existing", "missing", "report",  "placeholder", "verify",   "ca_file", NULL};
static const char *const deny_settings[] = {"programs", "scripts", "users", "groups", NULL};

static bool visible(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

void policy_read_ways(struct policy_reader *reader, const config_setting_t *group,
                      enum policy_existing *existing, enum policy_missing *missing,
                      enum policy_report *report, const char **placeholder)
{
    uint32_t line;
    *existing = (enum policy_existing)setting_word(reader, group, "existing", existing_words,
                                                   (int)reader->existing);
    *missing = (enum policy_missing)setting_word(reader, group, "missing", missing_words,
                                                 (int)reader->missing);
    *report = (enum policy_report)setting_word(reader, group, "report", report_words,
                                               (int)reader->report);
    *placeholder = setting_string(reader, group, "placeholder", &line);
    if (*placeholder != NULL && (!visible(*placeholder) || strlen(*placeholder) > 256))
        setting_error(reader, line, "write the header's value, such as \"Bearer unused\"",
                      "placeholder is no value of a header");
    if (*placeholder != NULL && *existing != POLICY_EXISTING_PLACEHOLDER)
        setting_error(reader, line, "add existing = \"replace-placeholder\"",
                      "placeholder is given, but nothing replaces it");
    if (*placeholder == NULL)
        *placeholder = reader->placeholder;
    if (*existing != POLICY_EXISTING_PLACEHOLDER)
        *placeholder = NULL;
    else if (*placeholder == NULL)
        setting_error(reader, setting_line(group), "add placeholder = \"Bearer unused\"",
                      "existing = \"replace-placeholder\" without a placeholder");
}

static bool origin_allowed(const struct policy_reader *reader, const struct policy_scope *scope)
{
    if (strcmp(scope->host, COMMISSIONED_HOST) == 0 && scope->port == COMMISSIONED_PORT)
        return true;
    for (size_t i = 0; i < reader->norigins; i++)
        if (strcmp(scope->host, reader->origins[i].host) == 0 &&
            scope->port == reader->origins[i].port)
            return true;
    return false;
}

bool policy_read_scope(struct policy_reader *reader, const config_setting_t *group,
                       struct policy_scope *scope)
{
    uint32_t line;
    struct complaint why = {0};
    const char *url = setting_string(reader, group, "url", &line);
    if (url == NULL) {
        *scope = (struct policy_scope){COMMISSIONED_HOST, "/", COMMISSIONED_PORT};
        return line == 0;
    }
    if (!policy_scope_parse(url, &reader->config->arena, scope, &why)) {
        if (!reader->config->arena.failed)
            setting_error(reader, line, why.remedy, "%s", why.fact);
        return false;
    }
    if (origin_allowed(reader, scope))
        return true;
    setting_error(reader, line, "correct it, or list the origin in extra_origins",
                  "url is not below " COMMISSIONED_ORIGIN ", where keys belong");
    return false;
}

static const char *const *read_patterns(struct policy_reader *reader, const config_setting_t *group,
                                        const char *name)
{
    uint32_t line;
    const char *const *patterns = setting_strings(reader, group, name, &line);
    for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++) {
        bool is_full = patterns[i][0] == '/';
        if (is_full && patterns[i][strlen(patterns[i]) - 1] != '/')
            continue;
        if (is_full)
            setting_error(reader, line, "leave it out, or write /* for what is in that folder",
                          "%s holds a path that ends in '/'", name);
        else
            setting_error(reader, line, "write paths in full, such as \"/usr/bin/curl\"",
                          "%s holds what is not an absolute path", name);
        return NULL;
    }
    return patterns;
}

static void read_who(struct policy_reader *reader, const config_setting_t *group,
                     struct policy_who *who)
{
    uint32_t line;
    who->programs = read_patterns(reader, group, "programs");
    who->scripts = read_patterns(reader, group, "scripts");
    who->users = setting_strings(reader, group, "users", &line);
    who->groups = setting_strings(reader, group, "groups", &line);
}

static const char *const *read_methods(struct policy_reader *reader, const config_setting_t *group)
{
    uint32_t line;
    const char *const *methods = setting_strings(reader, group, "methods", &line);
    for (size_t i = 0; methods != NULL && methods[i] != NULL; i++) {
        const char *method = methods[i];
        size_t length = strlen(method);
        if (length > 20 || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != length)
            setting_error(reader, line, "write them in capitals, such as [\"GET\", \"POST\"]",
                          "methods holds what is no method");
        else if (strcmp(method, "TRACE") == 0 || strcmp(method, "CONNECT") == 0)
            setting_error(reader, line, "leave it out", "no key is ever sent with %s", method);
    }
    return methods;
}

bool policy_name_rule(struct policy_reader *reader, const char *name, uint32_t line)
{
    uint32_t first = strmap_get(&reader->names->rules, name);
    if (first == UINT32_MAX) {
        if (strmap_put(&reader->names->rules, name, reader->config->nrules))
            return true;
        reader->config->arena.failed = true;
        return false;
    }
    const struct policy_place *place = &reader->config->rules[first].place;
    if (strcmp(place->file, reader->file) == 0)
        setting_error(reader, line, "give each rule a name of its own",
                      "a second rule is named \"%s\", after line %u", name, place->line);
    else
        setting_error(reader, line, "give each rule a name of its own",
                      "a second rule is named \"%s\", after another file's", name);
    return false;
}

static void read_rule(struct policy_reader *reader, const config_setting_t *group)
{
    struct policy_config_rule rule = {.key = POLICY_NONE, .covered_by = POLICY_NONE};
    struct policy_scope scope = {0};
    uint32_t line, name_line;
    rule.place = (struct policy_place){reader->file, setting_line(group), reader->layer};
    setting_expect(reader, group, rule_settings);
    rule.name = setting_name(reader, group, &name_line);
    bool has_scope = policy_read_scope(reader, group, &scope);
    rule.host = scope.host;
    rule.path = scope.path;
    rule.port = scope.port;
    rule.methods = read_methods(reader, group);
    rule.key_name = setting_string(reader, group, "key", &line);
    if (rule.key_name == NULL && line == 0)
        setting_error(reader, rule.place.line, "add key = \"...\", a name of keys",
                      "the rule names no key");
    read_who(reader, group, &rule.who);
    policy_read_ways(reader, group, &rule.existing, &rule.missing, &rule.report, &rule.placeholder);
    policy_read_trust(reader, group, &rule.trust);
    if (rule.name == NULL || !has_scope || rule.key_name == NULL ||
        !policy_name_rule(reader, rule.name, name_line))
        return;
    struct policy_config_rule *added = policy_add_rule(reader->config);
    if (added != NULL)
        *added = rule;
}

void policy_read_rules(struct policy_reader *reader, const config_setting_t *list)
{
    if (list == NULL || !setting_groups(reader, list, "rules"))
        return;
    int count = config_setting_length(list);
    for (int i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        if (reader->config->nrules >= POLICY_MAX_RULES) {
            setting_error(reader, setting_line(group), "use patterns and fewer rules",
                          "more than %d rules", POLICY_MAX_RULES);
            return;
        }
        read_rule(reader, group);
    }
}

void policy_read_denies(struct policy_reader *reader, const config_setting_t *list)
{
    if (list == NULL || !setting_groups(reader, list, "deny"))
        return;
    int count = config_setting_length(list);
    for (int i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        struct policy_config_deny deny = {0};
        deny.place = (struct policy_place){reader->file, setting_line(group), reader->layer};
        if (reader->config->ndenies >= POLICY_MAX_RULES) {
            setting_error(reader, deny.place.line, "use patterns and fewer entries",
                          "more than %d denials", POLICY_MAX_RULES);
            return;
        }
        uint32_t before = reader->config->nfindings;
        setting_expect(reader, group, deny_settings);
        read_who(reader, group, &deny.who);
        if (config_setting_length(group) == 0)
            setting_error(reader, deny.place.line, "add programs, scripts, users or groups",
                          "deny names nobody");
        if (reader->config->nfindings != before)
            continue; /* half a denial would be for anybody */
        struct policy_config_deny *added = policy_add_deny(reader->config);
        if (added != NULL)
            *added = deny;
    }
}

const char *policy_existing_name(enum policy_existing existing)
{
    return existing_words[existing];
}

const char *policy_missing_name(enum policy_missing missing)
{
    return missing_words[missing];
}

const char *policy_report_name(enum policy_report report)
{
    return report_words[report];
}
