/* The exported functions of the multi interface: see interpose.c. */
#define CURL_DISABLE_DEPRECATION /* curl_multi_socket */
#include <stdarg.h>

#include <curl/curl.h>

#include "core/export.h"
#include "preload/binding/caller.h"
#include "preload/entry/call.h"
#include "preload/request/handle.h"
#include "preload/request/midway.h"
#include "preload/request/push.h"
#include "preload/request/transfer.h"

#undef curl_multi_setopt
#undef curl_multi_socket

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

EXPORT CURLMcode exported_multi_setopt(CURLM *multi, CURLMoption option,
                                       uintptr_t argument) __asm__("curl_multi_setopt");

CURLMcode exported_multi_setopt(CURLM *multi, CURLMoption option, uintptr_t argument)
{
    const struct real *own = own_call(CALLER);
    if (own != NULL)
        return own->multi_setopt(multi, option, argument);
    return multi_setopt_slow(multi, option, argument, CALLER);
}

#else

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
__attribute__((noinline)) static struct call drive(CURLM *multi, const void *caller)
{
    struct call call = call_on(multi, caller);
    if (call.record != NULL)
        midway_drive(call.record);
    return call;
}

/* What libcurl refused says nothing of how many there are. */
static inline CURLMcode driven(const struct call *call, CURLMcode code, const int *running)
{
    midway_driven(call->record, code == CURLM_OK ? running : NULL);
    return code;
}

__attribute__((noinline)) static CURLMcode multi_perform_slow(CURLM *multi, int *running,
                                                              const void *caller)
{
    struct call call = drive(multi, caller);
    if (call.real == NULL)
        return CURLM_INTERNAL_ERROR;
    return driven(&call, call.real->multi_perform(multi, running), running);
}

EXPORT CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
    const struct real *own = own_call(CALLER);
    return own != NULL ? own->multi_perform(multi, running)
                       : multi_perform_slow(multi, running, CALLER);
}

EXPORT CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t socket, int events,
                                          int *running)
{
    struct call call = drive(multi, CALLER);
    if (call.real == NULL)
        return CURLM_INTERNAL_ERROR;
    CURLMcode code = call.real->multi_socket_action(multi, socket, events, running);
    return driven(&call, code, running);
}

/* Both are older than curl_multi_socket_action, and drive all the same. */
EXPORT CURLMcode curl_multi_socket(CURLM *multi, curl_socket_t socket, int *running)
{
    struct call call = drive(multi, CALLER);
    if (call.real == NULL)
        return CURLM_INTERNAL_ERROR;
    return driven(&call, call.real->multi_socket(multi, socket, running), running);
}

EXPORT CURLMcode curl_multi_socket_all(CURLM *multi, int *running)
{
    struct call call = drive(multi, CALLER);
    if (call.real == NULL)
        return CURLM_INTERNAL_ERROR;
    return driven(&call, call.real->multi_socket_all(multi, running), running);
}

/* libcurl lets the transfers go without a word: curl_multi_cleanup(3). */
static void let_go(struct record *head)
{
    while (head->multi_next != NULL) {
        struct record *record = head->multi_next;
        transfer_cut(record);
        record_leave(record);
    }
    record_free(head);
}

EXPORT CURLMcode curl_multi_cleanup(CURLM *multi)
{
    struct call call = call_on(multi, CALLER);
    const struct real *real = call.real;
    struct record *head = call.record;
    if (real == NULL)
        return CURLM_INTERNAL_ERROR;
    if (head == NULL)
        return real->multi_cleanup(multi);
    record_remove(head);
    CURLMcode code = real->multi_cleanup(multi);
    if (code == CURLM_OK)
        let_go(head);
    else
        record_put_back(head, multi); /* out of a callback, for one: all goes on */
    return code;
}
