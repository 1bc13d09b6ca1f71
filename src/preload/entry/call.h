/*
 * call.h - whose call an exported function has: which libcurl's, and on which known handle.
 *
 * Threads: any; a record is used by the thread that uses its handle.
 * Errors:  NULL. errno is kept.
 */
#ifndef COMMISSIONED_CALL_H
#define COMMISSIONED_CALL_H

#include "preload/libcurl/provider.h"
#include "preload/record/record.h"

#define CALLER __builtin_return_address(0)

struct call {
    const struct real *real; /* the real functions; NULL: there is no libcurl */
    struct record *record;   /* NULL: not known, or libcurl itself is calling */
};

/* Several libcurls, or none yet. */
struct call call_on_slow(const void *handle, const void *caller);

static inline struct call call_on(const void *handle, const void *caller)
{
    const struct provider *sole = __atomic_load_n(&provider_sole, __ATOMIC_ACQUIRE);
    if (__builtin_expect(sole == NULL, 0))
        return call_on_slow(handle, caller);
    return (struct call){&sole->real,
                         provider_is_caller(sole, caller) ? NULL : record_find(handle)};
}

static inline const struct real *real_for(const void *handle, const void *caller)
{
    const struct provider *sole = __atomic_load_n(&provider_sole, __ATOMIC_ACQUIRE);
    return __builtin_expect(sole != NULL, 1) ? &sole->real : call_on_slow(handle, caller).real;
}

/*
 * The real functions where the sole libcurl itself is calling: a perform makes five such calls. It
 * stands first in what it calls, so that they cost next to nothing.
 */
static inline const struct real *own_call(const void *caller)
{
    const struct provider *sole = __atomic_load_n(&provider_sole, __ATOMIC_ACQUIRE);
    return sole != NULL && provider_is_caller(sole, caller) ? &sole->real : NULL;
}

/* The record of a handle, for a caller that own_call knows not to be the sole libcurl. */
static inline struct record *record_for(const void *handle, const void *caller)
{
    bool sole = __atomic_load_n(&provider_sole, __ATOMIC_ACQUIRE) != NULL;
    return __builtin_expect(sole, 1) ? record_find(handle) : call_on_slow(handle, caller).record;
}

/* A curl_off_t fills two words here, all else one: CURLOPTTYPE_OFF_T in curl.h. */
static inline bool is_wide(int option)
{
    return option / 10000 == CURLOPTTYPE_OFF_T / 10000;
}

#endif
