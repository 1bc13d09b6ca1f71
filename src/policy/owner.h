/*
 * owner.h - whose a file is, and what an id is worth. For src/policy alone.
 *
 * The kernel shows every id that has no number in the process's user namespace, and NFS every owner
 * that it does not know or squashes, as one: nobody's, 65534. Who bears it is not known to be the
 * owner of what bears it too. So nobody owns nothing here, also where he is a user of his own.
 * Source:  user_namespaces(7), exports(5), proc(5).
 *
 * Errors:  what cannot be read counts as unknown.
 * Threads: any.
 */
#ifndef COMMISSIONED_OWNER_H
#define COMMISSIONED_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NOBODY = 65534 }; /* include/linux/highuid.h, exports(5) */

/* True for root, and for `euid` itself unless that is nobody. */
bool owner_is_trusted(uid_t owner, uid_t euid);

bool owner_is_nobody(uid_t owner);

/* False where the id of a process may stand for any that has no number here. */
bool owner_knows_user(uid_t id);
bool owner_knows_group(gid_t id);

#endif
