/*
 * One configuration file: judged, guarded, read by libconfig.
 *
 * MUST: libconfig gets text that config_guard has passed, never a file or a name of one.
 * MUST: the memory that libconfig will want is there before it starts. Version 1.5 follows the NULL
 *       of a failed calloc, and its scanner, made by flex, calls exit; both would end the host
 *       program. So the whole need is asked for and given back at once. What is left is the chance
 *       that another thread takes that memory in the microseconds between, in a process that is out
 *       of memory anyway.
 * MUST: no key stays behind. libconfig never has one (config_guard.h); the file's text is wiped.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "policy/config_guard.h"
#include "policy/config_slip.h"
#include "policy/reader.h"
#include "policy/safe_file.h"

/* Measured on libconfig 1.5 with 64-bit pointers; 1.8.2 wants no more: 80 bytes a setting, 32 its
 * name and value, 16 its place. */
enum { BYTES_PER_VALUE = 256, MIN_BYTES = 128 * 1024 };

static bool reserve(size_t text_size, size_t nvalues)
{
    size_t size = MIN_BYTES + 4 * text_size + BYTES_PER_VALUE * nvalues;
    void *probe = malloc(size); /* in the module it leaves as much room: module/heap.h */
    __asm__ volatile("" : : "r"(probe) : "memory"); /* the compiler may not do without it */
    free(probe);
    return probe != NULL;
}

/* Hangs what the guard took out on the settings it was taken from; false
 * where they do not agree. */
static bool attach_keys(config_setting_t *setting, struct guarded_key **key)
{
    const char *name = config_setting_name(setting);
    if (name != NULL && strcmp(name, "api_key") == 0 &&
        config_setting_type(setting) == CONFIG_TYPE_STRING) {
        if (*key == NULL)
            return false;
        config_setting_set_hook(setting, *key);
        *key = (*key)->next;
    }
    if (!config_setting_is_aggregate(setting))
        return true;
    int count = config_setting_length(setting);
    for (int i = 0; i < count; i++)
        if (!attach_keys(config_setting_get_elem(setting, (unsigned)i), key))
            return false;
    return true;
}

static void syntax_error(struct policy_reader *reader, const config_t *tree, const char *written,
                         uint32_t last_line)
{
    const char *text = config_error_text(tree);
    uint32_t line = (uint32_t)config_error_line(tree);
    uint32_t slip_line;
    struct complaint why = {0};
    if (line > last_line) /* libconfig counts the line after the end */
        line = last_line;
    if (text != NULL && strcmp(text, "duplicate setting name") == 0)
        setting_error(reader, line, "leave one of them out", "a setting is given twice");
    else if (text != NULL && strcmp(text, "mismatched element type in array") == 0)
        setting_error(reader, line, "use one type, or ( ) in place of [ ]",
                      "an array of different types");
    else if (config_slip_find(written, &slip_line, &why))
        policy_find(reader->config, POLICY_ERROR,
                    (struct policy_place){reader->file, slip_line, reader->layer}, &why);
    else
        setting_error(reader, line, "look for a missing quote, bracket or ';' here or just before",
                      "syntax error");
}

static bool read_text(struct policy_reader *reader, char *text, struct config_guard *guard)
{
    config_t tree;
    bool read = false;
    locale_t before = uselocale((locale_t)0);
    config_init(&tree);
    /* Should an @include pass the guard after all: no file can be below this one. */
    config_set_include_dir(&tree, "/dev/null");
    if (config_read_string(&tree, text) == CONFIG_TRUE) {
        config_setting_t *root = config_root_setting(&tree);
        struct guarded_key *key = guard->keys;
        read = attach_keys(root, &key) && key == NULL;
        if (read)
            policy_read_root(reader, root);
        else
            setting_error(reader, 0, "write api_key = \"...\"; on a line of its own",
                          "an api_key is written in a way that cannot be read");
    } else {
        syntax_error(reader, &tree, text, guard->line);
    }
    config_destroy(&tree);
    uselocale(before); /* config_read_string leaves the thread with the global one */
    return read;
}

static bool read_guarded(struct policy_reader *reader, struct safe_file *file)
{
    struct policy_config *config = reader->config;
    struct config_guard guard;
    struct complaint why = {0};
    if (!config_guard(file->data, &config->arena, &guard, &why)) {
        if (!config->arena.failed)
            policy_find(config, POLICY_ERROR,
                        (struct policy_place){reader->file, guard.line, reader->layer}, &why);
        return false;
    }
    file->data[file->size] = '\n'; /* libconfig's scanner wants one after a comment */
    if (!reserve(file->size, guard.nvalues)) {
        config->arena.failed = true;
        return false;
    }
    return read_text(reader, file->data, &guard);
}

enum policy_file_result policy_read_file(struct policy_reader *reader, struct complaint *why)
{
    struct policy_config *config = reader->config;
    struct safe_file *file = config->scratch;
    enum policy_file_result result = POLICY_FILE_BAD;
    enum safe_result safe =
        safe_file_read(reader->file, config->euid, false, POLICY_MAX_FILE, file, why);
    policy_watch_judged(config, reader->file, file);
    if (safe == SAFE_OK) {
        result = read_guarded(reader, file) ? POLICY_FILE_READ : POLICY_FILE_BAD;
        if (reader->holds_key &&
            !safe_file_is_private(&file->st, file->resolved, config->euid, why))
            policy_find(config, POLICY_ERROR,
                        (struct policy_place){reader->file, reader->holds_key_at, reader->layer},
                        why);
    } else if (safe == SAFE_ABSENT) {
        result = POLICY_FILE_ABSENT;
    } else if (safe == SAFE_NO_ACCESS) {
        if (why->target != NULL) /* `file` is used again */
            why->target = arena_strdup(&config->arena, why->target);
        result = POLICY_FILE_NO_ACCESS;
    } else if (safe == SAFE_NO_MEMORY) {
        config->arena.failed = true;
    } else {
        policy_find(config, POLICY_ERROR, (struct policy_place){reader->file, 0, reader->layer},
                    why);
    }
    safe_file_free(file);
    return result;
}
