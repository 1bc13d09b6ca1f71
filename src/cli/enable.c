/*
 * enable and disable - the system-wide switch.
 *
 * Order of enable, so that a kill at any moment leaves either nothing or something that undoes
 * itself: trial, watcher, pending mark, backup, file. The watcher is there before the file is.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/library.h"
#include "cli/preload_file.h"
#include "cli/switch.h"
#include "core/cleanup.h"

enum { ENABLE_CONFIRM, ENABLE_WAIT, ENABLE_NO_TRIAL, ENABLE_ROOT };
enum { DISABLE_ROOT };
enum { MAX_WAIT = 24 * 60 * 60 };

static const struct cli_option enable_options[] = {
    [ENABLE_CONFIRM] = {"confirm", 0, NULL, "keep it: do not take it back", CLI_WORDS_NONE, NULL},
    [ENABLE_WAIT] = {"wait", 0, "SECONDS", "take it back after so long (default 60)",
                     CLI_WORDS_NONE, NULL},
    [ENABLE_NO_TRIAL] = {"no-trial", 0, NULL, "do not try it first (another machine's tree)",
                         CLI_WORDS_NONE, NULL},
    [ENABLE_ROOT] = {"root", 0, "DIR", "change the tree DIR instead of /", CLI_WORDS_FOLDER, NULL},
    {0},
};

static const struct cli_option disable_options[] = {
    [DISABLE_ROOT] = {"root", 0, "DIR", "change the tree DIR instead of /", CLI_WORDS_FOLDER, NULL},
    {0},
};

#define auto_tree __attribute__((cleanup(switch_close)))

static bool is_on(const char *text)
{
    struct preload_entry entry;
    unsigned line = 1;
    while (preload_next(&text, &line, &entry))
        if (preload_is_ours(&entry))
            return true;
    return false;
}

static int confirm(const char *root)
{
    auto_tree struct switch_tree tree;
    struct switch_pending pending;
    int status = switch_open(&tree, root, true);
    if (status != CLI_OK)
        return status;
    if (!is_on(tree.text))
        return cli_fail(CLI_NO, "%s does not name the library: run '" CLI_NAME " enable' first",
                        tree.file);
    if (!switch_read_pending(&tree, &pending)) {
        puts("on: confirmed before");
        return CLI_OK;
    }
    /* The watcher sees that its mark has gone and ends without a change. */
    status = switch_clear_pending(&tree);
    if (status == CLI_OK)
        puts("on: it stays");
    return status;
}

static int begin_watch(struct switch_tree *tree, unsigned seconds)
{
    struct switch_pending pending = {.until = time(NULL) + (time_t)seconds};
    pending.watcher = switch_watch(tree->root, seconds);
    if (pending.watcher < 0)
        return cli_fail(CLI_FAILED, "nothing was changed: cannot start the process that takes it "
                                    "back: %m");
    return switch_write_pending(tree, &pending);
}

static int try_library(const struct switch_tree *tree, const char *entry, const char *file)
{
    /* In another tree the loader's $LIB is not ours: there the file itself is tried. */
    const char *preload = *tree->root ? file : entry;
    if (!library_preloadable(preload) && preload != entry)
        return cli_fail(CLI_FAILED,
                        "%s: the tree's name has a space, a colon or a '$', so the library cannot "
                        "be tried: move the tree, or give --no-trial",
                        file);
    return switch_trial(preload, file);
}

static void warn_of_other_abis(const struct switch_tree *tree, const char *entry)
{
    char loader[PATH_MAX + 32];
    snprintf(loader, sizeof loader, "%s/lib/ld-linux.so.2", tree->root);
    if (sizeof(void *) == 8 && access(loader, X_OK) == 0 && strstr(entry, "$LIB") == NULL)
        cli_warn("32-bit programs can run here, and the library is there for 64 bits alone: "
                 "each of them will print a line and run without it");
}

