/*
 * enable and disable - the system-wide switch.
 *
 * Order of enable, so that a kill at any moment leaves either nothing or something that undoes
 * itself: trial, watcher, pending mark, backup, file. The watcher is there before the file is.
 * disable takes no lock that another could hold: enable sees by its mark whether it came between.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/account.h"
#include "cli/cli.h"
#include "cli/hindrance.h"
#include "cli/preload_file.h"
#include "cli/preload_out.h"
#include "cli/processes.h"
#include "cli/switch.h"
#include "core/cleanup.h"
#include "core/text.h"

enum {
    ENABLE_CONFIRM,
    ENABLE_YES,
    ENABLE_WAIT,
    ENABLE_NO_TRIAL,
    ENABLE_ROOT,
    ENABLE_DRY_RUN,
    ENABLE_QUIET,
};
enum { DISABLE_ROOT, DISABLE_DRY_RUN, DISABLE_QUIET };
enum { MAX_WAIT = 24 * 60 * 60 };

static const struct cli_option enable_options[] = {
    [ENABLE_CONFIRM] = {"confirm", 0, NULL, "keep it: do not take it back", CLI_WORDS_NONE, NULL},
    [ENABLE_YES] = {"yes", 0, NULL, "at once for good (images, automation)", CLI_WORDS_NONE, NULL},
    [ENABLE_WAIT] = {"wait", 0, "SECONDS", "take it back after so long (default 60)",
                     CLI_WORDS_NONE, NULL},
    [ENABLE_NO_TRIAL] = {"no-trial", 0, NULL, "do not try it first (another machine's tree)",
                         CLI_WORDS_NONE, NULL},
    [ENABLE_ROOT] = {"root", 0, "DIR", "change the tree DIR instead of /", CLI_WORDS_FOLDER, NULL},
    [ENABLE_DRY_RUN] = CLI_DRY_RUN,
    [ENABLE_QUIET] = CLI_QUIET,
    {0},
};

static const struct cli_option disable_options[] = {
    [DISABLE_ROOT] = {"root", 0, "DIR", "change the tree DIR instead of /", CLI_WORDS_FOLDER, NULL},
    [DISABLE_DRY_RUN] = CLI_DRY_RUN,
    [DISABLE_QUIET] = CLI_QUIET,
    {0},
};

/* Said before anything is tried: a trial that ends in "permission denied" has told its reader
 * nothing. Who may write there without being root is let through. `option`: "", or " --confirm". */
static int ask_for_root(const char *verb, const char *option, const char *root)
{
    bool system = root == NULL || strcmp(root, "/") == 0;
    char what[32];
    if (!system || geteuid() == 0 || faccessat(AT_FDCWD, "/etc", W_OK, AT_EACCESS) == 0)
        return CLI_OK;
    snprintf(what, sizeof what, "%s%s", verb, option);
    return account(strcmp(option, " --confirm") == 0 ? "confirm" : what, "/etc/" PRELOAD_NAME,
                   cli_fail(CLI_NOT_ROOT,
                            "%s changes /etc/" PRELOAD_NAME ", which is root's: nothing was tried, "
                            "run it as root, such as by 'sudo " CLI_NAME " %s'",
                            verb, what));
}

/* The list, or the tree where it was not even known. */
static int account_of(const struct switch_tree *tree, const char *verb, const char *root,
                      int status)
{
    bool known = *tree->file != '\0' || root == NULL;
    return account(verb, known ? tree->file : root, status);
}

/* CLI_NO, having said so: it was confirmed before. */
static int confirm_it(struct switch_tree *tree)
{
    struct switch_mark mark;
    if (!switch_pends(tree, &mark)) {
        puts("on: confirmed before");
        return CLI_NO;
    }
    /* The watcher sees that its mark has gone and ends without a change. */
    if (mark_clear(tree->etc) != 0)
        return switch_failed(tree, "/etc/" MARK_NAME);
    puts("on: it stays");
    return CLI_OK;
}

