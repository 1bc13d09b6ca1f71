#include "preload/entry/call.h"

#include "preload/binding/caller.h"

struct call call_on_slow(const void *handle, const void *caller)
{
    struct record *record = record_find(handle);
    const struct provider *provider =
        record != NULL ? record->provider : caller_origin(caller).provider;
    if (record != NULL && provider_is_caller(provider, caller))
        record = NULL;
    return (struct call){provider != NULL ? &provider->real : NULL, record};
}
