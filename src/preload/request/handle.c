#include "preload/request/handle.h"

#include "preload/request/transfer.h"

struct record *handle_record_slow(void *handle, const struct provider *provider)
{
    struct record *stale = record_find(handle);
    if (stale != NULL)
        transfer_forget(stale);
    return record_make_slow(handle, provider);
}

static void note(void *handle, struct origin_of_call origin, uint32_t state)
{
    if (handle == NULL || origin.provider->version == 0) /* see pass_through.h */
        return;
    struct record *record = handle_record(handle, origin.provider);
    if (record == NULL)
        return;
    record->state = state;
    record->facts = origin.ambiguous ? HOP_AMBIGUOUS : 0;
}

CURL *handle_easy_init(struct origin_of_call origin, const void *caller)
{
    if (origin.provider == NULL)
        return NULL;
    if (provider_is_caller(origin.provider, caller))
        return origin.provider->real.easy_init();
    CURL *easy = origin.provider->real.easy_init();
    note(easy, origin, 0);
    return easy;
}

CURLM *handle_multi_init(struct origin_of_call origin, const void *caller)
{
    if (origin.provider == NULL)
        return NULL;
    if (provider_is_caller(origin.provider, caller))
        return origin.provider->real.multi_init();
    CURLM *multi = origin.provider->real.multi_init();
    note(multi, origin, RECORD_MULTI);
    return multi;
}

/* C has no closures: a pair of functions for each of MAX_PROVIDERS numbers. */
#define FOR_EACH_PROVIDER(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#define ENTRIES(number)                                                                            \
    static CURL *easy_init_##number(void)                                                          \
    {                                                                                              \
        struct origin_of_call origin = {provider_at(number), false};                               \
        return handle_easy_init(origin, __builtin_return_address(0));                              \
    }                                                                                              \
    static CURLM *multi_init_##number(void)                                                        \
    {                                                                                              \
        struct origin_of_call origin = {provider_at(number), false};                               \
        return handle_multi_init(origin, __builtin_return_address(0));                             \
    }
FOR_EACH_PROVIDER(ENTRIES)

/* Switches rather than tables of pointers, each of which would be a relocation at start-up. */
#define EASY_CASE(number)                                                                          \
    case number:                                                                                   \
        return (void *)easy_init_##number;
#define MULTI_CASE(number)                                                                         \
    case number:                                                                                   \
        return (void *)multi_init_##number;

void *handle_easy_entry(unsigned provider)
{
    switch (provider) {
        FOR_EACH_PROVIDER(EASY_CASE)
    }
    return NULL;
}

void *handle_multi_entry(unsigned provider)
{
    switch (provider) {
        FOR_EACH_PROVIDER(MULTI_CASE)
    }
    return NULL;
}
_Static_assert(MAX_PROVIDERS == 8, "one entry a provider");