static int refuse_to_confirm(const struct switch_tree *tree)
{
    return cli_fail(CLI_NO, "%s does not name the library: run '" CLI_NAME " enable' first",
                    tree->file);
}

static int confirm(const char *root, bool dry)
{
    auto_tree struct switch_tree tree;
    int status = switch_open(&tree, root, dry ? SWITCH_LOOK : SWITCH_CHANGE);
    bool on = status == CLI_OK && switch_is_on(&tree);
    if (dry && status == CLI_OK)
        return on ? switch_plan_confirm(&tree) : refuse_to_confirm(&tree);
    if (dry)
        return status;
    if (on) {
        status = account_of(&tree, "confirm", root, confirm_it(&tree));
        return status == CLI_NO ? CLI_OK : status;
    }
    account_of(&tree, "confirm", root, CLI_FAILED);
    return status == CLI_OK ? refuse_to_confirm(&tree) : status;
}

static int begin_watch(const struct switch_tree *tree, unsigned seconds)
{
    char kept[PATH_MAX];
    pid_t watcher = switch_watch(tree, seconds);
    if (watcher < 0)
        return CLI_FAILED;
    switch_confirmed(tree, kept);
    if (mark_write(tree->etc, watcher, time(NULL) + (time_t)seconds, kept) != 0)
        return cli_fail(CLI_FAILED, "nothing was changed: %s/etc/" MARK_NAME ": %m%s", tree->root,
                        hindrance_remedy(errno, tree->file));
    return CLI_OK;
}

/* A disable that did not wait for us has removed the mark, and has the last word. */
static int name_it(struct switch_tree *tree, const char *text, bool watched, bool pended)
{
    struct switch_mark mark;
    int status = switch_write(tree, text);
    if (status != CLI_OK) {
        /* Else what was on and not confirmed before would stay on for good, and so would what was
         * named and could not be brought to the disk. */
        if (!pended && switch_is_as_read(tree))
            mark_clear(tree->etc);
        return status;
    }
    /* Whoever waits to take an earlier one back would take this one back. */
    if (!watched)
        return mark_clear(tree->etc) == 0 ? CLI_OK : switch_failed(tree, "/etc/" MARK_NAME);
    if (mark_read(tree->etc, &mark) != 0)
        return CLI_OK;
    switch_off(tree);
    return cli_fail(CLI_NO, "off: it was switched off while it was switched on");
}

static void warn_of_other_abis(const struct switch_tree *tree, const char *entry)
{
    char loader[PATH_MAX + 32];
    snprintf(loader, sizeof loader, "%s/lib/ld-linux.so.2", tree->root);
    if (sizeof(void *) == 8 && access(loader, X_OK) == 0 && strstr(entry, "$LIB") == NULL)
        cli_warn("32-bit programs can run here, and the library is there for 64 bits alone: "
                 "each of them will print a line and run without it");
}

/* Its profiles know what is below /usr/lib; for other folders a file is installed that they include
 * once they are read again. */
static void warn_of_apparmor(const struct switch_tree *tree, const char *entry)
{
    static const char enabled[] = "/sys/module/apparmor/parameters/enabled";
    auto_fclose FILE *file = *tree->root == '\0' ? fopen(enabled, "re") : NULL;
    if (file == NULL || fgetc(file) != 'Y' || strncmp(entry, "/usr/lib", 8) == 0 ||
        strncmp(entry, "/lib", 4) == 0)
        return;
    cli_warn("AppArmor confines programs here, and knows %s only once 'systemctl reload apparmor' "
             "was run after its installation: programs that may not read it print a line and run "
             "without it",
             entry);
}

