/*
 * redact.h - the key is masked in verbose output, byte for byte, so that lengths stay true.
 *
 * While a key is installed and CURLOPT_VERBOSE is on, our debug callback stands in front of the
 * application's, or in place of libcurl's own output to CURLOPT_STDERR.
 * Source:  CURLOPT_DEBUGFUNCTION(3); what libcurl prints without one: its Curl_debug (measured,
 *          7.88).
 * Threads: the thread that uses the handle.
 * Errors:  what cannot be masked is not shown. errno is kept.
 */
#ifndef COMMISSIONED_REDACT_H
#define COMMISSIONED_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/record/record.h"

/* Puts the mask in place if the handle is verbose. False where it cannot: then no key may be
 * installed. */
bool redact_begin(struct record *record);

/* A new request begins: what was left of the last one's headers will not come. */
void redact_restart(struct record *record);

void redact_end(struct record *record);

/* Masks the value of each Authorization field in a piece of a request's header block. */
void redact_header(struct redact_state *state, char *data, size_t size);

/* The same in a line of libcurl's own words, such as "[HTTP/2] [1] [authorization: Bearer ...]". */
void redact_text(char *data, size_t size);

#endif
