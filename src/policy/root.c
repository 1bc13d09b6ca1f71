/*
 * What stands at the top of a file.
 */
#include <string.h>

#include "policy/reader.h"

static const char *const root_settings[] = {"api_key",       "key_file",    "url",      "keys",
                                            "rules",         "deny",        "existing", "missing",
                                            "report",        "placeholder", "verify",   "ca_file",
                                            "extra_origins", "user_config", NULL};

/* Kept for `config show`: what decides must be seen. */
static void keep_origin(struct policy_reader *reader, const char *url, uint32_t line)
{
    const struct policy_config_origin **end = &reader->config->origins;
    struct policy_config_origin *origin = arena_alloc(&reader->config->arena, sizeof *origin);
    if (origin == NULL)
        return;
    while (*end != NULL)
        end = (const struct policy_config_origin **)&(*end)->next;
    *origin =
        (struct policy_config_origin){.place = {reader->file, line, reader->layer}, .url = url};
    *end = origin;
}

static void read_origins(struct policy_reader *reader, const config_setting_t *root)
{
    uint32_t line;
    struct complaint why = {0};
    struct arena *arena = &reader->config->arena;
    const char *const *urls = setting_strings(reader, root, "extra_origins", &line);
    size_t count = 0;
    while (urls != NULL && urls[count] != NULL)
        count++;
    struct policy_scope *origins = count > 0 ? arena_alloc(arena, count * sizeof *origins) : NULL;
    for (size_t i = 0; origins != NULL && i < count; i++) {
        if (!policy_scope_parse(urls[i], arena, &origins[i], &why)) {
            if (!arena->failed)
                setting_error(reader, line, why.remedy, "an entry of extra_origins: %s", why.fact);
            return;
        }
        keep_origin(reader, urls[i], line);
        if (strcmp(origins[i].path, "/") != 0)
            setting_error(reader, line, "end it after the host or the port",
                          "an entry of extra_origins has a path");
    }
    reader->origins = origins;
    reader->norigins = origins != NULL ? count : 0;
}

/* The simple form: one key for all programs, and the last rule of its layer. */
static void read_simple_rule(struct policy_reader *reader, const config_setting_t *root)
{
    const config_setting_t *url = setting_member(root, "url");
    const config_setting_t *key = setting_member(root, "api_key");
    if (key == NULL)
        key = setting_member(root, "key_file");
    if (key == NULL) {
        if (url != NULL)
            setting_error(reader, setting_line(url), "add key_file = \"...\", or move it to a rule",
                          "url without a key");
        return;
    }
    struct policy_scope scope = {0};
    if (!policy_read_scope(reader, root, &scope))
        return;
    if (reader->config->nrules >= POLICY_MAX_RULES) {
        setting_error(reader, setting_line(key), "use patterns and fewer rules",
                      "more than %d rules", POLICY_MAX_RULES);
        return;
    }
    struct policy_config_rule *rule = policy_name_rule(reader, "default", setting_line(key))
                                          ? policy_add_rule(reader->config)
                                          : NULL;
    if (rule == NULL)
        return;
    *rule = (struct policy_config_rule){.place = {reader->file, setting_line(key), reader->layer},
                                        .name = "default",
                                        .host = scope.host,
                                        .path = scope.path,
                                        .port = scope.port,
                                        .key_name = config_setting_name(key)[0] == 'a' ? "api_key"
                                                                                       : "key_file",
                                        .key = POLICY_NONE,
                                        .existing = reader->existing,
                                        .missing = reader->missing,
                                        .report = reader->report,
                                        .trust = reader->trust,
                                        .placeholder = reader->placeholder,
                                        .simple = true,
                                        .covered_by = POLICY_NONE};
}

void policy_read_root(struct policy_reader *reader, const config_setting_t *root)
{
    setting_expect(reader, root, root_settings);
    reader->report = POLICY_REPORT_DENIED;
    policy_read_ways(reader, root, &reader->existing, &reader->missing, &reader->report,
                     &reader->placeholder);
    reader->trust.ca = POLICY_NONE;
    policy_read_trust(reader, root, &reader->trust);
    const config_setting_t *users = setting_member(root, "user_config");
    reader->closes_users = !setting_bool(reader, root, "user_config", true);
    if (users != NULL && reader->layer != POLICY_LAYER_SYSTEM)
        setting_error(reader, setting_line(users), "leave it out",
                      "user_config is for the system's policy alone");
    read_origins(reader, root);
    policy_read_simple_key(reader, root);
    policy_read_keys(reader, setting_member(root, "keys"));
    policy_read_rules(reader, setting_member(root, "rules"));
    policy_read_denies(reader, setting_member(root, "deny"));
    read_simple_rule(reader, root);
}
