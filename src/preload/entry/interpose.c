/*
 * The exported functions of the easy interface; with interpose_multi.c and interpose_dl.c, nothing
 * else is exported. Each one looks up, notes and forwards; what is decided is decided elsewhere. A
 * call that comes out of libcurl itself goes through untouched, and so does one on a handle that
 * nobody saw being made.
 */
#include <stdarg.h>

#include <curl/curl.h>

#include "core/export.h"
#include "preload/binding/caller.h"
#include "preload/entry/call.h"
#include "preload/request/handle.h"
#include "preload/request/midway.h"
#include "preload/request/transfer.h"

#undef curl_easy_setopt

EXPORT CURL *curl_easy_init(void)
{
    const struct provider *provider = caller_main_provider(CALLER);
    if (provider == NULL)
        return handle_easy_init(caller_origin(CALLER), CALLER);
    CURL *easy = provider->real.easy_init();
    if (easy != NULL)
        handle_record(easy, provider);
    return easy;
}

EXPORT CURL *curl_easy_duphandle(CURL *easy)
{
    struct call call = call_on(easy, CALLER);
    const struct real *real = call.real;
    struct record *from = call.record;
    if (real == NULL)
        return NULL;
    CURL *copy = real->easy_duphandle(easy);
    if (copy == NULL || from == NULL)
        return copy;
    struct record *record = handle_record(copy, from->provider);
    if (record == NULL) {
        /* It holds our pointers and there is nobody to take them off. */
        real->easy_cleanup(copy);
        return NULL;
    }
    record_copy(record, from);
    transfer_scrub(record, from);
    return copy;
}

EXPORT void curl_easy_reset(CURL *easy)
{
    struct call call = call_on(easy, CALLER);
    const struct real *real = call.real;
    struct record *record = call.record;
    if (record != NULL)
        transfer_cut(record);
    if (real != NULL)
        real->easy_reset(easy);
    if (record != NULL)
        record_reset(record);
}

EXPORT void curl_easy_cleanup(CURL *easy)
{
    struct call call = call_on(easy, CALLER);
    const struct real *real = call.real;
    struct record *record = call.record;
    if (record != NULL) {
        transfer_cut(record);
        record_leave(record);
        /* Before libcurl gives the address back, for another thread may get it at once. */
        record_remove(record);
    }
    if (real != NULL)
        real->easy_cleanup(easy);
    if (record != NULL)
        record_free(record);
}

EXPORT CURLcode curl_easy_perform(CURL *easy)
{
    struct call call = call_on(easy, CALLER);
    const struct real *real = call.real;
    struct record *record = call.record;
    if (real == NULL)
        return CURLE_FAILED_INIT;
    /* A handle that is in a multi, or performs already, is libcurl's to refuse. */
    if (record == NULL || record->state & RECORD_ACTIVE)
        return real->easy_perform(easy);
    transfer_begin(record);
    if (record->rare != NULL)
        midway_start(record);
    CURLcode code = CURLE_ABORTED_BY_CALLBACK; /* what a failed hop answers */
    if (!(record->state & RECORD_FAILED))
        code = real->easy_perform(easy);
    return transfer_end(record, code);
}

static CURLcode set_kept(CURL *easy, CURLoption option, uintptr_t argument, const void *caller)
{
    struct call call = call_on(easy, caller);
    const struct real *real = call.real;
    struct record *record = call.record;
    if (real == NULL)
        return CURLE_FAILED_INIT;
    if (record == NULL) {
        /* Nobody's handle may share its connections with one that is somebody's. */
        if (option == CURLOPT_SSL_CTX_FUNCTION && argument != 0)
            provider_taint((const struct provider *)real);
        return real->easy_setopt(easy, option, argument);
    }
    if (record->state & RECORD_ACTIVE)
        return midway_setopt(record, option, argument);
    if (option == CURLOPT_PREREQFUNCTION || option == CURLOPT_PREREQDATA)
        transfer_unhook(record);
    CURLcode code = real->easy_setopt(easy, option, argument);
    if (code == CURLE_OK)
        record_note(record, option, argument);
    return code;
}

static bool is_kept(CURLoption option)
{
    return record_kept[(unsigned)option & RECORD_KEPT_MASK] == (uint16_t)option;
}

/* Not inlined: the fast path in front of it must stay free of saved registers. */
__attribute__((noinline)) static CURLcode easy_setopt_slow(CURL *easy, CURLoption option,
                                                           uintptr_t argument, const void *caller)
{
    if (is_kept(option) && option != CURLOPT_URL)
        return set_kept(easy, option, argument, caller);
    struct call call = call_on(easy, caller);
    if (call.record != NULL && (record_keeps_of(call.record->provider, option) ||
                                (is_kept(option) && call.record->state & RECORD_ACTIVE)))
        return set_kept(easy, option, argument, caller);
    const struct real *real = call.real;
    return real != NULL ? real->easy_setopt(easy, option, argument) : CURLE_FAILED_INIT;
}

#ifdef __LP64__

/* The functions' names in C differ so that curl.h's variadic prototypes
 * may stand: see provider.h. */
EXPORT CURLcode exported_easy_setopt(CURL *easy, CURLoption option,
                                     uintptr_t argument) __asm__("curl_easy_setopt");

CURLcode exported_easy_setopt(CURL *easy, CURLoption option, uintptr_t argument)
{
    /* Read plainly, which spares an instruction: what makes the handle was published before. */
    if (__builtin_expect(!is_kept(option) && provider_sole != NULL, 1))
        return provider_sole_setopt(easy, option, argument);
    return easy_setopt_slow(easy, option, argument, CALLER);
}

#else

EXPORT CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list list;
    va_start(list, option);
    CURLcode code = CURLE_FAILED_INIT;
    if (is_wide((int)option)) {
        const struct real *real = real_for(easy, CALLER);
        if (real != NULL)
            code = real->easy_setopt(easy, option, va_arg(list, curl_off_t));
    } else {
        code = easy_setopt_slow(easy, option, va_arg(list, uintptr_t), CALLER);
    }
    va_end(list);
    return code;
}

#endif
