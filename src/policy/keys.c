/*
 * Keys as they are written: a name, one source, and how they change. Nothing is read from a source
 * here.
 */
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "core/secret.h"
#include "policy/config_guard.h"
#include "policy/reader.h"

enum { MAX_STALE = 30 * 24 * 60 * 60, MAX_ROTATE_DAYS = 3660 };

uint32_t policy_name_key(struct policy_reader *reader, const char *name, uint32_t line,
                         enum policy_source source)
{
    struct policy_config *config = reader->config;
    uint32_t first = strmap_get(&reader->names->keys, name);
    if (first != UINT32_MAX) {
        const struct policy_place *place = &config->keys[first].place;
        if (strcmp(place->file, reader->file) == 0)
            setting_error(reader, line, "give each key a name of its own",
                          "a second key is named \"%s\", after line %u", name, place->line);
        else
            setting_error(reader, line, "give each key a name of its own",
                          "a second key is named \"%s\", after another file's", name);
        return POLICY_NONE;
    }
    if (config->nkeys >= POLICY_MAX_KEYS) {
        setting_error(reader, line, "use fewer", "more than %d keys", POLICY_MAX_KEYS);
        return POLICY_NONE;
    }
    uint32_t number = config->nkeys;
    struct policy_config_key *key = policy_add_key(config);
    if (key == NULL || !strmap_put(&reader->names->keys, name, number)) {
        config->arena.failed = true;
        return POLICY_NONE;
    }
    key->name = name;
    key->source = source;
    key->next = POLICY_NONE;
    key->place = (struct policy_place){reader->file, line, reader->layer};
    return number;
}

/* A credential is a file of that name and no other: no way leads out of the folder. */
static const char *read_credential(struct policy_reader *reader, const config_setting_t *group,
                                   const char *name, uint32_t *line)
{
    const char *credential = setting_string(reader, group, name, line);
    if (credential == NULL ||
        (strchr(credential, '/') == NULL && credential[0] != '.' && strlen(credential) <= 255))
        return credential;
    setting_error(reader, *line, "write what stands before ':' in LoadCredential=",
                  "%s is no name of a systemd credential", name);
    return NULL;
}

static const char *read_environment(struct policy_reader *reader, const config_setting_t *group,
                                    const char *setting, uint32_t *line)
{
    const char *name = setting_string(reader, group, setting, line);
    if (name == NULL || strcmp(name, KEY_VARIABLE) == 0 || strcmp(name, OPENAI_KEY_VARIABLE) == 0)
        return name;
    setting_error(reader, *line, "write \"" KEY_VARIABLE "\" or \"" OPENAI_KEY_VARIABLE "\"",
                  "environment names a variable that is not read");
    return NULL;
}

