#include "preload/request/answer.h"

#include <strings.h>

long answer_redirects(const struct record *record)
{
    long redirects = 0;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_REDIRECT_COUNT, &redirects);
    return redirects;
}

bool answer_expect_later(struct record *record)
{
    struct record_rare *rare = record_rare(record);
    if (rare != NULL)
        rare->redirects = answer_redirects(record);
    return rare != NULL;
}

bool answer_is_past(const struct record *record)
{
    return answer_redirects(record) > (record->rare != NULL ? record->rare->redirects : 0);
}

/* Until the connection that a redirect leads to stands, libcurl shows the scheme of the one before;
 * then that of the URL. */
bool answer_is_lost(const struct record *record)
{
    char *scheme = NULL;
    if (!answer_is_past(record))
        return false;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_SCHEME, &scheme);
    return scheme != NULL && strncasecmp(scheme, "http", 4) != 0;
}
