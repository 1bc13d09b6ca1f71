/*
 * The exported functions, and nothing else is exported. Each one looks up, notes and forwards; what
 * is decided is decided elsewhere. A call that comes out of libcurl itself goes through untouched,
 * and so does one on a handle that nobody saw being made.
 */
#include <stdarg.h>

#include <curl/curl.h>

#include "core/export.h"
#include "preload/binding/caller.h"
#include "preload/libcurl/provider.h"
#include "preload/record/record.h"
#include "preload/request/handle.h"
#include "preload/request/midway.h"
#include "preload/request/push.h"
#include "preload/request/transfer.h"

#undef curl_easy_setopt
#undef curl_multi_setopt

#define CALLER __builtin_return_address(0)

/* ---- whose call it is ------------------------------------------------------------------------ */

struct call {
    const struct real *real; /* the real functions; NULL: there is no libcurl */
    struct record *record;   /* NULL: not known, or libcurl itself is calling */
};

/* Several libcurls, or none yet. */
__attribute__((noinline)) static struct call call_on_slow(const void *handle, const void *caller)
{
    struct record *record = record_find(handle);
    const struct provider *provider =
        record != NULL ? record->provider : caller_origin(caller).provider;
    if (record != NULL && provider_is_caller(provider, caller))
        record = NULL;
    return (struct call){provider != NULL ? &provider->real : NULL, record};
}

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

/* ---- the easy interface ---------------------------------------------------------------------- */

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
    if (record == NULL)
        return real->easy_setopt(easy, option, argument);
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

__attribute__((noinline)) static CURLMcode multi_setopt_slow(CURLM *multi, CURLMoption option,
                                                             uintptr_t argument, const void *caller)
{
    struct call call = call_on(multi, caller);
    const struct real *real = call.real;
    struct record *record = call.record;
    if (real == NULL)
        return CURLM_INTERNAL_ERROR;
    if (record != NULL && (option == CURLMOPT_PUSHFUNCTION || option == CURLMOPT_PUSHDATA))
        return push_set(record, option, argument);
    return real->multi_setopt(multi, option, argument);
}

#ifdef __LP64__

/* The functions' names in C differ so that curl.h's variadic prototypes
 * may stand: see provider.h. */
EXPORT CURLcode exported_easy_setopt(CURL *easy, CURLoption option,
                                     uintptr_t argument) __asm__("curl_easy_setopt");
EXPORT CURLMcode exported_multi_setopt(CURLM *multi, CURLMoption option,
                                       uintptr_t argument) __asm__("curl_multi_setopt");

CURLcode exported_easy_setopt(CURL *easy, CURLoption option, uintptr_t argument)
{
    /* Read plainly, which spares an instruction: what makes the handle was published before. */
    if (__builtin_expect(!is_kept(option) && provider_sole != NULL, 1))
        return provider_sole_setopt(easy, option, argument);
    return easy_setopt_slow(easy, option, argument, CALLER);
}

CURLMcode exported_multi_setopt(CURLM *multi, CURLMoption option, uintptr_t argument)
{
    const struct real *own = own_call(CALLER);
    if (own != NULL)
        return own->multi_setopt(multi, option, argument);
    return multi_setopt_slow(multi, option, argument, CALLER);
}

#else

/* A curl_off_t fills two words here, all else one: CURLOPTTYPE_OFF_T in curl.h. */
static bool is_wide(int option)
{
    return option / 10000 == CURLOPTTYPE_OFF_T / 10000;
}

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

EXPORT CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list list;
    va_start(list, option);
    CURLMcode code = CURLM_INTERNAL_ERROR;
    if (is_wide((int)option)) {
        const struct real *real = real_for(multi, CALLER);
        if (real != NULL)
            code = real->multi_setopt(multi, option, va_arg(list, curl_off_t));
    } else {
        code = multi_setopt_slow(multi, option, va_arg(list, uintptr_t), CALLER);
    }
    va_end(list);
    return code;
}

#endif

/* ---- the multi interface --------------------------------------------------------------------- */

EXPORT CURLM *curl_multi_init(void)
{
    return handle_multi_init(caller_origin(CALLER), CALLER);
}

