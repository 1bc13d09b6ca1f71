#include "preload/request/leftover.h"

#include "core/cleanup.h"
#include "preload/request/answer.h"
#include "preload/request/netrc.h"

static bool had_credentials(const struct record *record)
{
    return record->state & (RECORD_HAD_OWN | RECORD_LOGIN) || record_has_credentials(record) ||
           netrc_may_exist(record);
}

/* Nothing left, or it is not known of which hop's request. */
static bool may_have_stopped_short(const struct record *record)
{
    long size = 0;
    record->provider->real.easy_getinfo(record->handle, CURLINFO_REQUEST_SIZE, &size);
    return size == 0 || answer_redirects(record) > 0;
}

void leftover_note_slow(struct record *record, CURLcode result)
{
    auto_errno int saved = errno;
    if (record->provider->version >= CURL_FORGETS_HEADER || record->state & RECORD_FIRST)
        return;
    if (result == CURLE_OK)
        record->facts &= (uint16_t)~HOP_OWN_CREDENTIALS;
    else if (had_credentials(record) && may_have_stopped_short(record))
        record->facts |= HOP_OWN_CREDENTIALS;
}
