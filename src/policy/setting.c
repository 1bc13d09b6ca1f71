/*
 * One setting of a group. MUST NOT repeat what stands as a value: it may be a key in the wrong
 * place.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "policy/reader.h"

enum { MAX_NAME = 32, MAX_LIST = 256, MAX_PLAIN = 20, SECONDS_OF_DAY = 86400 };

uint32_t setting_line(const config_setting_t *setting)
{
    return config_setting_source_line(setting);
}

void setting_error(struct policy_reader *reader, uint32_t line, const char *remedy,
                   const char *format, ...)
{
    struct complaint why = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(why.fact, sizeof why.fact, format, args);
    va_end(args);
    snprintf(why.remedy, sizeof why.remedy, "%s", remedy);
    policy_find(reader->config, POLICY_ERROR,
                (struct policy_place){reader->file, line, reader->layer}, &why);
}

config_setting_t *setting_member(const config_setting_t *group, const char *name)
{
    int count = config_setting_length(group);
    for (int i = 0; i < count; i++) {
        config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        if (strcmp(config_setting_name(member), name) == 0)
            return member;
    }
    return NULL;
}

static bool listed(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void unknown(struct policy_reader *reader, const config_setting_t *setting,
                    const char *const *names)
{
    const char *name = config_setting_name(setting);
    const char *meant = text_nearest(name, names);
    uint32_t line = setting_line(setting);
    char remedy[COMPLAINT_TEXT] = "see commissioned-auth.conf(5)";
    if (meant != NULL)
        snprintf(remedy, sizeof remedy, "did you mean \"%s\"?", meant);
    size_t length = strlen(name);
    if (length <= MAX_PLAIN && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == length)
        setting_error(reader, line, remedy, "unknown setting \"%s\"", name);
    else /* it might be a key, put on the wrong side of the '=' */
        setting_error(reader, line, remedy, "unknown setting");
}

void setting_expect(struct policy_reader *reader, const config_setting_t *group,
                    const char *const *names)
{
    int count = config_setting_length(group);
    for (int i = 0; i < count; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        if (!listed(config_setting_name(setting), names))
            unknown(reader, setting, names);
    }
}

const char *setting_string(struct policy_reader *reader, const config_setting_t *group,
                           const char *name, uint32_t *line)
{
    const config_setting_t *setting = setting_member(group, name);
    *line = 0;
    if (setting == NULL)
        return NULL;
    *line = setting_line(setting);
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        setting_error(reader, *line, "put it in double quotes", "%s must be a string", name);
        return NULL;
    }
    const char *text = config_setting_get_string(setting);
    if (text == NULL || *text == '\0') {
        setting_error(reader, *line, "fill it in or leave it out", "%s is empty", name);
        return NULL;
    }
    return arena_strdup(&reader->config->arena, text);
}

static const char *element_text(struct policy_reader *reader, const config_setting_t *element)
{
    struct arena *arena = &reader->config->arena;
    char number[24];
    if (config_setting_type(element) == CONFIG_TYPE_STRING) {
        const char *text = config_setting_get_string(element);
        return text != NULL && *text != '\0' ? arena_strdup(arena, text) : NULL;
    }
    if (config_setting_type(element) != CONFIG_TYPE_INT &&
        config_setting_type(element) != CONFIG_TYPE_INT64)
        return NULL;
    snprintf(number, sizeof number, "%lld", config_setting_get_int64(element));
    return number[0] != '-' ? arena_strdup(arena, number) : NULL;
}

