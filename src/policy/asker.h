/*
 * asker.h - which program asks, and what it interprets. For src/policy alone.
 *
 * What cannot be known matches every deny and no rule. So a file that is not known is something
 * else than none: a program that interprets nothing is known to, and so is `-c`.
 *
 * Ownership: strings belong to the request, to the arena or to process.c.
 * Threads:   one at a time, as the module is called.
 */
#ifndef COMMISSIONED_ASKER_H
#define COMMISSIONED_ASKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "commissioned/policy_image.h"
#include "policy/arena.h"
#include "policy/match_path.h"

struct asker {
    struct asked_file program;
    struct asked_file script;
};

/* Who the request is for: this process where it says `self`, else what it names. False where the
 * answer is for now alone (passing.h). `names_scripts`: the policy has lists of them. */
bool asker_take(struct asker *asker, const struct policy_request *request, struct arena *arena,
                bool names_scripts);

/* ---- process.c ------------------------------------------------------------------------------- */

/*
 * This process. What is known of it stays known: a later chroot or chdir does not change it.
 * `interpreter` is as in policy_image.h. False as above.
 */
bool process_read(struct asker *asker, const char *interpreter, bool names_scripts);

#endif
