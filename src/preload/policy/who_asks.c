#include "preload/policy/who_asks.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/ids.h"
#include "core/names.h"
#include "preload/policy/interprets.h"

struct policy_image *who_asks_build(policy_build_function *function, const struct places *places)
{
    struct policy_request request = {
        .abi = POLICY_IMAGE_ABI,
        .env_file = places->env_file,
        .user_file = places->user_file,
        .system_file = PLACES_SYSTEM_FILE,
        .self = true,
        .interpreter = interprets_what(),
        .credentials = secure_getenv("CREDENTIALS_DIRECTORY"),
        .env_key = secure_getenv(KEY_VARIABLE),
        .env_openai = secure_getenv(OPENAI_KEY_VARIABLE),
    };
    return function(&request);
}

struct policy_image *who_asks_again(policy_build_function *function,
                                    const struct policy_image *image)
{
    struct policy_request request = {.abi = POLICY_IMAGE_ABI, .again = image};
    return function(&request);
}

bool who_asks_is_in_same_groups(const struct policy_image *image)
{
    return who_asks_is_in_same_group(image) && ids_groups_sum(image->groups) == image->groups;
}
