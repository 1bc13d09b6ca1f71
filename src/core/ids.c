#include "core/ids.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"

/* Where there are two, the plain ones have 16 bits. */
#ifdef SYS_geteuid32
#define ASK_USER   SYS_geteuid32
#define ASK_GROUP  SYS_getegid32
#define ASK_GROUPS SYS_getgroups32
#define ASK_USERS  SYS_getresuid32
#else
#define ASK_USER   SYS_geteuid
#define ASK_GROUP  SYS_getegid
#define ASK_GROUPS SYS_getgroups
#define ASK_USERS  SYS_getresuid
#endif

enum { MAX_USUAL_GROUPS = 64 };

long ids_ask_user(void)
{
    auto_errno int saved = errno;
    long answer = syscall(ASK_USER);
    return answer;
}

long ids_ask_group(void)
{
    auto_errno int saved = errno;
    long answer = syscall(ASK_GROUP);
    return answer;
}

bool ids_users(struct ids_users *users)
{
    auto_errno int saved = errno;
    long answer = syscall(ASK_USERS, &users->real, &users->effective, &users->saved);
    return answer == 0;
}

bool ids_may_change(void)
{
    struct ids_users users;
    return !ids_users(&users) || users.effective == 0 || users.real != users.effective ||
           users.saved != users.effective;
}

/* -1 where they cannot be had. */
static long ask_groups(gid_t *groups, size_t room)
{
    return syscall(ASK_GROUPS, (long)room, groups);
}

size_t ids_groups(gid_t *groups, size_t room)
{
    auto_errno int saved = errno;
    long count = ask_groups(NULL, 0);
    if (count > 0 && (size_t)count <= room)
        count = ask_groups(groups, room);
    return count > 0 ? (size_t)count : 0;
}

/* 64-bit FNV-1a (draft-eastlake-fnv). */
uint64_t ids_sum(const gid_t *groups, size_t count)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < count; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            sum = (sum ^ ((groups[i] >> shift) & 0xff)) * UINT64_C(1099511628211);
    return sum;
}

static uint64_t sum_of_many(size_t count, uint64_t otherwise)
{
    size_t size = count * sizeof(gid_t);
    gid_t *groups = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (groups == MAP_FAILED)
        return otherwise;
    long got = ask_groups(groups, count);
    uint64_t sum = got >= 0 ? ids_sum(groups, (size_t)got) : otherwise;
    munmap(groups, size);
    return sum;
}

uint64_t ids_groups_sum(uint64_t otherwise)
{
    gid_t groups[MAX_USUAL_GROUPS];
    auto_errno int saved = errno;
    long count = ask_groups(groups, MAX_USUAL_GROUPS);
    uint64_t sum = count >= 0 ? ids_sum(groups, (size_t)count) : otherwise;
    if (count < 0 && errno == EINVAL && (count = ask_groups(NULL, 0)) > 0)
        sum = sum_of_many((size_t)count, otherwise);
    return sum;
}
