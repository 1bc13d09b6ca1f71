/*
 * cli/take_back.h - an unconfirmed switch is taken back: after its time, when its watcher is told
 * to end, at the next boot.
 *
 * It must work on a machine where every new program fails: nothing is executed, and the same code
 * is in the static commissioned-auth-off. What it does, and what it could not do, is a line in the
 * journal.
 *
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_TAKE_BACK_H
#define COMMISSIONED_CLI_TAKE_BACK_H

#include "cli/preload_out.h"

#define STATE_FOLDER "/run/commissioned-auth"
#define LOCK_NAME    "lock"

/*
 * Switches off: our entries out of the list in the open folder, then the mark, then the entries
 * once more, because an enable that had begun before sees only from then on that its mark has gone.
 * On failure errno, and *file is the name of the file it was about.
 */
enum preload_out take_off(int etc, const char **file);

/* Blocks the signals that would end a watcher, so that none finds it with its default action. */
void take_back_block_signals(void);

/*
 * The watcher's life, with those signals blocked. It waits for `seconds` to pass or for one of the
 * signals, and takes the switch of the tree back; it ends without a change as soon as the mark in
 * its name has gone (confirmed, disabled) or is another's. `root` NULL: "/". 0, or 2 where it
 * failed.
 */
int take_back_watch(const char *root, unsigned seconds);

/* Early in a boot: takes back what was not confirmed before it. 0, also where there is nothing to
 * do; 2 where it failed. */
int take_back_of_other_boot(void);

#endif
