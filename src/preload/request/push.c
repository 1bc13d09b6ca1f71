#include "preload/request/push.h"

#include "preload/request/handle.h"
#include "preload/request/transfer.h"

/* A copy of its parent, with what of ours is in that; or from some version on a new handle. */
static struct record *note_pushed(CURL *parent, CURL *pushed)
{
    const struct record *from = record_find(parent);
    struct record *record = from != NULL ? handle_record(pushed, from->provider) : NULL;
    if (record == NULL)
        return NULL;
    if (from->provider->version >= CURL_PUSHES_FRESH) {
        /* A reset keeps what is of the connection and of libcurl. */
        record->facts = from->facts & (uint16_t)~HOP_OWN_CREDENTIALS;
        record_reset(record);
    } else {
        record_copy(record, from);
        transfer_scrub(record, from);
    }
    return record;
}

/* Our CURLMOPT_PUSHFUNCTION. */
static int on_push(CURL *parent, CURL *pushed, size_t nheaders, struct curl_pushheaders *headers,
                   void *user)
{
    const struct record *multi = user;
    const struct record_rare *rare = multi->rare;
    struct record *record = note_pushed(parent, pushed);
    if (record == NULL && record_find(parent) != NULL)
        return CURL_PUSH_DENY;
    int answer = rare->push(parent, pushed, nheaders, headers, rare->push_data);
    if (answer != CURL_PUSH_OK && record != NULL) {
        record_remove(record); /* libcurl frees the handle itself */
        record_free(record);
    }
    return answer;
}

CURLMcode push_set(struct record *multi, CURLMoption option, uintptr_t argument)
{
    const struct real *real = &multi->provider->real;
    struct record_rare *rare = record_rare(multi);
    if (rare == NULL)
        return CURLM_OUT_OF_MEMORY;
    if (option == CURLMOPT_PUSHDATA) {
        rare->push_data = (void *)argument;
        return CURLM_OK;
    }
    rare->push = (curl_push_callback)argument;
    CURLMcode code = real->multi_setopt(multi->handle, CURLMOPT_PUSHDATA, (uintptr_t)multi);
    if (code != CURLM_OK)
        return code;
    return real->multi_setopt(multi->handle, CURLMOPT_PUSHFUNCTION,
                              argument != 0 ? (uintptr_t)on_push : 0);
}
