/* key list and key show - what may be shown of the stored keys. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/json.h"
#include "cli/key.h"
#include "cli/key_store.h"
#include "core/cleanup.h"
#include "core/text.h"

enum { OPTION_JSON, OPTION_DIR };

static const struct cli_option options[] = {
    [OPTION_JSON] = CLI_JSON,
    [OPTION_DIR] = KEY_DIR,
    {0},
};

struct row {
    const char *name;
    struct key_meta meta;
    struct stat st;
    bool has_next;
    bool due; /* older than its rotate_after */
};

static void read_row(const struct key_store *store, const char *name, struct row *row)
{
    auto_secret struct secret secret = {0};
    char next[NAME_MAX + 8];
    struct stat st;
    *row = (struct row){.name = name};
    key_meta_read(store, name, &row->meta);
    if (fstatat(store->folder, name, &row->st, AT_SYMLINK_NOFOLLOW) != 0)
        memset(&row->st, 0, sizeof row->st);
    /* The file's own word counts where it may be read: somebody may have replaced it by hand. */
    if (faccessat(store->folder, name, R_OK, AT_EACCESS) == 0 &&
        key_read(store, name, &secret) == CLI_OK)
        secret_show(&secret, row->meta.prefix);
    if (row->meta.created == 0)
        row->meta.created = row->st.st_mtime;
    snprintf(next, sizeof next, "%s.next", name);
    row->has_next = fstatat(store->folder, next, &st, AT_SYMLINK_NOFOLLOW) == 0;
    row->due = text_span_read(row->meta.rotate_after) > 0 &&
               time(NULL) - row->meta.created > text_span_read(row->meta.rotate_after);
}

static void day(time_t when, char text[16])
{
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || strftime(text, 16, "%Y-%m-%d", &tm) == 0)
        snprintf(text, 16, "-");
}

/* "-" of one from the future: a clock was wrong. */
static void age(time_t created, char text[16])
{
    long long seconds = (long long)(time(NULL) - created);
    enum { HOUR = 60 * 60, DAY = 24 * HOUR };
    if (created == 0 || seconds < 0)
        snprintf(text, 16, "-");
    else
        snprintf(text, 16, seconds < 2 * DAY ? "%lldh" : "%lldd",
                 seconds / (seconds < 2 * DAY ? HOUR : DAY));
}

static json_t *as_json(const struct key_store *store, const struct row *row)
{
    char file[PATH_MAX + NAME_MAX + 2], mode[8];
    json_t *object = json_object();
    snprintf(file, sizeof file, "%s/%s", store->path, row->name);
    snprintf(mode, sizeof mode, "%04o", (unsigned)(row->st.st_mode & 07777));
    json_put_text(object, "name", row->name);
    json_put_text(object, "prefix", row->meta.prefix);
    json_put_text(object, "environment", row->meta.environment);
    json_put_text(object, "application", row->meta.application);
    json_put(object, "created", json_integer((json_int_t)row->meta.created));
    json_put(object, "age", json_integer((json_int_t)(time(NULL) - row->meta.created)));
    json_put_text(object, "rotate_after", row->meta.rotate_after);
    json_put(object, "rotation_due", json_boolean(row->due));
    json_put(object, "next", json_boolean(row->has_next));
    json_put(object, "previous", json_boolean(key_is_there(store, row->name, ".previous")));
    json_put_text(object, "file", file);
    json_put_text(object, "mode", mode);
    return object;
}

static const char *or_dash(const char *text)
{
    return *text ? cli_shown(text) : "-";
}

static void print_line(const struct row *row)
{
    char created[16], old[16];
    day(row->meta.created, created);
    age(row->meta.created, old);
    printf("%-16s %-12s %-12s %-16s %-10s %s%s%s\n", row->name, or_dash(row->meta.prefix),
           or_dash(row->meta.environment), or_dash(row->meta.application), created, old,
           row->due ? " rotate" : "", row->has_next ? " +next" : "");
}

