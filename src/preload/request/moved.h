/*
 * moved.h - whether a transfer under way still goes where it started to.
 *
 * libcurl reads a CURLU when it has room for a connection, which may be after the start, and the
 * application may change it in place at any time: so a copy is kept to compare it with.
 *
 * Ownership: the copy is the record's rare part's until moved_finish.
 * Threads:   the thread that uses the handle.
 * Errors:    what cannot be copied has moved. errno is kept.
 */
#ifndef COMMISSIONED_MOVED_H
#define COMMISSIONED_MOVED_H

#include <stdbool.h>

#include "preload/record/record.h"

/*
 * The transfer starts with the CURLU that is set now. `pins`: libcurl is given the copy, for it is
 * decided already; an old libcurl shows a CURLU to nobody.
 */
void moved_start(const struct record *record, bool pins);

/* True where the connection may not be to what is set now. */
bool moved_since_start(const struct record *record);

/* The end: the application's own CURLU is put back. */
void moved_finish(const struct record *record);

#endif
