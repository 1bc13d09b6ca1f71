/*
 * cli/switch_mark.h - the mark of a switch that waits for its confirmation.
 *
 * File:    ld.so.preload.pending beside ld.so.preload, and so on the same disk: after a power cut
 *          either both are there or the mark alone. "WATCHER UNTIL BOOT\n", or "WATCHER UNTIL BOOT
 *          KEPT\n".
 * Rule:    a mark of another boot has no watcher any more: the switch is to be taken back.
 * Kept:    the entry that was confirmed before. While the list still names it, the enable that
 *          wrote the mark has not come to its end, and there is nothing to take back.
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_SWITCH_MARK_H
#define COMMISSIONED_CLI_SWITCH_MARK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#define MARK_NAME "ld.so.preload.pending"

enum { BOOT_ID_SIZE = 40 };

struct switch_mark {
    pid_t watcher;           /* the process that will take it back */
    time_t until;            /* seconds since the epoch */
    char boot[BOOT_ID_SIZE]; /* random(4), boot_id; "-" where that was not known */
    char kept[PATH_MAX];     /* "" where nothing was confirmed */
};

/* 1 and the mark (of nobody and of no boot, where the file holds something else); 0 where there is
 * none; -1 with errno where it could not be read. */
int mark_read(int etc, struct switch_mark *mark);

/* Writes a mark of this boot. 0, or -1 with errno. */
int mark_write(int etc, pid_t watcher, time_t until, const char *kept);

/* Removes it; fine where it is not there. 0, or -1 with errno. */
int mark_clear(int etc);

bool mark_is_of_this_boot(const struct switch_mark *mark);

/* False where it is certain that its process has ended, as by a signal that cannot be caught. */
bool mark_has_watcher(const struct switch_mark *mark);

#endif
