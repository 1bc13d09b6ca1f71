/*
 * url.h - where a request goes, as its own libcurl reads its URL.
 *
 * Ownership: what libcurl's parser gave is held by a struct url_read until url_free.
 * Threads:   the thread that uses the handle.
 * Errors:    NULL or false where it is not known beyond doubt. errno is kept.
 * Source:    curl_url_set(3), CURLOPT_CURLU(3).
 */
#ifndef COMMISSIONED_REQUEST_URL_H
#define COMMISSIONED_REQUEST_URL_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/decide.h"
#include "preload/record/record.h"

/* What libcurl's parser gave; freed after the decision. */
struct url_parts {
    bool taken; /* false: nothing of the rest is set */
    char *scheme;
    char *host;
    char *port;
    char *path;
    char *user;
    char *password;
};

struct url_read {
    struct target target;
    struct target first; /* of the CURLU */
    struct url_parts target_parts;
    struct url_parts first_parts;
};

static inline bool url_has_scheme(const char *url)
{
    const char *colon = strchr(url, ':');
    return colon != NULL && strncmp(colon, "://", 3) == 0;
}

/* NULL where it is not known. */
static inline const char *url_find(const struct record *record)
{
    char *text = NULL;
    if (!provider_is_old(record->provider)) {
        CURLcode code =
            record->provider->real.easy_getinfo(record->handle, CURLINFO_EFFECTIVE_URL, &text);
        return code == CURLE_OK ? text : NULL;
    }
    if (record->rare != NULL)
        text = record->rare->text[RECORD_LOCATION];
    /* Without a scheme it means what DEFAULT_PROTOCOL says, which the parser does not know. */
    if (text == NULL || text[0] == '\0' ||
        ((record->state & RECORD_PROTOCOL) && !url_has_scheme(text)))
        return NULL;
    return text;
}

/* Known not to be at Commissioned's host, by its text alone. */
static inline bool url_is_elsewhere(const struct record *record)
{
    const char *text = url_find(record);
    for (; text != NULL && *text != '\0'; text++)
        if (strncasecmp(text, COMMISSIONED_HOST, sizeof COMMISSIONED_HOST - 1) == 0)
            return false;
    return text != NULL;
}

/*
 * Where the request goes. A CURLU wins over the URL until libcurl follows a redirect, and
 * before 8.12 the effective URL does not show it; the redirect count also rises when an
 * authentication starts over, which is no redirect. So: the CURLU alone on the first hop of such a
 * libcurl, both of them otherwise.
 */
bool url_read(const struct record *record, const char *text, struct hop *hop,
              struct url_read *judged);

void url_free(const struct record *record, struct url_read *judged);

#endif
