/*
 * text.h - what people write and read: a mistyped word, a span of time, a number, an origin's port,
 * a path.
 *
 * For module and command; the preloaded library is built without text.c.
 *
 * Ownership: a pointer that is returned is into what was given.
 * Threads:   pure functions.
 * Errors:    the return value.
 */
#ifndef COMMISSIONED_TEXT_H
#define COMMISSIONED_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Room for a span's text and for a port's, with the NUL. */
enum { TEXT_MAX_SPAN = 24, TEXT_MAX_PORT = 8 };

/* The one of `words` (ends in NULL) that `typed` was most likely meant to be, or NULL. */
const char *text_nearest(const char *typed, const char *const *words);

/* "90d" in seconds: at most nine digits and one of s, m, h, d and w; -1 for all else. */
int64_t text_span_read(const char *text);

/* The other way, in the largest unit that leaves no rest. */
void text_span_write(int64_t seconds, char text[TEXT_MAX_SPAN]);

/* A number in digits and nothing else, at most `most`; for all else false, and *number as it
 * was. */
bool text_number_read(const char *text, uint32_t most, uint32_t *number);

/* What stands behind the host in an https URL: ":8443", or nothing for the port that is meant
 * anyway. */
void text_port_write(uint16_t port, char text[TEXT_MAX_PORT]);

/* What stands behind the last slash of a path, or all of it. */
static inline const char *text_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

#endif