static bool boot_takes_it_back(void)
{
    static const char *const folders[] = {"/etc", "/usr/local/lib", "/usr/lib", "/lib", NULL};
    char path[PATH_MAX];
    for (const char *const *f = folders; *f != NULL; f++) {
        snprintf(path, sizeof path,
                 "%s/systemd/system/sysinit.target.wants/" CLI_NAME "-unconfirmed.service", *f);
        if (access("/run/systemd/system", F_OK) == 0 && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static void say_how_to_go_on(const struct switch_tree *tree, unsigned seconds)
{
    char off[PATH_MAX];
    const char *option = *tree->root != '\0' ? " --root " : "";
    if (seconds > 0)
        printf("It is taken back in %u seconds, unless you run this in a new login:\n\n"
               "    " CLI_NAME " enable --confirm%s%s\n",
               seconds, option, tree->root);
    if (*tree->root != '\0')
        return;
    if (seconds > 0 && !boot_takes_it_back())
        cli_warn(
            "after a power cut before that it would stay on: nothing runs 'commissioned-auth-off "
            "--unconfirmed' early in a boot here");
    printf(
        "\nIf no program starts any more, this still does (in a shell that is open):\n\n    %s\n",
        switch_off_program(off) ? off : ": >/etc/ld.so.preload");
}

/* Whoever was to take it back has ended before his time. */
static int watch_again(const struct switch_tree *tree, unsigned seconds)
{
    int status = begin_watch(tree, seconds);
    if (status == CLI_OK)
        say_how_to_go_on(tree, seconds);
    return status;
}

static int already_on(const struct switch_tree *tree, unsigned seconds, bool dry)
{
    bool for_good = seconds == 0;
    struct switch_mark mark;
    if (dry)
        return for_good ? switch_plan_confirm(tree) : (puts("on already"), CLI_OK);
    if (for_good && mark_clear(tree->etc) != 0)
        return switch_failed(tree, "/etc/" MARK_NAME);
    bool pends = switch_pends(tree, &mark);
    puts(pends ? "on already, and not yet confirmed: '" CLI_NAME " enable --confirm' keeps it"
               : "on already");
    if (!pends || (mark_is_of_this_boot(&mark) && mark_has_watcher(&mark)))
        return CLI_OK;
    return watch_again(tree, seconds);
}

struct wish {
    bool trial;
    bool dry;
    unsigned seconds; /* 0: for good */
};

static int write_it(struct switch_tree *tree, const char *entry, const char *text, bool trial,
                    unsigned seconds)
{
    struct switch_mark mark;
    bool pended = switch_is_on(tree) && switch_pends(tree, &mark);
    int status = CLI_OK;
    if (trial)
        status = switch_trial(tree, entry);
    if (status == CLI_OK && seconds > 0)
        status = begin_watch(tree, seconds);
    if (status == CLI_OK)
        status = name_it(tree, text, seconds > 0, pended);
    if (status != CLI_OK)
        return status;
    warn_of_other_abis(tree, entry);
    warn_of_apparmor(tree, entry);
    printf("on: %s names %s\n", tree->file, entry);
    say_how_to_go_on(tree, seconds);
    return CLI_OK;
}

static int switch_on(struct switch_tree *tree, const struct wish *wish)
{
    char entry[PATH_MAX];
    auto_free char *text = NULL;
    int status = switch_find_library(tree, entry);
    if (status == CLI_OK && (text = preload_with(tree->text, entry)) == NULL)
        status = cli_fail(CLI_FAILED, "out of memory");
    if (status != CLI_OK)
        return status;
    if (strcmp(text, tree->text) == 0)
        return already_on(tree, wish->seconds, wish->dry);
    if (wish->dry)
        return switch_plan_on(tree, entry, wish->trial, wish->seconds);
    return write_it(tree, entry, text, wish->trial, wish->seconds);
}

static bool read_seconds(const char *word, unsigned *seconds)
{
    *seconds = SWITCH_DEFAULT_WAIT;
    return word == NULL || (text_number_read(word, MAX_WAIT, seconds) && *seconds > 0);
}

/* Options of which one says the contrary of the other. */
static int check_options(const struct cli_call *call)
{
    if (call->value[ENABLE_YES] != NULL && call->value[ENABLE_CONFIRM] != NULL)
        return cli_fail(CLI_FAILED, "--yes switches on, --confirm keeps what was switched on "
                                    "before: give one of them");
    if (call->value[ENABLE_WAIT] != NULL && call->value[ENABLE_CONFIRM] != NULL)
        return cli_fail(CLI_FAILED, "--confirm does not take it back, --wait does: give one of "
                                    "them");
    if (call->value[ENABLE_YES] != NULL && call->value[ENABLE_WAIT] != NULL)
        return cli_fail(CLI_FAILED, "--yes does not take it back, --wait does: give one of them");
    return CLI_OK;
}

/* musl's loader knows LD_PRELOAD alone. */
#ifdef __GLIBC__
enum { LIST_IS_READ = true };
#else
enum { LIST_IS_READ = false };
#endif

static int enable(const struct cli_call *call)
{
    auto_tree struct switch_tree tree = {.top = -1, .etc = -1, .lock = -1};
    const char *root = call->value[ENABLE_ROOT];
    bool yes = call->value[ENABLE_YES] != NULL;
    struct wish wish = {call->value[ENABLE_NO_TRIAL] == NULL, call->value[ENABLE_DRY_RUN] != NULL,
                        0};
    if (!LIST_IS_READ)
        return cli_fail(CLI_FAILED,
                        "musl, the C library here, reads no /etc/ld.so.preload: start each program "
                        "by '" CLI_NAME " run', or set LD_PRELOAD for it");
    int status = check_options(call);
    if (status == CLI_OK && !read_seconds(call->value[ENABLE_WAIT], &wish.seconds))
        status = cli_fail(CLI_FAILED, "--wait: '%s' is not a number of seconds from 1 to %d",
                          call->value[ENABLE_WAIT], MAX_WAIT);
    if (status == CLI_OK && !wish.dry)
        status = ask_for_root("enable",
                              call->value[ENABLE_CONFIRM] != NULL ? " --confirm"
                              : yes                               ? " --yes"
                                                                  : "",
                              root);
    if (status != CLI_OK)
        return status;
    if (call->value[ENABLE_CONFIRM] != NULL)
        return confirm(root, wish.dry);
    if (yes)
        wish.seconds = 0;
    status = switch_open(&tree, root, wish.dry ? SWITCH_LOOK : SWITCH_CHANGE);
    if (status == CLI_OK)
        status = switch_on(&tree, &wish);
    return wish.dry ? status : account_of(&tree, yes ? "enable --yes" : "enable", root, status);
}

static int disable_now(const char *root)
{
    auto_tree struct switch_tree tree = {.top = -1, .etc = -1, .lock = -1};
    int status = switch_open(&tree, root, SWITCH_OFF);
    if (status == CLI_OK)
        status = switch_off(&tree);
    account_of(&tree, "disable", root, status);
    if (status == CLI_FAILED)
        return status;
    puts(status == CLI_OK ? "off: programs that run keep the library until they end"
                          : "off already");
    if (*tree.root == '\0')
        processes_tell_holders();
    return CLI_OK;
}

static int disable(const struct cli_call *call)
{
    auto_tree struct switch_tree tree = {.top = -1, .etc = -1, .lock = -1};
    const char *root = call->value[DISABLE_ROOT];
    int status;
    if (call->value[DISABLE_DRY_RUN] == NULL)
        return (status = ask_for_root("disable", "", root)) == CLI_OK ? disable_now(root) : status;
    status = switch_open(&tree, root, SWITCH_LOOK);
    return status == CLI_OK ? switch_plan_off(&tree) : status;
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
    .about = "Take the library out of /etc/ld.so.preload, also where the library is gone\n"
             "or the disk is full. Where no program starts any more: commissioned-auth-off.\n",
    .options = disable_options,
    .run = disable,
};