static int switch_on(struct switch_tree *tree, bool trial, unsigned seconds)
{
    char entry[PATH_MAX], file[PATH_MAX];
    auto_free char *text = NULL;
    struct switch_pending pending;
    int status = switch_find_library(tree->root, entry, file);
    if (status == CLI_OK && (text = preload_with(tree->text, entry)) == NULL)
        status = cli_fail(CLI_FAILED, "out of memory");
    if (status != CLI_OK)
        return status;
    if (strcmp(text, tree->text) == 0) {
        puts(switch_read_pending(tree, &pending) ? "on already, and not yet confirmed: '" CLI_NAME
                                                   " enable --confirm' keeps it"
                                                 : "on already");
        return CLI_OK;
    }
    if (trial)
        status = try_library(tree, entry, file);
    if (status == CLI_OK)
        status = begin_watch(tree, seconds);
    if (status == CLI_OK && (status = switch_write(tree, text)) != CLI_OK)
        switch_clear_pending(tree);
    if (status != CLI_OK)
        return status;
    warn_of_other_abis(tree, entry);
    printf("on: %s names %s\n", tree->file, entry);
    printf("It is taken back in %u seconds, unless you run this in a new login:\n\n"
           "    " CLI_NAME " enable --confirm%s%s\n",
           seconds, *tree->root ? " --root " : "", tree->root);
    return CLI_OK;
}

static bool read_seconds(const char *word, unsigned *seconds)
{
    char *end;
    unsigned long value;
    *seconds = SWITCH_DEFAULT_WAIT;
    if (word == NULL)
        return true;
    errno = 0;
    value = strtoul(word, &end, 10);
    *seconds = (unsigned)value;
    return errno == 0 && end != word && *end == '\0' && word[0] != '-' && value >= 1 &&
           value <= MAX_WAIT;
}

static int enable(const struct cli_call *call)
{
    auto_tree struct switch_tree tree = {.etc = -1, .state = -1};
    unsigned seconds;
    int status;
    if (call->value[ENABLE_CONFIRM] != NULL)
        return confirm(call->value[ENABLE_ROOT]);
    if (!read_seconds(call->value[ENABLE_WAIT], &seconds))
        return cli_fail(CLI_FAILED, "--wait: '%s' is not a number of seconds from 1 to %d",
                        call->value[ENABLE_WAIT], MAX_WAIT);
    status = switch_open(&tree, call->value[ENABLE_ROOT], true);
    return status == CLI_OK ? switch_on(&tree, call->value[ENABLE_NO_TRIAL] == NULL, seconds)
                            : status;
}

static int disable(const struct cli_call *call)
{
    auto_tree struct switch_tree tree = {.etc = -1, .state = -1};
    auto_free char *text = NULL;
    int status = switch_open(&tree, call->value[DISABLE_ROOT], true);
    if (status != CLI_OK)
        return status;
    text = preload_without(tree.text);
    if (text == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    if (strcmp(text, tree.text) == 0) {
        puts("off already");
        return switch_clear_pending(&tree);
    }
    status = switch_write(&tree, text);
    if (status == CLI_OK)
        status = switch_clear_pending(&tree);
    if (status == CLI_OK)
        puts("off: programs that run keep the library until they end");
    return status;
}

const struct cli_verb cli_verb_enable = {
    .name = "enable",
    .summary = "switch the library on for the whole system",
    .about = "Try the library, then name it in /etc/ld.so.preload, so that every program\n"
             "loads it. Taken back by itself after a minute, and at a shutdown, unless\n"
             "it is confirmed. Other entries and comments stay.\n",
    .options = enable_options,
    .run = enable,
};

const struct cli_verb cli_verb_disable = {
    .name = "disable",
    .summary = "switch it off again",
    .about = "Take the library out of /etc/ld.so.preload, also where the library is gone.\n",
    .options = disable_options,
    .run = disable,
};
