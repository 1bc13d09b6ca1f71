/* key promote and key remove. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/cleanup.h"
#include "cli/key.h"
#include "cli/key_store.h"

enum { OPTION_DIR };

static const struct cli_option options[] = {
    [OPTION_DIR] = {"dir", 0, "DIR", "the folder of keys", CLI_WORDS_FOLDER, NULL},
    {0},
};

/* Opens the store for a key that must be there. */
static int open_for(struct key_store *store, const struct cli_call *call)
{
    int status = key_name_check(call->argv[0]);
    if (status == CLI_OK)
        status = key_store_open(store, call->value[OPTION_DIR], false);
    if (status == CLI_FAILED)
        return status;
    if (status == CLI_NO || faccessat(store->folder, call->argv[0], F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return cli_fail(CLI_NO, "there is no key %s in %s", call->argv[0], store->path);
    return key_store_lock(store);
}

static int promote(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    auto_secret struct secret next = {0};
    const char *name = call->argv[0];
    char file[NAME_MAX + 1];
    struct key_meta meta;
    int status = open_for(&store, call);
    if (status != CLI_OK)
        return status;
    snprintf(file, sizeof file, "%s.next", name);
    status = key_read(&store, file, &next); /* judged before it takes the place of a good one */
    if (status == CLI_NO)
        return cli_fail(CLI_NO, "%s has no next key: store it with '" CLI_NAME " key rotate %s'",
                        name, name);
    if (status != CLI_OK)
        return status;
    if (renameat(store.folder, file, store.folder, name) != 0 || fsync(store.folder) != 0)
        return cli_fail(CLI_FAILED, "%s/%s was not replaced: %m", store.path, name);
    key_meta_read(&store, name, &meta);
    secret_show(&next, meta.prefix);
    meta.created = time(NULL);
    status = key_meta_write(&store, name, &meta);
    if (status == CLI_OK)
        printf("%s is now %s...: revoke the one before it in the Commissioned console\n", name,
               meta.prefix);
    return status;
}

static int remove_key(const struct cli_call *call)
{
    static const char *const ends[] = {"", ".next", ".meta"};
    auto_store struct key_store store = {.folder = -1};
    char file[NAME_MAX + 1];
    int status = open_for(&store, call);
    if (status != CLI_OK)
        return status;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(file, sizeof file, "%s%s", call->argv[0], ends[i]);
        if (atomic_remove(store.folder, file) != 0)
            return cli_fail(CLI_FAILED, "%s/%s was not removed: %m", store.path, file);
    }
    printf("removed %s: it stays valid until it is revoked in the Commissioned console\n",
           call->argv[0]);
    return CLI_OK;
}

const struct cli_verb cli_verb_key_promote = {
    .name = "promote",
    .operands = "NAME",
    .summary = "make the next key the current one",
    .about = "Put the key that 'key rotate' stored in the place of the current one, at once\n"
             "for every program: the next request of each uses it.\n",
    .options = options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .run = promote,
};

const struct cli_verb cli_verb_key_remove = {
    .name = "remove",
    .operands = "NAME",
    .summary = "remove a key",
    .about = "Remove the key NAME, its next key and what is known about it. A key stays\n"
             "valid until it is revoked in the Commissioned console.\n",
    .options = options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .run = remove_key,
};
