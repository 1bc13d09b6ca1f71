/* key add and key rotate - the two ways in which a key comes into the store. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/identity.h"
#include "cli/key.h"
#include "cli/key_store.h"
#include "core/cleanup.h"
#include "core/text.h"

enum {
    ADD_ENVIRONMENT,
    ADD_APPLICATION,
    ADD_ROTATE_AFTER,
    ADD_GROUP,
    ADD_NO_RULE,
    ADD_DIR,
    ADD_QUIET
};
enum { ROTATE_DIR, ROTATE_QUIET };

static const struct cli_option add_options[] = {
    [ADD_ENVIRONMENT] = {"environment", 'e', "WORD", "what it is for, such as production",
                         CLI_WORDS_LIST, "production staging development"},
    [ADD_APPLICATION] = {"application", 'a', "WORD", "which application uses it", CLI_WORDS_NONE,
                         NULL},
    [ADD_ROTATE_AFTER] = {"rotate-after", 'r', "TIME", "remind after so long, such as 90d",
                          CLI_WORDS_NONE, NULL},
    [ADD_GROUP] = {"group", 'g', "GROUP", "let this group read it (mode 0640)", CLI_WORDS_GROUP,
                   NULL},
    [ADD_NO_RULE] = {"no-rule", 'n', NULL, "write no configuration, and propose none",
                     CLI_WORDS_NONE, NULL},
    [ADD_DIR] = KEY_DIR,
    [ADD_QUIET] = CLI_QUIET,
    {0},
};

static const struct cli_option rotate_options[] = {
    [ROTATE_DIR] = KEY_DIR,
    [ROTATE_QUIET] = CLI_QUIET,
    {0},
};

static int read_group(const char *name, gid_t *gid)
{
    *gid = (gid_t)-1;
    if (name == NULL)
        return CLI_OK;
    return identity_find_group(name, gid)
               ? CLI_OK
               : cli_fail(CLI_FAILED, "--group: there is no group '%s'", name);
}

/* What is longer than its room would be cut without a word. */
static int read_word(const char *option, const char *word, char *text, size_t room)
{
    if (word != NULL && strlen(word) >= room)
        return cli_fail(CLI_FAILED, "--%s: at most %zu characters", option, room - 1);
    snprintf(text, room, "%s", word != NULL ? word : "");
    return CLI_OK;
}

static int read_meta(const struct cli_call *call, struct key_meta *meta)
{
    const char *period = call->value[ADD_ROTATE_AFTER];
    int status;
    memset(meta, 0, sizeof *meta);
    if (period != NULL && text_span_read(period) <= 0)
        return cli_fail(CLI_FAILED, "--rotate-after: '%s' is no time such as 12h, 90d or 4w",
                        period);
    status = read_word("rotate-after", period, meta->rotate_after, sizeof meta->rotate_after);
    if (status == CLI_OK)
        status = read_word("environment", call->value[ADD_ENVIRONMENT], meta->environment,
                           sizeof meta->environment);
    if (status == CLI_OK)
        status = read_word("application", call->value[ADD_APPLICATION], meta->application,
                           sizeof meta->application);
    return status;
}

