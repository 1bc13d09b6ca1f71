/*
 * remedy_parts.h - what the remedies ask of the machine and of who asks, and how one is put down.
 * For the other remedies alone.
 *
 * `euid` is the asking user. Of another one than the process's own no group is known but the one
 * that has his number, which is his by the custom of all distributions.
 * Threads: one at a time, as remedy.h. Errors: none; what cannot be asked is answered with no.
 */
#ifndef COMMISSIONED_REMEDY_PARTS_H
#define COMMISSIONED_REMEDY_PARTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy/owner.h"
#include "policy/sentence.h"

#define CREDENTIALS "/run/credentials" /* systemd.exec(5) */

enum { GROUP_USERS = 100 }; /* of everybody, on Debian and elsewhere */

void remedy_say(struct complaint *why, const char *target, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The mount of `path` is to be read alone. */
bool remedy_read_only(const char *path);

/* Its file system is one on which chmod(2) answers 0 and changes nothing, or is refused. */
bool remedy_no_modes(const char *path);

/* Kubernetes writes a volume's files into ..TIME, which the link ..data leads to. */
bool remedy_projected(const char *path);

/* That, or the process is in a pod. */
bool remedy_in_kubernetes(const char *path);

gid_t remedy_group(uid_t euid);
bool remedy_in_group(uid_t euid, gid_t gid);

/* His group may read a key: it is his own, or a service's, and not one that all are in. */
bool remedy_group_is_narrow(uid_t euid);

/* The folder where his files count. */
const char *remedy_place(uid_t euid);

/* "as root, " unless he can do it himself. */
const char *remedy_as_root(uid_t owner, uid_t euid);

/* A folder of ours, or one whose owner can be root alone: chown takes it from nobody. */
bool remedy_is_system_folder(const char *path);

/* A user to whom no file can be given, for who has his number tomorrow? Then that is the remedy. */
bool remedy_passing_user(struct complaint *why, uid_t euid);

#endif
