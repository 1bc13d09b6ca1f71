#include "preload/request/url.h"

#include "core/cleanup.h"

static void free_parts(const struct real *real, struct url_parts *parts)
{
    if (!parts->taken)
        return;
    char *all[] = {parts->scheme, parts->host, parts->port,
                   parts->path,   parts->user, parts->password};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != NULL)
            real->free(all[i]);
}

static bool get_parts(const struct real *real, const CURLU *url, struct url_parts *parts,
                      struct target *target)
{
    *parts = (struct url_parts){.taken = true};
    real->url_get(url, CURLUPART_SCHEME, &parts->scheme, 0);
    real->url_get(url, CURLUPART_HOST, &parts->host, 0);
    real->url_get(url, CURLUPART_PORT, &parts->port, 0);
    real->url_get(url, CURLUPART_PATH, &parts->path, 0);
    real->url_get(url, CURLUPART_USER, &parts->user, 0);
    real->url_get(url, CURLUPART_PASSWORD, &parts->password, 0);
    return target_set(target, parts->scheme, parts->host, parts->port, parts->path,
                      parts->user != NULL || parts->password != NULL);
}

static bool parse_url(const struct real *real, const char *text, struct url_parts *parts,
                      struct target *target)
{
    auto_errno int saved = errno;
    CURLU *url = real->url();
    bool parsed = url != NULL &&
                  real->url_set(url, CURLUPART_URL, text, TARGET_PARSE_FLAGS) == CURLUE_OK &&
                  get_parts(real, url, parts, target);
    if (url != NULL)
        real->url_cleanup(url);
    return parsed;
}

static bool read_url(const struct record *record, const char *text, struct hop *hop,
                     struct url_read *judged)
{
    if (text == NULL)
        return false;
    hop->target = &judged->target;
    return target_scan(text, &judged->target) == TARGET_CANONICAL ||
           parse_url(&record->provider->real, text, &judged->target_parts, &judged->target);
}

bool url_read(const struct record *record, const char *text, struct hop *hop,
              struct url_read *judged)
{
    const struct real *real = &record->provider->real;
    const CURLU *first = record->rare != NULL ? record->rare->url : NULL;
    long redirects = 0;
    judged->target_parts.taken = false;
    judged->first_parts.taken = false;
    if (real->url == NULL)
        return false; /* decide says which: HOP_OLD_LIBCURL */
    if (first == NULL)
        return read_url(record, text, hop, judged);
    if (!get_parts(real, first, &judged->first_parts, &judged->first))
        return false;
    hop->target = &judged->first;
    if (provider_is_old(record->provider))
        /* Decided before it connects, and only where it follows no redirect. Whoever drives a multi
         * handle may change the CURLU before that. */
        return !(record->state & RECORD_WAITS);
    if (record->provider->version < CURL_SHOWS_CURLU &&
        real->easy_getinfo(record->handle, CURLINFO_REDIRECT_COUNT, &redirects) == CURLE_OK &&
        redirects == 0)
        return true;
    hop->other_target = &judged->first;
    if (!read_url(record, text, hop, judged))
        return false;
    /* The effective URL may hide a user (CURL_HIDES_USERINFO), and on later hops libcurl's own is
     * the CURLU's. */
    judged->target.userinfo |= judged->first.userinfo;
    return true;
}

void url_free(const struct record *record, struct url_read *judged)
{
    free_parts(&record->provider->real, &judged->target_parts);
    free_parts(&record->provider->real, &judged->first_parts);
}
