/*
 * ids.h - the effective ids of the calling thread, asked of the kernel.
 *
 * The C library's functions may be another library's (fakeroot, uid_wrapper), which tell a program
 * what it likes to hear.
 *
 * Errors:  a system that forbids to ask (seccomp) leaves *id as it was. errno is kept.
 * Threads: any; ids are a thread's own where it called setresuid(2) past the C library.
 */
#ifndef COMMISSIONED_IDS_H
#define COMMISSIONED_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

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

/*
 * geteuid(2) and getegid(2) by themselves, for they come with every request: a tenth of what
 * syscall(2) takes, with the errno that has to be kept around it. Negative where the system forbids
 * it.
 */
long ids_ask_user(void);
long ids_ask_group(void);

#ifdef __x86_64__
static inline long ids_ask_now(long answer)
{
    __asm__ volatile("syscall" : "+a"(answer) : : "rcx", "r11", "memory");
    return answer;
}
#define ids_ask_user_now()  ids_ask_now(SYS_geteuid)
#define ids_ask_group_now() ids_ask_now(SYS_getegid)
#else
#define ids_ask_user_now  ids_ask_user
#define ids_ask_group_now ids_ask_group
#endif

static inline void ids_user(uid_t *id)
{
    long answer = ids_ask_user_now();
    if (answer >= 0)
        *id = (uid_t)answer;
}

static inline void ids_group(gid_t *id)
{
    long answer = ids_ask_group_now();
    if (answer >= 0)
        *id = (gid_t)answer;
}

/* The sum of the supplementary groups, or `otherwise` where they cannot be asked for. */
uint64_t ids_groups_sum(uint64_t otherwise);

#endif
