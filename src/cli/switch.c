#include "cli/switch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/atomic_file.h"
#include "cli/cli.h"
#include "cli/hindrance.h"
#include "cli/lock_file.h"
#include "cli/preload_file.h"
#include "cli/preload_out.h"
#include "cli/rooted.h"
#include "cli/take_back.h"
#include "core/cleanup.h"

#define BACKUP_NAME "ld.so.preload.before"

enum { MAX_ROOT = PATH_MAX - 512 };

int switch_failed(const struct switch_tree *tree, const char *name)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s%s", tree->root, name);
    const char *remedy = hindrance_remedy(errno, path);
    if (errno == ENOSYS)
        remedy = ": without openat2(2) (Linux 5.6) it would not be certain that nothing outside of "
                 "the tree is changed: run this inside of it, by chroot(8)";
    return cli_fail(CLI_FAILED, "%s: %m%s", path, remedy);
}

static int read_text(struct switch_tree *tree)
{
    size_t size = 0;
    tree->text = atomic_read(tree->etc, PRELOAD_NAME, MAX_PRELOAD, &size);
    tree->exists = tree->text != NULL;
    if (tree->text != NULL && strlen(tree->text) != size)
        return cli_fail(CLI_FAILED, "%s holds a NUL byte: look into it before it is changed",
                        tree->file);
    if (tree->text != NULL)
        return CLI_OK;
    if (errno == ELOOP)
        return cli_fail(CLI_FAILED, "%s is a symbolic link: replace it by the file it names",
                        tree->file);
    if (errno == EINVAL)
        return cli_fail(CLI_FAILED, "%s is not a regular file: move it away", tree->file);
    if (errno != ENOENT)
        return switch_failed(tree, "/etc/" PRELOAD_NAME);
    tree->text = strdup("");
    return CLI_OK;
}

static int read_list(struct switch_tree *tree)
{
    int status = read_text(tree);
    if (status == CLI_OK && tree->text != NULL)
        tree->seen = preload_seen(tree->text);
    return status != CLI_OK || tree->seen != NULL ? status : cli_fail(CLI_FAILED, "out of memory");
}

static int lock(struct switch_tree *tree)
{
    pid_t holder;
    auto_close int folder = rooted_folder(tree->top, STATE_FOLDER);
    if (folder < 0)
        return switch_failed(tree, STATE_FOLDER);
    tree->lock = lock_file_take(folder, LOCK_NAME, LOCK_FILE_WAIT, &holder);
    if (tree->lock >= 0)
        return CLI_OK;
    if (errno != EBUSY)
        return switch_failed(tree, STATE_FOLDER "/" LOCK_NAME);
    return cli_fail(CLI_FAILED,
                    "process %ld is changing the switch, and has been for %d seconds: try again, "
                    "or end it first",
                    (long)holder, LOCK_FILE_WAIT);
}

/* What it would have waited for is told, and no reason to wait. */
static void try_lock(struct switch_tree *tree)
{
    pid_t holder = 0;
    auto_close int folder = rooted_folder(tree->top, STATE_FOLDER);
    if (folder >= 0)
        tree->lock = lock_file_take(folder, LOCK_NAME, 0, &holder);
    if (folder >= 0 && tree->lock < 0 && errno == EBUSY)
        cli_warn("process %ld is changing the switch too", (long)holder);
}

static int open_folders(struct switch_tree *tree, const char *root)
{
    if (realpath(root != NULL ? root : "/", tree->root) == NULL)
        return cli_fail(CLI_FAILED, "--root: %s: %m", root);
    if (strcmp(tree->root, "/") == 0)
        tree->root[0] = '\0';
    if (strlen(tree->root) > MAX_ROOT)
        return cli_fail(CLI_FAILED, "--root: the name is too long");
    stpcpy(stpcpy(tree->file, tree->root), "/etc/" PRELOAD_NAME);
    tree->top = rooted_top(*tree->root != '\0' ? tree->root : NULL);
    if (tree->top < 0)
        return switch_failed(tree, "");
    tree->etc = rooted_open(tree->top, "/etc", O_RDONLY | O_DIRECTORY);
    return tree->etc < 0 ? switch_failed(tree, "/etc") : CLI_OK;
}

int switch_open(struct switch_tree *tree, const char *root, enum switch_use use)
{
    *tree = (struct switch_tree){.top = -1, .etc = -1, .lock = -1};
    int status = open_folders(tree, root);
    if (status == CLI_OK && use == SWITCH_CHANGE)
        status = lock(tree);
    if (status == CLI_OK && use == SWITCH_OFF)
        try_lock(tree);
    /* Switching off reads for itself, in more states than these. */
    return status == CLI_OK && use != SWITCH_OFF ? read_list(tree) : status;
}

void switch_close(struct switch_tree *tree)
{
    cleanup_close(&tree->top);
    cleanup_close(&tree->etc);
    cleanup_close(&tree->lock);
    free(tree->text);
    free(tree->seen);
    *tree = (struct switch_tree){.top = -1, .etc = -1, .lock = -1};
}

int switch_write(struct switch_tree *tree, const char *text)
{
    if (tree->exists &&
        atomic_replace(tree->etc, BACKUP_NAME, tree->text, strlen(tree->text), NULL) != 0)
        return switch_failed(tree, "/etc/" BACKUP_NAME);
    if (atomic_replace(tree->etc, PRELOAD_NAME, text, strlen(text), NULL) != 0)
        return switch_failed(tree, "/etc/" PRELOAD_NAME);
    return CLI_OK;
}

bool switch_is_as_read(const struct switch_tree *tree)
{
    size_t size = 0;
    auto_free char *text = atomic_read(tree->etc, PRELOAD_NAME, MAX_PRELOAD, &size);
    if (text == NULL)
        return errno == ENOENT && !tree->exists;
    return tree->exists && size == strlen(tree->text) && memcmp(text, tree->text, size) == 0;
}

int switch_off(struct switch_tree *tree)
{
    const char *file;
    enum preload_out out = take_off(tree->etc, &file);
    if (out == PRELOAD_OUT_FAILED)
        return switch_failed(tree, file);
    return out == PRELOAD_OUT_DONE ? CLI_OK : CLI_NO;
}

bool switch_is_on(const struct switch_tree *tree)
{
    struct preload_entry entry;
    return preload_find_ours(tree->seen, &entry);
}

bool switch_pends(const struct switch_tree *tree, struct switch_mark *mark)
{
    if (mark_read(tree->etc, mark) == 0)
        return false;
    return *mark->kept == '\0' || !preload_stands_alone(tree->text, mark->kept);
}

void switch_confirmed(const struct switch_tree *tree, char entry[PATH_MAX])
{
    struct preload_entry ours;
    struct switch_mark mark;
    *entry = '\0';
    if (!preload_find_ours(tree->seen, &ours) || ours.length >= PATH_MAX ||
        switch_pends(tree, &mark))
        return;
    snprintf(entry, PATH_MAX, "%.*s", (int)ours.length, ours.start);
    if (!preload_stands_alone(tree->text, entry))
        *entry = '\0';
}
