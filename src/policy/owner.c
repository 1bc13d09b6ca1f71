#include "policy/owner.h"

#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "policy/kernel_file.h"

#define NOBODY_OF_NFS 4294967294u          /* -2, as older NFS clients show it */
#define ALL_IDS       UINT64_C(4294967295) /* user_namespaces(7): the initial one maps so many */

/* The number that a file of one line holds; false where it cannot be read. */
static bool read_number(const char *path, uint32_t *number)
{
    char *end;
    auto_free char *text = kernel_file(path, 64, NULL);
    if (text == NULL)
        return false;
    unsigned long value = strtoul(text, &end, 10);
    if (end != text)
        *number = (uint32_t)value;
    return end != text;
}

/* The number that stands for all that have none; it is asked for until there is an answer. */
static uint32_t overflow(const char *path, uint32_t *cached)
{
    uint32_t number = __atomic_load_n(cached, __ATOMIC_RELAXED);
    if (number == 0 && read_number(path, &number))
        __atomic_store_n(cached, number, __ATOMIC_RELAXED);
    return number != 0 ? number : NOBODY;
}

static uint32_t overflow_user(void)
{
    static uint32_t cached;
    return overflow("/proc/sys/kernel/overflowuid", &cached);
}

static uint32_t overflow_group(void)
{
    static uint32_t cached;
    return overflow("/proc/sys/kernel/overflowgid", &cached);
}

bool owner_is_nobody(uid_t owner)
{
    return owner != 0 && (owner == NOBODY || owner == NOBODY_OF_NFS || owner == overflow_user());
}

bool owner_is_trusted(uid_t owner, uid_t euid)
{
    return owner == 0 || (owner == euid && !owner_is_nobody(owner));
}

/* True where every id has a number: then the last one is a user like any other. */
static bool maps_all(const char *path)
{
    enum { MAX_MAP = 64 * 1024 };
    unsigned long long sum = 0;
    auto_free char *text = kernel_file(path, MAX_MAP, NULL);
    char *end = text;
    for (char *line = text; line != NULL && *line != '\0'; line = end + strspn(end, " \n")) {
        strtoull(line, &end, 10); /* inside */
        strtoull(end, &end, 10);  /* outside */
        sum += strtoull(end, &end, 10);
        if (end == line)
            break;
    }
    return sum >= ALL_IDS;
}

bool owner_knows_user(uid_t id)
{
    return id != overflow_user() || maps_all("/proc/self/uid_map");
}

bool owner_knows_group(gid_t id)
{
    return id != overflow_group() || maps_all("/proc/self/gid_map");
}