const char *const *setting_strings(struct policy_reader *reader, const config_setting_t *group,
                                   const char *name, uint32_t *line)
{
    const config_setting_t *setting = setting_member(group, name);
    *line = 0;
    if (setting == NULL)
        return NULL;
    *line = setting_line(setting);
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        setting_error(reader, *line, "write it as [\"...\", \"...\"]",
                      "%s must be a list of strings", name);
        return NULL;
    }
    int count = config_setting_length(setting);
    if (count == 0 || count > MAX_LIST) {
        setting_error(reader, *line, "name one, or leave the setting out",
                      count == 0 ? "%s is empty, so it is for nobody" : "%s has over 256 entries",
                      name);
        return NULL;
    }
    const char **strings =
        arena_alloc(&reader->config->arena, ((size_t)count + 1) * sizeof *strings);
    for (int i = 0; strings != NULL && i < count; i++) {
        strings[i] = element_text(reader, config_setting_get_elem(setting, (unsigned)i));
        if (strings[i] == NULL) {
            setting_error(reader, *line, "write it as [\"...\", \"...\"]",
                          "%s must be a list of strings", name);
            return NULL;
        }
    }
    return strings;
}

int setting_word(struct policy_reader *reader, const config_setting_t *group, const char *name,
                 const char *const *words, int otherwise)
{
    uint32_t line;
    const char *text = setting_string(reader, group, name, &line);
    if (text == NULL)
        return otherwise;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    char remedy[COMPLAINT_TEXT] = "write one of";
    for (int i = 0; words[i] != NULL; i++) {
        size_t used = strlen(remedy);
        snprintf(remedy + used, sizeof remedy - used, "%s \"%s\"", i > 0 ? "," : "", words[i]);
    }
    setting_error(reader, line, remedy, "%s has no such value", name);
    return otherwise;
}

bool setting_bool(struct policy_reader *reader, const config_setting_t *group, const char *name,
                  bool otherwise)
{
    const config_setting_t *setting = setting_member(group, name);
    if (setting == NULL)
        return otherwise;
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
        setting_error(reader, setting_line(setting), "write it without quotes",
                      "%s must be true or false", name);
        return otherwise;
    }
    return config_setting_get_bool(setting) != 0;
}

int64_t setting_duration(struct policy_reader *reader, const config_setting_t *group,
                         const char *name, int64_t most)
{
    uint32_t line;
    const char *text = setting_string(reader, group, name, &line);
    if (text == NULL)
        return 0;
    int64_t value = text_span_read(text);
    if (value < 0)
        setting_error(reader, line, "write a number with s, m, h, d or w, such as \"90d\"",
                      "%s is no span of time", name);
    else if (value > most)
        setting_error(reader, line, "write a shorter one", "%s is longer than %lld days", name,
                      (long long)(most / SECONDS_OF_DAY));
    return value < 0 || value > most ? 0 : value;
}

bool policy_is_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= MAX_NAME &&
           length == strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-");
}

const char *setting_name(struct policy_reader *reader, const config_setting_t *group,
                         uint32_t *line)
{
    const char *name = setting_string(reader, group, "name", line);
    if (name == NULL) {
        if (*line == 0)
            setting_error(reader, setting_line(group), "add name = \"...\"", "this has no name");
        return NULL;
    }
    if (policy_is_name(name))
        return name;
    setting_error(reader, *line, "use up to 32 letters, digits, '.', '_' and '-'",
                  "name is not one that can be shown");
    return NULL;
}

const char *setting_path(struct policy_reader *reader, const config_setting_t *group,
                         const char *name, uint32_t *line)
{
    const char *path = setting_string(reader, group, name, line);
    if (path == NULL || path[0] == '/')
        return path;
    setting_error(reader, *line, "write the path in full, from / on (~ is not read)",
                  "%s is not an absolute path", name);
    return NULL;
}

bool setting_groups(struct policy_reader *reader, const config_setting_t *list, const char *what)
{
    if (!config_setting_is_list(list)) {
        setting_error(reader, setting_line(list), "write it as ( { ... }, { ... } )",
                      "%s must be a list of groups", what);
        return false;
    }
    int count = config_setting_length(list);
    for (int i = 0; i < count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);
        if (config_setting_is_group(element))
            continue;
        setting_error(reader, setting_line(element), "write it as ( { ... }, { ... } )",
                      "%s must be a list of groups", what);
        return false;
    }
    return true;
}
