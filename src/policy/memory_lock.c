#include "policy/memory_lock.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_capability(unsigned number)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &head, sets) == 0 &&
           (sets[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number)) != 0;
}

static bool is_counted(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

void memory_lock(const void *memory, size_t size)
{
    if (!is_counted() || has_capability(CAP_IPC_LOCK))
        mlock(memory, size);
}
