/*
 * ids.h - the effective ids of the calling thread, asked of the kernel.
 *
 * The C library's functions may be another library's (fakeroot, uid_wrapper), which tell a program
 * what it likes to hear.
 *
 * Errors: a system that forbids to ask (seccomp) leaves *id as it was. errno is kept.
 * Threads: any; ids are a thread's own where it called setresuid(2) past the C library.
 */
#ifndef COMMISSIONED_IDS_H
#define COMMISSIONED_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void ids_user(uid_t *id);
void ids_group(gid_t *id);

struct ids_users {
    uid_t real;
    uid_t effective;
    uid_t saved;
};
bool ids_users(struct ids_users *users);

/* True for root, and where the real, effective and saved user are not one. */
bool ids_may_change(void);

/* The supplementary groups: fills at most `room`, returns how many there are. */
size_t ids_groups(gid_t *groups, size_t room);

/* One number for a list of groups, in its order. Pure. */
uint64_t ids_sum(const gid_t *groups, size_t count);

/* The sum of the supplementary groups, or `otherwise` where they cannot be asked for. */
uint64_t ids_groups_sum(uint64_t otherwise);

#endif