__attribute__((noinline)) static CURLMcode multi_add_handle_slow(CURLM *multi, CURL *easy,
                                                                 const void *caller)
{
    const struct real *real = real_for(multi, caller);
    struct record *record = record_for(easy, caller);
    struct record *head = record != NULL ? record_find(multi) : NULL;
    if (real == NULL)
        return CURLM_INTERNAL_ERROR;
    /* Without a head the handle could not be found again when the multi goes. */
    if (head == NULL || head->provider != record->provider || record->state & RECORD_ACTIVE)
        return real->multi_add_handle(multi, easy);
    record->state |= RECORD_WAITS;
    transfer_begin(record);
    /* Failed already: only an old libcurl, which has no later moment to be stopped at. */
    CURLMcode code = CURLM_INTERNAL_ERROR;
    if (!(record->state & RECORD_FAILED))
        code = real->multi_add_handle(multi, easy);
    if (code != CURLM_OK)
        transfer_cut(record);
    if (record->state & RECORD_ACTIVE) {
        record_join(head, record);
        head->state |= RECORD_WAITS;
    } else {
        record->state &= ~(uint32_t)RECORD_WAITS;
    }
    return code;
}

EXPORT CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    const struct real *own = own_call(CALLER);
    return own != NULL ? own->multi_add_handle(multi, easy)
                       : multi_add_handle_slow(multi, easy, CALLER);
}

__attribute__((noinline)) static CURLMcode multi_remove_handle_slow(CURLM *multi, CURL *easy,
                                                                    const void *caller)
{
    const struct real *real = real_for(multi, caller);
    struct record *record = record_for(easy, caller);
    if (real == NULL)
        return CURLM_INTERNAL_ERROR;
    CURLMcode code = real->multi_remove_handle(multi, easy);
    if (record != NULL && code == CURLM_OK) {
        transfer_cut(record);
        record_leave(record);
    }
    return code;
}

EXPORT CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    const struct real *own = own_call(CALLER);
    return own != NULL ? own->multi_remove_handle(multi, easy)
                       : multi_remove_handle_slow(multi, easy, CALLER);
}

__attribute__((noinline)) static CURLMsg *multi_info_read_slow(CURLM *multi, int *queued,
                                                               const void *caller)
{
    const struct real *real = real_for(multi, caller);
    CURLMsg *message = real != NULL ? real->multi_info_read(multi, queued) : NULL;
    if (message == NULL || message->msg != CURLMSG_DONE)
        return message;
    struct record *record = record_for(message->easy_handle, caller);
    if (record != NULL)
        message->data.result = transfer_end(record, message->data.result);
    return message;
}

EXPORT CURLMsg *curl_multi_info_read(CURLM *multi, int *queued)
{
    const struct real *own = own_call(CALLER);
    return own != NULL ? own->multi_info_read(multi, queued)
                       : multi_info_read_slow(multi, queued, CALLER);
}

/* Whoever drives a multi handle starts what was added to it. */
__attribute__((noinline)) static const struct real *drive(CURLM *multi, const void *caller)
{
    struct call call = call_on(multi, caller);
    if (call.record != NULL)
        midway_drive(call.record);
    return call.real;
}

EXPORT CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
    const struct real *real = own_call(CALLER);
    if (__builtin_expect(real == NULL, 0) && (real = drive(multi, CALLER)) == NULL)
        return CURLM_INTERNAL_ERROR;
    return real->multi_perform(multi, running);
}

EXPORT CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int events,
                                          int *running)
{
    const struct real *real = drive(multi, CALLER);
    return real != NULL ? real->multi_socket_action(multi, socket, events, running)
                        : CURLM_INTERNAL_ERROR;
}

EXPORT CURLMcode curl_multi_cleanup(CURLM *multi)
{
    struct call call = call_on(multi, CALLER);
    const struct real *real = call.real;
    struct record *head = call.record;
    if (real == NULL)
        return CURLM_INTERNAL_ERROR;
    if (head != NULL) {
        /* libcurl lets the transfers go without a word: curl_multi_cleanup(3). */
        while (head->multi_next != NULL) {
            struct record *record = head->multi_next;
            transfer_cut(record);
            record_leave(record);
        }
        record_remove(head);
    }
    CURLMcode code = real->multi_cleanup(multi);
    if (head != NULL)
        record_free(head);
    return code;
}
