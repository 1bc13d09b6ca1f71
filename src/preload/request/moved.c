#include "preload/request/moved.h"

#include <string.h>

#include "core/cleanup.h"

static bool same_url(const struct real *real, const CURLU *a, const CURLU *b)
{
    char *text_a = NULL, *text_b = NULL;
    bool same = real->url_get(a, CURLUPART_URL, &text_a, 0) == CURLUE_OK &&
                real->url_get(b, CURLUPART_URL, &text_b, 0) == CURLUE_OK &&
                strcmp(text_a, text_b) == 0;
    if (text_a != NULL)
        real->free(text_a);
    if (text_b != NULL)
        real->free(text_b);
    return same;
}

/* libcurl reads a CURLU when it has room for a connection, which may be after the start. */
static bool curlu_has_moved(const struct record *record)
{
    const struct record_rare *rare = record->rare;
    if (rare == NULL || rare->url == NULL || provider_is_old(record->provider))
        return false;
    return rare->started == NULL || !same_url(&record->provider->real, rare->url, rare->started);
}

static void set_curlu(const struct record *record, CURLU *url)
{
    record->provider->real.easy_setopt(record->handle, CURLOPT_CURLU, (uintptr_t)url);
}

bool moved_since_start(const struct record *record)
{
    auto_errno int saved = errno;
    return record->state & RECORD_MOVED || curlu_has_moved(record);
}

void moved_start(const struct record *record, bool pins)
{
    struct record_rare *rare = record->rare;
    if (rare == NULL || rare->url == NULL)
        return;
    if (rare->started == NULL)
        rare->started = record->provider->real.url_dup(rare->url);
    if (pins && rare->started != NULL)
        set_curlu(record, rare->started);
}

void moved_finish(const struct record *record)
{
    struct record_rare *rare = record->rare;
    if (rare == NULL || rare->started == NULL)
        return;
    if (provider_is_old(record->provider))
        set_curlu(record, rare->url);
    record->provider->real.url_cleanup(rare->started);
    rare->started = NULL;
}
