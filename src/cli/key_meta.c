#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/key_store.h"
#include "core/cleanup.h"

enum { MAX_META = 16 * 1024 };

static void file_name(char file[NAME_MAX + 1], const char *name)
{
    snprintf(file, NAME_MAX + 1, "%s.meta", name);
}

static void take(const json_t *object, const char *name, char *text, size_t room)
{
    const char *value = json_string_value(json_object_get(object, name));
    snprintf(text, room, "%s", value != NULL ? value : "");
}

void key_meta_read(const struct key_store *store, const char *name, struct key_meta *meta)
{
    char file[NAME_MAX + 1];
    size_t size;
    json_t *object;
    file_name(file, name);
    memset(meta, 0, sizeof *meta);
    auto_free char *text = atomic_read(store->folder, file, MAX_META, &size);
    object = text != NULL ? json_loadb(text, size, 0, NULL) : NULL;
    take(object, "prefix", meta->prefix, sizeof meta->prefix);
    take(object, "environment", meta->environment, sizeof meta->environment);
    take(object, "application", meta->application, sizeof meta->application);
    take(object, "rotate_after", meta->rotate_after, sizeof meta->rotate_after);
    take(object, "checked", meta->checked, sizeof meta->checked);
    meta->status = (long)json_integer_value(json_object_get(object, "status"));
    meta->created = (time_t)json_integer_value(json_object_get(object, "created"));
    json_decref(object);
}

int key_meta_write(const struct key_store *store, const char *name, const struct key_meta *meta)
{
    struct atomic_owner owner = {0644, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    char file[NAME_MAX + 1];
    json_t *object = json_object();
    auto_free char *text = NULL;
    file_name(file, name);
    json_put_text(object, "name", name);
    json_put_text(object, "prefix", meta->prefix);
    json_put_text(object, "environment", meta->environment);
    json_put_text(object, "application", meta->application);
    json_put(object, "created", json_integer((json_int_t)meta->created));
    json_put_text(object, "rotate_after", meta->rotate_after);
    if (meta->checked[0]) {
        json_put_text(object, "checked", meta->checked);
        json_put(object, "status", json_integer(meta->status));
    }
    text = json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (text == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    if (atomic_replace(store->folder, file, text, strlen(text), &owner) != 0)
        return cli_fail(CLI_FAILED, "%s/%s was not written: %m%s", store->path, file,
                        key_remedy(errno));
    return CLI_OK;
}
