/*
 * cli/switch.h - the system-wide switch: /etc/ld.so.preload of a tree, and what is pending for it.
 *
 * Files:     ROOT/etc/ld.so.preload what the loader reads in every program
 *            ROOT/etc/ld.so.preload.before what it held before it was last changed by us
 *            ROOT/run/commissioned-auth/pending there while the switch waits for its confirmation
 *            Threads: none.
 * Processes: switch_open holds a lock on ROOT/run/commissioned-auth, so that one changes the files
 *            at a time.
 */
#ifndef COMMISSIONED_CLI_SWITCH_H
#define COMMISSIONED_CLI_SWITCH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

enum { SWITCH_DEFAULT_WAIT = 60 /* seconds until an unconfirmed switch is taken back */ };

struct switch_tree {
    char root[PATH_MAX]; /* absolute, without trailing slash: "" for the running system */
    char file[PATH_MAX]; /* for messages */
    int etc;             /* open folder ROOT/etc, or -1 */
    int state;           /* open folder ROOT/run/commissioned-auth, locked; or -1 where only read */
    char *text;          /* of the file; "" where there is none; malloc'ed */
    bool exists;
};

struct switch_pending {
    pid_t watcher; /* the process that will take it back */
    time_t until;  /* seconds since the epoch */
};

/*
 * Opens a tree. `root` NULL means "/". `change`: take the lock, making ROOT/run/commissioned-auth.
 * Returns CLI_OK or an exit code, having said why. switch_close is fine in each case.
 */
int switch_open(struct switch_tree *tree, const char *root, bool change);
void switch_close(struct switch_tree *tree);

/* Replaces the text, keeping the old one as a backup; "" removes the file. Exit code. */
int switch_write(struct switch_tree *tree, const char *text);

/* The pending confirmation, if there is one. */
bool switch_read_pending(const struct switch_tree *tree, struct switch_pending *pending);
int switch_write_pending(struct switch_tree *tree, const struct switch_pending *pending);
int switch_clear_pending(struct switch_tree *tree);

/*
 * Starts a process of its own session that takes the switch back after `seconds`, or at once when
 * it is told to end (SIGTERM at shutdown, SIGHUP, SIGINT), unless the pending mark with its id has
 * gone. It executes nothing, so a library that breaks every program does not break it. -1 with
 * errno.
 */
pid_t switch_watch(const char *root, unsigned seconds);

/*
 * The entry to write for the library that is installed in the tree, as its loader will read it: a
 * path without the root, with $LIB (ld.so(8)) where the library is there for several ABIs. `file`
 * is the library as it is found from here. Refuses one that anybody but root could replace. Exit
 * code.
 */
int switch_find_library(const char *root, char entry[PATH_MAX], char file[PATH_MAX]);

/* The file that an entry of the tree names, seen from here; false where there is none. */
bool switch_entry_exists(const char *root, const char *entry, size_t length);

/* Runs /bin/true, sudo -V and sshd -t without LD_PRELOAD and with `preload`, and compares exit
 * status and output; then looks whether the library `file` is loaded at all. Exit code. */
int switch_trial(const char *preload, const char *file);

/* Whether a program started with `preload` has the library `file` loaded. */
bool switch_is_loaded(const char *preload, const char *file);

#endif
