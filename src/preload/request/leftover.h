/*
 * leftover.h - the application's own Authorization header, left in a handle whose transfer failed.
 *
 * libcurl before 8.19 makes that header, of a password, a token or a signature, and drops it when
 * the request is made. Where that fails in between, as for an upload that HTTP/1.0 cannot carry,
 * the header goes out with the handle's next request, to any host, whatever was set since; a reset
 * does not help (measured, 7.74.0, 7.88.1, 8.14.1). So until a request was made such a handle has
 * credentials of its own.
 *
 * Threads: the thread that uses the handle.
 * Errors:  doubt means that there is one. errno is kept.
 */
#ifndef COMMISSIONED_REQUEST_LEFTOVER_H
#define COMMISSIONED_REQUEST_LEFTOVER_H

#include "preload/record/record.h"

/* A transfer ended that came to a hop. */
void leftover_note_slow(struct record *record, CURLcode result);

static inline void leftover_note(struct record *record, CURLcode result)
{
    if (result != CURLE_OK || record->facts & HOP_OWN_CREDENTIALS)
        leftover_note_slow(record, result);
}

#endif
