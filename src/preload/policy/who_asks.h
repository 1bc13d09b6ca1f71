/*
 * who_asks.h - the image for the process as it is, and whether it still is for it.
 *
 * Users and groups are the effective ones of the calling thread, asked of the kernel.
 *
 * Threads: builds one at a time (LOCK_BUILD), the rest any.
 * Errors:  NULL as the module gives it.
 */
#ifndef COMMISSIONED_WHO_ASKS_H
#define COMMISSIONED_WHO_ASKS_H

#include <stdbool.h>

#include "commissioned/policy_image.h"
#include "core/ids.h"
#include "core/places.h"

/* Reads the policy. */
struct policy_image *who_asks_build(policy_build_function *function, const struct places *places);

/* Judges the rules of an image anew, for the ids of now. */
struct policy_image *who_asks_again(policy_build_function *function,
                                    const struct policy_image *image);

static inline bool who_asks_is_in_same_group(const struct policy_image *image)
{
    gid_t group = image->egid;
    ids_group(&group);
    return group == image->egid;
}

bool who_asks_is_in_same_groups(const struct policy_image *image);

/* True where the image is for this user, and for these groups where that makes a difference. It
 * comes with every request. */
static inline bool who_asks_is_same(const struct policy_image *image)
{
    uid_t user = image->euid;
    ids_user(&user);
    return user == image->euid && (!image->names_groups || who_asks_is_in_same_groups(image));
}

/* The same, and the files it was made from may be read as they were. */
static inline bool who_asks_can_read(const struct policy_image *image)
{
    return who_asks_is_same(image) && who_asks_is_in_same_group(image);
}

#endif
