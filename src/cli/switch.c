#include "cli/switch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/atomic_file.h"
#include "cli/cli.h"
#include "core/cleanup.h"

#define PRELOAD_NAME "ld.so.preload"
#define BACKUP_NAME  "ld.so.preload.before"
#define STATE_FOLDER "/run/commissioned-auth"
#define PENDING_NAME "pending"

enum { MAX_PRELOAD = 64 * 1024, MAX_PENDING = 256, MAX_ROOT = PATH_MAX - 512 };

/* switch_open has seen to it that the root leaves room. */
static void in_tree(char path[PATH_MAX], const struct switch_tree *tree, const char *name)
{
    stpcpy(stpcpy(path, tree->root), name);
}

static int failed(const char *file)
{
    const char *remedy = errno == EACCES || errno == EPERM ? ": run this as root" : "";
    return cli_fail(CLI_FAILED, "%s: %m%s", file, remedy);
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
        return failed(tree->file);
    tree->text = strdup("");
    return tree->text != NULL ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

static int open_state(struct switch_tree *tree, bool change)
{
    char folder[PATH_MAX];
    in_tree(folder, tree, STATE_FOLDER);
    if (change) {
        if (atomic_make_folder(folder, 0755) != 0)
            return failed(folder);
        tree->state = atomic_open_locked(folder);
        return tree->state < 0 ? failed(folder) : CLI_OK;
    }
    tree->state = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return tree->state < 0 && errno != ENOENT ? failed(folder) : CLI_OK;
}

int switch_open(struct switch_tree *tree, const char *root, bool change)
{
    char folder[PATH_MAX];
    int status;
    *tree = (struct switch_tree){.etc = -1, .state = -1};
    if (realpath(root != NULL ? root : "/", tree->root) == NULL)
        return cli_fail(CLI_FAILED, "--root: %s: %m", root);
    if (strcmp(tree->root, "/") == 0)
        tree->root[0] = '\0';
    if (strlen(tree->root) > MAX_ROOT)
        return cli_fail(CLI_FAILED, "--root: the name is too long");
    in_tree(folder, tree, "/etc");
    in_tree(tree->file, tree, "/etc/" PRELOAD_NAME);
    tree->etc = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tree->etc < 0)
        return failed(folder);
    status = open_state(tree, change);
    return status == CLI_OK ? read_text(tree) : status;
}

void switch_close(struct switch_tree *tree)
{
    cleanup_close(&tree->etc);
    cleanup_close(&tree->state);
    free(tree->text);
    *tree = (struct switch_tree){.etc = -1, .state = -1};
}

int switch_write(struct switch_tree *tree, const char *text)
{
    if (tree->exists &&
        atomic_replace(tree->etc, BACKUP_NAME, tree->text, strlen(tree->text), NULL) != 0)
        return failed(tree->file);
    if (*text == '\0') {
        if (atomic_remove(tree->etc, PRELOAD_NAME) != 0)
            return failed(tree->file);
        return CLI_OK;
    }
    if (atomic_replace(tree->etc, PRELOAD_NAME, text, strlen(text), NULL) != 0)
        return failed(tree->file);
    return CLI_OK;
}

bool switch_read_pending(const struct switch_tree *tree, struct switch_pending *pending)
{
    size_t size;
    auto_free char *text =
        tree->state < 0 ? NULL : atomic_read(tree->state, PENDING_NAME, MAX_PENDING, &size);
    long watcher;
    long long until;
    if (text == NULL || sscanf(text, "%ld %lld", &watcher, &until) != 2)
        return false;
    *pending = (struct switch_pending){(pid_t)watcher, (time_t)until};
    return true;
}

int switch_write_pending(struct switch_tree *tree, const struct switch_pending *pending)
{
    char text[MAX_PENDING];
    int length = snprintf(text, sizeof text, "%ld %lld\n", (long)pending->watcher,
                          (long long)pending->until);
    if (atomic_replace(tree->state, PENDING_NAME, text, (size_t)length, NULL) != 0)
        return failed(STATE_FOLDER "/" PENDING_NAME);
    return CLI_OK;
}

int switch_clear_pending(struct switch_tree *tree)
{
    if (atomic_remove(tree->state, PENDING_NAME) != 0)
        return failed(STATE_FOLDER "/" PENDING_NAME);
    return CLI_OK;
}
