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

/* The hop under way has the key. False where that cannot be kept: its answer then says nothing. */
bool answer_expect(struct record *record);

/* libcurl has gone on since that hop, to follow a redirect or to authenticate by itself. */
bool answer_is_past(const struct record *record);

/* ... and its status is forgotten. */
bool answer_is_lost(const struct record *record);

#endif
