/*
 * answer.h - whose answer is it that libcurl shows the status of?
 *
 * The last one's of the transfer, whatever request or protocol it was: after a redirect also that
 * of a server which the transfer came to without a hop, and an FTP server's greeting is a status.
 *
 * Threads: the thread that uses the handle.
 * Errors:  doubt means that it is another's.
 */
#ifndef COMMISSIONED_REQUEST_ANSWER_H
#define COMMISSIONED_REQUEST_ANSWER_H

#include "preload/record/record.h"

/* How many redirects libcurl has followed in this transfer; 0 where it does not say. */
long answer_redirects(const struct record *record);

/* Behind the transfer's first hop. */
bool answer_expect_later(struct record *record);

/* The hop under way, perhaps the transfer's first, has the key. False where that cannot be kept:
 * its answer then says nothing. */
static inline bool answer_expect(struct record *record, bool is_first)
{
    if (!is_first)
        return answer_expect_later(record);
    if (record->rare != NULL)
        record->rare->redirects = 0;
    return true;
}

/* libcurl has gone on since that hop, to follow a redirect or to authenticate by itself. */
bool answer_is_past(const struct record *record);

/* ... and its status is forgotten. */
bool answer_is_lost(const struct record *record);

#endif
