/*
 * trace.h - what the program saw, in order: a text that must be the same with the library and
 * without it.
 *
 * Lines that begin with '+' are facts about the key and not compared; with '!', a rule that was
 * broken. The text goes to descriptor 1 at the end.
 */
#ifndef COMMISSIONED_CALLS_TRACE_H
#define COMMISSIONED_CALLS_TRACE_H

#include <stdbool.h>
#include <stddef.h>

void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text that libcurl showed, one line of the trace: line ends are shown, and a line with the masked
 * key is left out. A key that is not masked breaks a rule. False where nothing was left. */
bool trace_text(const char *label, const char *text, size_t size);

/* A rule was broken. */
void trace_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

void trace_write(void);

/* The sequence cannot go on. */
void trace_end(const char *why) __attribute__((noreturn));

/* The keys of this run; set once. */
extern const char *trace_key;
extern const char *trace_next_key;

/* Whether the text has one of the keys in it: 1 or 2, 0 for none. */
int trace_find_key(const char *text, size_t size);

#endif