static int is_key_name(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    if (entry->d_name[0] == '.' || length > KEY_MAX_NAME)
        return 0;
    return !(length > 5 && (strcmp(entry->d_name + length - 5, ".meta") == 0 ||
                            strcmp(entry->d_name + length - 5, ".next") == 0)) &&
           !(length > 9 && strcmp(entry->d_name + length - 9, ".previous") == 0);
}

static void list_one(const struct key_store *store, const char *name, json_t *array)
{
    struct row row;
    read_row(store, name, &row);
    if (array != NULL)
        json_array_append_new(array, as_json(store, &row));
    else
        print_line(&row);
}

static int list(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    json_t *array = call->value[OPTION_JSON] != NULL ? json_array() : NULL;
    struct dirent **entries = NULL;
    int status = key_store_open(&store, call->value[OPTION_DIR], false);
    int count = 0;
    if (status == CLI_FAILED) {
        json_decref(array);
        return status;
    }
    if (status == CLI_OK)
        count = key_store_scan(&store, &entries, is_key_name);
    if (array == NULL && count > 0)
        printf("%-16s %-12s %-12s %-16s %-10s %s\n", "NAME", "PREFIX", "ENVIRONMENT", "APPLICATION",
               "CREATED", "AGE");
    for (int i = 0; i < count; i++) {
        list_one(&store, entries[i]->d_name, array);
        free(entries[i]);
    }
    free(entries);
    if (array != NULL) {
        json_t *object = json_object();
        json_put_text(object, "folder", store.path);
        json_put(object, "keys", array);
        return json_print(object, CLI_OK);
    }
    if (count <= 0)
        printf("no key is stored in %s\n", cli_shown(store.path));
    return CLI_OK;
}

static int print_details(const struct key_store *store, const struct row *row)
{
    char created[16], old[16];
    day(row->meta.created, created);
    age(row->meta.created, old);
    printf("%-13s %s\n", "name", row->name);
    printf("%-13s %s\n", "prefix", or_dash(row->meta.prefix));
    printf("%-13s %s\n", "environment", or_dash(row->meta.environment));
    printf("%-13s %s\n", "application", or_dash(row->meta.application));
    printf("%-13s %s\n", "created", created);
    printf("%-13s %s\n", "age", old);
    printf("%-13s %s%s\n", "rotate after", or_dash(row->meta.rotate_after),
           row->due ? " (due)" : "");
    printf("%-13s %s\n", "next key", row->has_next ? "stored" : "-");
    printf("%-13s %s\n", "previous key",
           key_is_there(store, row->name, ".previous") ? "stored" : "-");
    printf("%-13s %s/%s, mode %04o\n", "file", cli_shown(store->path), row->name,
           (unsigned)(row->st.st_mode & 07777));
    return CLI_OK;
}

static int show(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    struct row row;
    int status = key_name_check(call->argv[0]);
    if (status == CLI_OK)
        status = key_store_open(&store, call->value[OPTION_DIR], false);
    if (status == CLI_FAILED)
        return status;
    if (status == CLI_NO || faccessat(store.folder, call->argv[0], F_OK, 0) != 0)
        return cli_fail(CLI_NO, "there is no key %s in %s", call->argv[0], store.path);
    read_row(&store, call->argv[0], &row);
    if (call->value[OPTION_JSON] != NULL)
        return json_print(as_json(&store, &row), CLI_OK);
    return print_details(&store, &row);
}

const struct cli_verb cli_verb_key_list = {
    .name = "list",
    .summary = "list the stored keys",
    .about = "List the stored keys, and how old each is. 'rotate' marks one that is older\n"
             "than its --rotate-after, '+next' one whose next key is stored.\n",
    .options = options,
    .run = list,
};

const struct cli_verb cli_verb_key_show = {
    .name = "show",
    .operands = "NAME",
    .summary = "show what is known about one",
    .about = "Show what is known about the key NAME, and never the key.\n",
    .options = options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .run = show,
};
