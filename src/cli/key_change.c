/*
 * key promote and key remove. What takes a key's place, or its key away, can be wrong, and is seen
 * to be so only when the server says so: the key from before stays as NAME.previous, which
 * `key promote --undo` puts back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/key.h"
#include "cli/key_store.h"
#include "cli/policy.h"
#include "core/cleanup.h"

enum { PROMOTE_UNDO, PROMOTE_DIR, PROMOTE_QUIET };
enum { REMOVE_DIR, REMOVE_DRY_RUN, REMOVE_QUIET };

static const struct cli_option promote_options[] = {
    [PROMOTE_UNDO] = {"undo", 'u', NULL, "put the previous key back", CLI_WORDS_NONE, NULL},
    [PROMOTE_DIR] = KEY_DIR,
    [PROMOTE_QUIET] = CLI_QUIET,
    {0},
};

static const struct cli_option remove_options[] = {
    [REMOVE_DIR] = KEY_DIR,
    [REMOVE_DRY_RUN] = CLI_DRY_RUN,
    [REMOVE_QUIET] = CLI_QUIET,
    {0},
};

/* Opens the store for a key of which the file with one of two ends must be there. */
static int open_to_look(struct key_store *store, const char *name, const char *dir, const char *end)
{
    int status = key_name_check(name);
    if (status == CLI_OK)
        status = key_store_open(store, dir, false);
    if (status == CLI_FAILED)
        return status;
    if (status == CLI_NO || !(key_is_there(store, name, "") || key_is_there(store, name, end)))
        return cli_fail(CLI_NO, "there is no key %s in %s", name, store->path);
    return key_store_judge(store);
}

/* The same to change it. */
static int open_for(struct key_store *store, const char *name, const char *dir, const char *end)
{
    int status = open_to_look(store, name, dir, end);
    return status == CLI_OK ? key_store_lock(store) : status;
}

static int rename_failed(const struct key_store *store, const char *name)
{
    return cli_fail(CLI_FAILED, "%s/%s was not replaced: %m%s", store->path, name,
                    key_remedy(errno));
}

/* What is in the file now is what is known about the key. */
static int describe(const struct key_store *store, const char *name, const struct secret *secret)
{
    struct key_meta meta;
    key_meta_read(store, name, &meta);
    secret_show(secret, meta.prefix);
    meta.created = time(NULL);
    return key_meta_write(store, name, &meta);
}

/* The key keeps its place until the other one takes it, so that no request finds none. */
static int keep_previous(const struct key_store *store, const char *name, bool *kept)
{
    auto_secret struct secret current = {0};
    char previous[NAME_MAX + 1];
    int status = key_read_to_keep(store, name, &current, kept);
    snprintf(previous, sizeof previous, "%s.previous", name);
    return status == CLI_OK && *kept ? key_write(store, previous, name, &current, (gid_t)-1)
                                     : status;
}

static void warn_of_unchecked(const struct key_store *store, const char *name,
                              const struct secret *next)
{
    char prefix[POLICY_PREFIX_LENGTH + 1];
    struct key_meta meta;
    secret_show(next, prefix);
    key_meta_read(store, name, &meta);
    if (strcmp(meta.checked, prefix) != 0)
        cli_warn("the server was not asked about the next key of %s: '" CLI_NAME
                 " key check %s' asks, '" CLI_NAME " key promote --undo %s' goes back",
                 name, name, name);
    else if (meta.status == 401 || meta.status == 403)
        cli_warn("the server answered %ld to the next key of %s: '" CLI_NAME
                 " key promote --undo %s' goes back",
                 meta.status, name, name);
}

static int replace(const struct key_store *store, const char *name, const char *end, bool *kept)
{
    auto_secret struct secret next = {0};
    char file[NAME_MAX + 1];
    int status;
    snprintf(file, sizeof file, "%s%s", name, end);
    status = key_read(store, file, &next); /* judged before it takes the place of a good one */
    if (status == CLI_NO)
        return cli_fail(CLI_NO, "%s has no next key: store it with '" CLI_NAME " key rotate %s'",
                        name, name);
    if (status != CLI_OK || (status = keep_previous(store, name, kept)) != CLI_OK)
        return status;
    warn_of_unchecked(store, name, &next);
    if (renameat(store->folder, file, store->folder, name) != 0 || fsync(store->folder) != 0)
        return rename_failed(store, name);
    return describe(store, name, &next);
}

/* The two change places: what was undone can be done again. */
static int undo(const struct key_store *store, const char *name)
{
    auto_secret struct secret previous = {0}, current = {0};
    char file[NAME_MAX + 1];
    int status;
    snprintf(file, sizeof file, "%s.previous", name);
    status = key_read(store, file, &previous);
    if (status == CLI_NO)
        return cli_fail(CLI_NO, "%s has no previous key to go back to", name);
    if (status != CLI_OK)
        return status;
    if (key_is_there(store, name, "") && (status = key_read(store, name, &current)) != CLI_OK)
        return status;
    status = key_write(store, name, current.length ? name : file, &previous, (gid_t)-1);
    if (status == CLI_OK && current.length)
        status = key_write(store, file, name, &current, (gid_t)-1);
    else if (status == CLI_OK && atomic_remove(store->folder, file) != 0)
        return cli_fail(CLI_FAILED, "%s/%s was not removed: %m%s", store->path, file,
                        key_remedy(errno));
    return status == CLI_OK ? describe(store, name, &previous) : status;
}

