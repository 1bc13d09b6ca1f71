/*
 * cli/switch.h - the system-wide switch: /etc/ld.so.preload of a tree, and what is pending for it.
 *
 * Files:   ROOT/etc/ld.so.preload           what the loader reads in every program
 *          ROOT/etc/ld.so.preload.before    what it held before the last enable
 *          ROOT/etc/ld.so.preload.pending   there while the switch waits for its confirmation
 *          ROOT/run/commissioned-auth/lock  held while one of them is changed
 * Names:   all are looked up as the tree sees them, and never leave it (rooted.h).
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_SWITCH_H
#define COMMISSIONED_CLI_SWITCH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "cli/switch_mark.h"

enum {
    SWITCH_DEFAULT_WAIT = 60, /* seconds until an unconfirmed switch is taken back */
    SWITCH_WHY_SIZE = PATH_MAX + 256,
};

enum switch_use {
    SWITCH_LOOK,
    SWITCH_CHANGE, /* with the lock, waiting LOCK_FILE_WAIT for it */
    SWITCH_OFF,    /* with the lock if it is free: switching off never waits */
};

struct switch_tree {
    char root[PATH_MAX]; /* absolute, without trailing slash: "" for the running system */
    char file[PATH_MAX]; /* for messages */
    int top;             /* the tree's root folder (O_PATH), or -1 */
    int etc;             /* open folder ROOT/etc, or -1 */
    int lock;            /* held, or -1 */
    char *text;          /* of the file; "" where there is none; malloc'ed; NULL with SWITCH_OFF */
    char *seen;          /* the same as the loader sees it (preload_file.h); malloc'ed */
    bool exists;
};

/*
 * Opens a tree. `root` NULL means "/". Returns CLI_OK or an exit code, having said why.
 * switch_close is fine in each case.
 */
int switch_open(struct switch_tree *tree, const char *root, enum switch_use use);
void switch_close(struct switch_tree *tree);
#define auto_tree __attribute__((cleanup(switch_close)))

/* Says that `name`, a path in the tree, failed with errno, and what to do. CLI_FAILED. */
int switch_failed(const struct switch_tree *tree, const char *name);

/* Replaces the text, keeping the old one as a backup. Exit code. */
int switch_write(struct switch_tree *tree, const char *text);

/* Whether the list is still what it was when the tree was opened; no where it cannot be read. */
bool switch_is_as_read(const struct switch_tree *tree);

/* Takes our entries out, and the mark. CLI_OK; CLI_NO where there were none; CLI_FAILED, having
 * said why. */
int switch_off(struct switch_tree *tree);

/* Each tells what its verb would do to the tree, which is open to be looked at, and does nothing.
 * Exit code. seconds 0: for good. */
int switch_plan_on(const struct switch_tree *tree, const char *entry, bool trial, unsigned seconds);
int switch_plan_confirm(const struct switch_tree *tree);
int switch_plan_off(const struct switch_tree *tree);

/* Whether the text of the tree names us. */
bool switch_is_on(const struct switch_tree *tree);

/* The pending confirmation, if there is one. A mark that cannot be read is one: its watcher will
 * take the switch back. None is where the text of the tree has what was confirmed before. */
bool switch_pends(const struct switch_tree *tree, struct switch_mark *mark);

/* The entry of ours that is confirmed; "" where there is none, or several are. */
void switch_confirmed(const struct switch_tree *tree, char entry[PATH_MAX]);

/*
 * Starts the process that takes the switch back (take_back.h), in a session of its own and, where
 * systemd runs the machine, in a unit of its own, so that it outlives the service that ran the
 * command. Returns its id once no signal ends it without its doing; -1, having said why.
 */
pid_t switch_watch(const struct switch_tree *tree, unsigned seconds);

/* The static commissioned-auth-off beside the command, or where it was installed to. */
bool switch_off_program(char path[PATH_MAX]);

/*
 * The entry to write for the library that is installed in the tree, as its loader will read it: a
 * path without the root, with $LIB (ld.so(8)) where the library is there for several ABIs. Refuses
 * one that anybody but root could replace. Exit code.
 */
int switch_find_library(const struct switch_tree *tree, char entry[PATH_MAX]);

/*
 * The next file that the entry stands for, seen from here, without links: one, or with $LIB one an
 * ABI. *word counts along: start with 0. False at the end.
 */
bool switch_next_file(const struct switch_tree *tree, const char *entry, unsigned *word,
                      char file[PATH_MAX]);

/*
 * Does the system live with the library? Runs /bin/true, sudo -V, sshd -t and, for each ABI, a
 * transfer on loopback as root and as an ordinary user, without LD_PRELOAD and with the library,
 * and compares. Exit code.
 */
int switch_trial(const struct switch_tree *tree, const char *entry);

/*
 * Whether what the entry names can be loaded now: by the caller and, where that is asked, by
 * everybody. False and the sentence that says why not, its remedy at the end. Of a tree only files
 * are looked at.
 */
bool switch_loads(const struct switch_tree *tree, const char *entry, bool everybody,
                  char why[SWITCH_WHY_SIZE]);

#endif