static int refuse_stored(const struct key_store *store, const char *name)
{
    struct stat st;
    if (fstatat(store->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return CLI_OK;
    return cli_fail(CLI_FAILED,
                    "there is a key %s already: '" CLI_NAME " key rotate %s' replaces it", name,
                    name);
}

static int add(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    auto_secret struct secret secret = {0};
    const char *name = call->argv[0];
    struct key_meta meta;
    gid_t group;
    int status;
    if ((status = key_name_check(name)) != CLI_OK || (status = read_meta(call, &meta)) != CLI_OK ||
        (status = read_group(call->value[ADD_GROUP], &group)) != CLI_OK ||
        (status = key_store_open(&store, call->value[ADD_DIR], true)) != CLI_OK ||
        (status = key_store_judge(&store)) != CLI_OK ||
        (status = key_store_outside_git(&store)) != CLI_OK)
        return status;
    if ((status = refuse_stored(&store, name)) != CLI_OK ||
        (status = key_ask("Key (not shown): ", &secret)) != CLI_OK ||
        (status = key_store_lock(&store)) != CLI_OK ||
        (status = refuse_stored(&store, name)) != CLI_OK) /* somebody may have been faster */
        return status;
    secret_show(&secret, meta.prefix);
    meta.created = time(NULL);
    /* What describes the key goes first: a key without it would be one that nobody knows. */
    if ((status = key_meta_write(&store, name, &meta)) != CLI_OK ||
        (status = key_write(&store, name, name, &secret, group)) != CLI_OK)
        return status;
    printf("stored %s (%s...) in %s/%s\n", name, meta.prefix, store.path, name);
    return call->value[ADD_NO_RULE] != NULL ? CLI_OK : key_tell_configuration(&store, name, group);
}

/* A next key that was never promoted may be one that somebody already told the server about. */
static int warn_of_replacing(const struct key_store *store, const char *name,
                             const struct secret *next)
{
    auto_secret struct secret before = {0};
    char file[NAME_MAX + 1], kept[NAME_MAX + 1], prefix[POLICY_PREFIX_LENGTH + 1];
    snprintf(file, sizeof file, "%s.next", name);
    snprintf(kept, sizeof kept, "%s.next.previous", name);
    if (!key_is_there(store, name, ".next") || key_read(store, file, &before) != CLI_OK ||
        (before.length == next->length && memcmp(before.text, next->text, next->length) == 0))
        return CLI_OK;
    secret_show(&before, prefix);
    cli_warn("%s has a next key already (%s...), which was not promoted: it is kept as %s", name,
             prefix, kept);
    return key_write(store, kept, name, &before, (gid_t)-1);
}

static int rotate(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    auto_secret struct secret current = {0}, next = {0};
    const char *name = call->argv[0];
    char prefix[POLICY_PREFIX_LENGTH + 1], file[NAME_MAX + 1];
    struct stat st;
    bool good;
    int status;
    if ((status = key_name_check(name)) != CLI_OK)
        return status;
    status = key_store_open(&store, call->value[ROTATE_DIR], false);
    if (status == CLI_FAILED)
        return status;
    if (status == CLI_NO || fstatat(store.folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return cli_fail(CLI_NO, "there is no key %s: store it with '" CLI_NAME " key add %s'", name,
                        name);
    if ((status = key_store_judge(&store)) != CLI_OK ||
        (status = key_store_outside_git(&store)) != CLI_OK ||
        (status = key_ask("New key (not shown): ", &next)) != CLI_OK ||
        (status = key_store_lock(&store)) != CLI_OK)
        return status;
    /* Else it could never be promoted. */
    if ((status = key_read_to_keep(&store, name, &current, &good)) != CLI_OK)
        return status;
    if (good && current.length == next.length && memcmp(current.text, next.text, next.length) == 0)
        return cli_fail(CLI_FAILED, "this is the current key: paste the new one");
    if ((status = warn_of_replacing(&store, name, &next)) != CLI_OK)
        return status;
    snprintf(file, sizeof file, "%s.next", name);
    /* As the current one: whoever reads that must be able to read this once it takes its place. */
    if ((status = key_write(&store, file, name, &next, (gid_t)-1)) != CLI_OK)
        return status;
    secret_show(&next, prefix);
    printf("stored the next key of %s (%s...) in %s/%s\n", name, prefix, store.path, file);
    printf("'" CLI_NAME " key check %s.next' asks the server about it,\n"
           "'" CLI_NAME " key promote %s' makes it the current one.\n"
           "Where the policy names it (next = \"%s/%s\"), it also takes over\n"
           "by itself once the server answers 401 to the current one.\n",
           name, name, store.path, file);
    return CLI_OK;
}

const struct cli_verb cli_verb_key_add = {
    .name = "add",
    .operands = "NAME",
    .summary = "store a key",
    .about = "Ask for a key without showing it, or read it from standard input, and store\n"
             "it as NAME. On a machine without a configuration, write one that names it.\n",
    .options = add_options,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = add,
};

const struct cli_verb cli_verb_key_rotate = {
    .name = "rotate",
    .operands = "NAME",
    .summary = "store the key that follows a key",
    .about = "Ask for the new key of NAME and store it beside the current one, which stays\n"
             "in use until the new one is promoted or the server rejects it.\n",
    .options = rotate_options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = rotate,
};