static int promote(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    const char *name = call->argv[0];
    bool back = call->value[PROMOTE_UNDO] != NULL, kept_it = false;
    struct key_meta meta;
    int status = open_for(&store, name, call->value[PROMOTE_DIR], back ? ".previous" : "");
    if (status == CLI_OK)
        status = back ? undo(&store, name) : replace(&store, name, ".next", &kept_it);
    if (status != CLI_OK)
        return status;
    key_meta_read(&store, name, &meta);
    if (back)
        printf("%s is %s... again\n", name, meta.prefix);
    else if (!kept_it)
        printf("%s is now %s...\n", name, meta.prefix);
    else
        printf("%s is now %s...: once it works, revoke the one before it (kept as %s.previous)\n"
               "in the Commissioned console\n",
               name, meta.prefix, name);
    return CLI_OK;
}

/* The line of the policy in force that names the file; false: none does. */
static bool is_in_use(const struct key_store *store, const char *name, char place[PATH_MAX + 16])
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    char file[PATH_MAX + NAME_MAX + 2];
    snprintf(file, sizeof file, "%s/%s", store->path, name);
    if (asker_prepare(&asker, NULL, NULL) == CLI_OK)
        config = policy_config_read(&asker.request);
    for (uint32_t i = 0; config != NULL && i < config->nkeys; i++) {
        if (config->keys[i].location == NULL || strcmp(config->keys[i].location, file) != 0)
            continue;
        snprintf(place, PATH_MAX + 16, "%s:%u", config->keys[i].place.file,
                 config->keys[i].place.line);
        return true;
    }
    return false;
}

static int remove_files(const struct key_store *store, const char *name, const char *const *ends)
{
    char file[NAME_MAX + 1];
    for (; *ends != NULL; ends++) {
        snprintf(file, sizeof file, "%s%s", name, *ends);
        if (atomic_remove(store->folder, file) != 0)
            return cli_fail(CLI_FAILED, "%s/%s was not removed: %m%s", store->path, file,
                            key_remedy(errno));
    }
    return CLI_OK;
}

/* Of a key that is in use, and of one that is not. */
static const char *const kept[] = {"", ".next", NULL};
static const char *const all[] = {"", ".next", ".next.previous", ".previous", ".meta", NULL};

static int tell_of_removing(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    const char *name = call->argv[0];
    char place[PATH_MAX + 16];
    int status = open_to_look(&store, name, call->value[REMOVE_DIR], ".previous");
    if (status != CLI_OK)
        return status;
    bool in_use = key_is_there(&store, name, "") && is_in_use(&store, name, place);
    if (in_use)
        printf("would keep %s/%s as %s.previous: it is in use (%s)\n", store.path, name, name,
               place);
    for (const char *const *end = in_use ? kept : all; *end != NULL; end++)
        if (key_is_there(&store, name, *end))
            printf("would remove %s/%s%s\n", store.path, name, *end);
    puts("Nothing was changed.");
    return CLI_OK;
}

static int remove_key(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    const char *name = call->argv[0];
    char place[PATH_MAX + 16];
    int status;
    if (call->value[REMOVE_DRY_RUN] != NULL)
        return tell_of_removing(call);
    status = open_for(&store, name, call->value[REMOVE_DIR], ".previous");
    bool kept_it = false, in_use = status == CLI_OK && key_is_there(&store, name, "") &&
                                   is_in_use(&store, name, place);
    if (status == CLI_OK && in_use)
        status = keep_previous(&store, name, &kept_it);
    if (status == CLI_OK)
        status = remove_files(&store, name, in_use ? kept : all);
    if (status != CLI_OK)
        return status;
    if (in_use && !kept_it)
        cli_warn("%s is in use (%s), and requests now fail without it: store it again with "
                 "'" CLI_NAME " key add %s'",
                 name, place, name);
    else if (in_use)
        cli_warn("%s is in use (%s), and requests now fail without it: '" CLI_NAME
                 " key promote --undo %s' takes this back, 'key remove %s' once more is for good",
                 name, place, name, name);
    printf("removed %s: it stays valid until it is revoked in the Commissioned console\n", name);
    return CLI_OK;
}

const struct cli_verb cli_verb_key_promote = {
    .name = "promote",
    .operands = "NAME",
    .summary = "make the next key the current one",
    .about = "Put the key that 'key rotate' stored in the place of the current one, at once\n"
             "for every program: the next request of each uses it. The current one is kept\n"
             "as NAME.previous, and --undo puts it back.\n",
    .options = promote_options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = promote,
};

const struct cli_verb cli_verb_key_remove = {
    .name = "remove",
    .operands = "NAME",
    .summary = "remove a key",
    .about = "Remove the key NAME, its next key and what is known about it. One that the\n"
             "configuration names is kept as NAME.previous until it is removed once more.\n"
             "A key stays valid until it is revoked in the Commissioned console.\n",
    .options = remove_options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = remove_key,
};
