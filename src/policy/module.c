/*
 * The entry of the policy module, called by the preloaded library.
 *
 * MUST NOT: read the environment, write to a descriptor, change the host's locale, end the process.
 *
 * A policy means the same whatever the host's language: libconfig reads it in the "C" locale, which
 * is built in, so that newlocale(3) allocates nothing for it. Where the module needs a link
 * namespace (dlmopen(3): a shared libconfig), the C library that it calls is a copy of its own, and
 * uselocale(3) does more: glibc points a thread's character tables (isalpha and the like, which
 * libconfig uses) at a locale when the thread starts, and in the copy that started it only. In ours
 * they are NULL for every thread but the one that loaded us until then.
 */
#include <errno.h>
#include <locale.h>

#include "core/cleanup.h"
#include "core/export.h"
#include "policy/config.h"

static struct policy_image *build(const struct policy_request *request)
{
    struct policy_config *config =
        request->again != NULL ? policy_config_again(request) : policy_config_read(request);
    struct policy_image *image = NULL;
    bool read = config != NULL && (config->exists || config->has_drop_ins);
    if (read && request->again == NULL && config->error == NULL && config->denied_by == POLICY_NONE)
        read = policy_config_read_keys(config, request, POLICY_KEYS_MATCHING);
    if (read)
        image = policy_config_pack(config);
    policy_config_free(config);
    return image;
}

EXPORT struct policy_image *commissioned_policy_build(const struct policy_request *request)
{
    if (request->abi != POLICY_IMAGE_ABI)
        return NULL;
    auto_errno int saved = errno;
    locale_t before = uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
    struct policy_image *image = build(request);
    uselocale(before); /* libconfig puts the global one in its place */
    return image;
}