static const char *read_variable(struct policy_reader *reader, const config_setting_t *group)
{
    uint32_t line;
    const char *name = setting_string(reader, group, "variable", &line);
    if (name == NULL)
        return KEY_VARIABLE;
    size_t length = strlen(name);
    if (length == strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
        return name;
    setting_error(reader, line, "use letters, digits and '_'", "variable is no variable's name");
    return NULL;
}

/* Takes the string that config_guard kept from libconfig. */
static void read_inline(struct policy_reader *reader, const config_setting_t *group,
                        struct policy_config_key *key)
{
    const config_setting_t *setting = setting_member(group, "api_key");
    uint32_t line = setting_line(setting);
    const struct guarded_key *guarded = config_setting_get_hook(setting);
    reader->holds_key = true;
    reader->holds_key_at = line;
    if (config_setting_type(setting) != CONFIG_TYPE_STRING || guarded == NULL) {
        setting_error(reader, line, "put it in double quotes", "api_key must be a string");
    } else if (guarded->length == 0) {
        setting_error(reader, line, "fill it in or leave it out", "api_key is empty");
    } else if (guarded->length > POLICY_MAX_KEY) {
        setting_error(reader, line, "copy the key again", "api_key is longer than %d bytes",
                      POLICY_MAX_KEY);
    } else if (!secret_is_key(guarded->text, guarded->length)) {
        setting_error(reader, line, "copy the key again",
                      "api_key holds what no key has (a space, a line break or a special letter)");
    } else {
        key->value = guarded->text;
        key->value_length = guarded->length;
    }
}

typedef const char *location_reader(struct policy_reader *reader, const config_setting_t *group,
                                    const char *setting, uint32_t *line);

/* What `next` names, where a source has it. */
enum next { NEXT_NOTHING, NEXT_LOCATION, NEXT_VARIABLE };

/*
 * Each source: the setting that names it; how that is read, or NULL where the key itself stands
 * there; what `next` is; whether the key is in a file, which is judged; and what stands in front of
 * the location where a person reads of it, or NULL where the name of a file says it.
 */
#define SOURCES(X)                                                                                 \
    X(POLICY_SOURCE_FILE, "file", setting_path, NEXT_LOCATION, true, NULL)                         \
    X(POLICY_SOURCE_CREDENTIAL, "credential", read_credential, NEXT_LOCATION, true, NULL)          \
    X(POLICY_SOURCE_DOTENV, "dotenv", setting_path, NEXT_VARIABLE, true, NULL)                     \
    X(POLICY_SOURCE_ENVIRONMENT, "environment", read_environment, NEXT_NOTHING, false, "$")        \
    X(POLICY_SOURCE_INLINE, "api_key", NULL, NEXT_NOTHING, false, NULL)

static const struct source {
    const char *setting;
    location_reader *read;
    enum next next;
    bool is_file;
    const char *sign;
} sources[] = {
#define ROW(source, ...) [source] = {__VA_ARGS__},
    SOURCES(ROW)
#undef ROW
};

#define SETTING(source, setting, ...) setting,
static const char *const key_settings[] = {"name",         "variable", "next",
                                           "rotate_after", "stale",    SOURCES(SETTING) NULL};
#undef SETTING

enum { COUNT = sizeof sources / sizeof sources[0] };

const char *policy_source_setting(enum policy_source source)
{
    return (unsigned)source < COUNT ? sources[source].setting : NULL;
}

bool policy_source_is_file(enum policy_source source)
{
    return sources[source].is_file;
}

/* "START file, dotenv" with all of them, or those that have a `next`. */
static void list_sources(char text[COMPLAINT_TEXT], const char *start, bool with_next)
{
    size_t length = strlen(strcpy(text, start));
    const char *between = " ";
    for (int i = 0; i < COUNT && length < COMPLAINT_TEXT; i++) {
        if (with_next && sources[i].next == NEXT_NOTHING)
            continue;
        length += (size_t)snprintf(text + length, COMPLAINT_TEXT - length, "%s%s", between,
                                   sources[i].setting);
        between = ", ";
    }
}

/* The one source of a key; false after a finding. */
static bool find_source(struct policy_reader *reader, const config_setting_t *group,
                        enum policy_source *source)
{
    char remedy[COMPLAINT_TEXT];
    int found = 0;
    for (int i = 0; i < COUNT; i++) {
        if (setting_member(group, sources[i].setting) == NULL)
            continue;
        *source = (enum policy_source)i;
        found++;
    }
    if (found == 1)
        return true;
    list_sources(remedy, "give one of", false);
    setting_error(reader, setting_line(group), remedy,
                  found == 0 ? "the key has no source" : "the key has more than one source");
    return false;
}

static void read_source(struct policy_reader *reader, const config_setting_t *group,
                        struct policy_config_key *key)
{
    const struct source *source = &sources[key->source];
    uint32_t line;
    if (source->read != NULL)
        key->location = source->read(reader, group, source->setting, &line);
    else
        read_inline(reader, group, key);
    if (source->sign != NULL && key->location != NULL)
        key->shown = arena_concat(&reader->config->arena, source->sign, key->location);
    if (source->next == NEXT_VARIABLE)
        key->variable = read_variable(reader, group);
    else if (setting_member(group, "variable") != NULL)
        setting_error(reader, setting_line(group), "leave it out", "variable without dotenv");
}

/* `next` is read as the key's own source is; its name is the key's with ".next". */
static uint32_t read_next(struct policy_reader *reader, const config_setting_t *group,
                          const struct policy_config_key *key)
{
    uint32_t line = 0;
    const char *location = NULL;
    const char *variable = NULL;
    if (setting_member(group, "next") == NULL)
        return POLICY_NONE;
    const struct source *own = &sources[key->source];
    if (own->next == NEXT_LOCATION) {
        location = own->read(reader, group, "next", &line);
    } else if (own->next == NEXT_VARIABLE) {
        location = key->location;
        variable = setting_string(reader, group, "next", &line);
    } else {
        char remedy[COMPLAINT_TEXT];
        list_sources(remedy, "use it with", true);
        setting_error(reader, setting_line(group), remedy, "next has no meaning for this source");
    }
    char name[40] = "";
    strncat(name, key->name, 32);
    strcat(name, ".next");
    const char *copy = arena_strdup(&reader->config->arena, name);
    enum policy_source source = key->source; /* key may move when another is added */
    if (location == NULL || copy == NULL || (own->next == NEXT_VARIABLE && variable == NULL))
        return POLICY_NONE;
    uint32_t number = policy_name_key(reader, copy, line, source);
    if (number != POLICY_NONE) {
        reader->config->keys[number].location = location;
        reader->config->keys[number].variable = variable;
        reader->config->keys[number].is_next = true;
    }
    return number;
}

static void read_key(struct policy_reader *reader, const config_setting_t *group)
{
    struct policy_config_key read = {0};
    uint32_t line;
    setting_expect(reader, group, key_settings);
    read.name = setting_name(reader, group, &line);
    read.rotate_after_seconds =
        setting_duration(reader, group, "rotate_after", MAX_ROTATE_DAYS * INT64_C(86400));
    read.stale_seconds = (uint32_t)setting_duration(reader, group, "stale", MAX_STALE);
    if (!find_source(reader, group, &read.source))
        return;
    read_source(reader, group, &read);
    if (read.name == NULL)
        return;
    uint32_t number = policy_name_key(reader, read.name, setting_line(group), read.source);
    if (number == POLICY_NONE)
        return;
    uint32_t next = read_next(reader, group, &read);
    struct policy_config_key *key = &reader->config->keys[number];
    read.place = key->place;
    read.next = next;
    *key = read;
    if (next != POLICY_NONE)
        reader->config->keys[next].stale_seconds = read.stale_seconds;
}

void policy_read_keys(struct policy_reader *reader, const config_setting_t *list)
{
    if (list == NULL || !setting_groups(reader, list, "keys"))
        return;
    int count = config_setting_length(list);
    for (int i = 0; i < count; i++)
        read_key(reader, config_setting_get_elem(list, (unsigned)i));
}

/* To people the key of the simple form has the name of its file, as `key list` shows it; to the
 * rules of its layer it stays "key_file". */
static const char *shown_name(const char *location, const char *otherwise)
{
    const char *slash = location != NULL ? strrchr(location, '/') : NULL;
    if (slash == NULL || !policy_is_name(slash + 1))
        return otherwise;
    return slash + 1;
}

void policy_read_simple_key(struct policy_reader *reader, const config_setting_t *root)
{
    const config_setting_t *value = setting_member(root, "api_key");
    const config_setting_t *file = setting_member(root, "key_file");
    uint32_t line;
    if (value == NULL && file == NULL)
        return;
    const char *name = value != NULL ? "api_key" : "key_file";
    uint32_t at = setting_line(value != NULL ? value : file);
    if (value != NULL && file != NULL)
        setting_error(reader, setting_line(file), "leave one of them out",
                      "both api_key and key_file are given");
    if (reader->names->has_simple) {
        setting_error(reader, at, "leave it out of one of the files",
                      "another file of this layer gives the key already");
        return;
    }
    struct policy_config_key key = {0};
    if (value != NULL)
        read_inline(reader, root, &key);
    else
        key.location = setting_path(reader, root, "key_file", &line);
    enum policy_source source = value != NULL ? POLICY_SOURCE_INLINE : POLICY_SOURCE_FILE;
    uint32_t number = policy_name_key(reader, name, at, source);
    if (number == POLICY_NONE)
        return;
    reader->names->has_simple = true;
    reader->config->keys[number].name = shown_name(key.location, name);
    reader->config->keys[number].value = key.value;
    reader->config->keys[number].value_length = key.value_length;
    reader->config->keys[number].location = key.location;
}
