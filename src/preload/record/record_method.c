#include "preload/record/record_method.h"

/* What an option does. */
enum event { GETS, BARES, BARES_NOT, UPLOADS, UPLOADS_NOT, POSTS, POSTS_NOT, HAS_FIELDS, EVENTS };

/* An upload is not forgotten by what makes a POST of it, and HEAD goes out as
 * long as NOBODY is on. */
static const uint8_t next[EVENTS][METHODS] = {
#define METHOD_ROW(get, head, put, post) METHOD_##get, METHOD_##head, METHOD_##put, METHOD_##post
    [GETS] = {METHOD_ROW(GET, GET, GET, GET), METHOD_GET},
    [BARES] = {METHOD_ROW(HEAD, HEAD, UNKNOWN, UNKNOWN), METHOD_UNKNOWN},
    [BARES_NOT] = {METHOD_ROW(GET, GET, PUT, POST), METHOD_UNKNOWN},
    [UPLOADS] = {METHOD_ROW(PUT, PUT, PUT, PUT), METHOD_UNKNOWN},
    [UPLOADS_NOT] = {METHOD_ROW(GET, HEAD, GET, GET), METHOD_UNKNOWN},
    [POSTS] = {METHOD_ROW(POST, POST, UNKNOWN, POST), METHOD_UNKNOWN},
    [POSTS_NOT] = {METHOD_ROW(GET, HEAD, UNKNOWN, GET), METHOD_UNKNOWN},
    [HAS_FIELDS] = {METHOD_ROW(POST, UNKNOWN, UNKNOWN, POST), METHOD_UNKNOWN},
#undef METHOD_ROW
};

enum record_method record_method_behind(enum record_method before, CURLoption option, bool on)
{
    switch (option) {
    case CURLOPT_HTTPGET:
        return on ? next[GETS][before] : before;
    case CURLOPT_NOBODY:
        return next[on ? BARES : BARES_NOT][before];
    case CURLOPT_POST:
        return next[on ? POSTS : POSTS_NOT][before];
    case CURLOPT_POSTFIELDS:
    case CURLOPT_COPYPOSTFIELDS:
        return next[HAS_FIELDS][before];
    case CURLOPT_MIMEPOST:
        return next[POSTS][before];
    case CURLOPT_UPLOAD:
        return next[on ? UPLOADS : UPLOADS_NOT][before];
    default: /* those that are deprecated for long */
        return METHOD_UNKNOWN;
    }
}

static const char *name_of(const struct record *record)
{
    static const char *const names[METHODS] = {
        [METHOD_GET] = "GET",
        [METHOD_HEAD] = "HEAD",
        [METHOD_PUT] = "PUT",
        [METHOD_POST] = "POST",
    };
    return names[record->rare != NULL ? record->rare->method : METHOD_GET];
}

/* What CUSTOMREQUEST names is known to libcurl before the transfer begins. */
const char *record_method_find(const struct record *record)
{
    char *method = NULL;
    if (provider_is_old(record->provider) && !(record->state & RECORD_CUSTOM))
        return name_of(record);
    CURLcode code =
        record->provider->real.easy_getinfo(record->handle, CURLINFO_EFFECTIVE_METHOD, &method);
    return code == CURLE_OK ? method : NULL;
}
