/*
 * midway.h - what the application does to a handle whose transfer is under way.
 *
 * An option may be set from every callback, and while a multi handle is driven. libcurl reads some
 * of them when it starts the transfer, some when it writes the request, and CURLINFO_EFFECTIVE_URL
 * shows at once what is meant for the next one (measured, 7.88.1 to 8.23.0). So:
 *
 *   - after URL, CURLU or PORT no key goes for the rest of the transfer: the connection may be to
 *     where they led before. A CURLU that the application changes in place is told by a copy.
 *   - after NOBODY, POST and the like the method is not known for the rest of the transfer, for
 *     libcurl sends the one that it started with and may tell the other one;
 *   - what made a key unsafe at some time of the transfer makes it so to its end;
 *   - after all else that a decision rests on, a key that is in place is decided on again.
 *
 * A transfer is under way from curl_easy_perform on, or from the first time that its multi handle
 * is driven: what is set before that is what libcurl starts with.
 *
 * Threads: the thread that uses the handle.
 * Errors:  libcurl's own. errno is kept.
 */
#ifndef COMMISSIONED_MIDWAY_H
#define COMMISSIONED_MIDWAY_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "preload/record/record.h"

/* curl_easy_setopt on a handle between the begin and the end of its transfer. */
CURLcode midway_setopt(struct record *record, CURLoption option, uintptr_t argument);

/* libcurl is about to start this transfer. */
void midway_start(struct record *record);

void midway_start_added(struct record *multi);

/* Somebody is about to drive this multi handle. */
static inline void midway_drive(struct record *multi)
{
    const uint32_t waits = RECORD_MULTI | RECORD_WAITS;
    if ((multi->state & waits) == waits)
        midway_start_added(multi);
}

/*
 * None of its transfers goes on. The application knows, and may free what libcurl reads no more,
 * its headers and its CURLU, before it asks for their results.
 */
void midway_all_done(struct record *multi);

/* It was driven, and libcurl says how many transfers go on: NULL where it does not. */
static inline void midway_driven(struct record *multi, const int *running)
{
    if (multi != NULL && multi->multi_next != NULL && running != NULL && *running == 0)
        midway_all_done(multi);
}

#endif
