/*
 * utf8.h - which bytes of a text that anybody may have chosen can be shown to a person.
 *
 * Source:    RFC 3629, section 4. systemd's journalctl shows a field with anything else, or with a
 *            C0 or C1 control in it, as "[NB blob data]" (measured with 252).
 * Ownership: nothing is kept.
 * Threads:   pure functions. Errors: none.
 */
#ifndef COMMISSIONED_UTF8_H
#define COMMISSIONED_UTF8_H

#include <stddef.h>

/* How many bytes the UTF-8 character at `text` has; 0 where there is none,
 * and at the text's end. */
size_t utf8_length(const char *text);

/* The same, but 0 also for one that would move the cursor, colour the screen, end the line or turn
 * the text about. */
size_t utf8_shown(const char *text);

#endif
