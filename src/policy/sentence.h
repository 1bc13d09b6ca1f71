/*
 * sentence.h - what a person is told: "FILE:LINE: fact: remedy", at most 255 bytes.
 *
 * A fact never quotes what a file holds as a value: a key may stand where a name belongs. Only
 * names that we know, numbers, modes and paths are repeated.
 *
 * Shape:   a path that does not fit is shortened in its middle; the fact and the remedy are kept. A
 *          path in a remedy is quoted where a shell would read it otherwise; control characters
 *          become '?'.
 * Errors:  none.
 * Threads: pure functions of their arguments.
 */
#ifndef COMMISSIONED_SENTENCE_H
#define COMMISSIONED_SENTENCE_H

#include <stdint.h>

#include "commissioned/policy_image.h"

enum { COMPLAINT_TEXT = 176 };

/* What is wrong and what to do; a function that refuses something fills one in. */
struct complaint {
    char fact[COMPLAINT_TEXT];
    char remedy[COMPLAINT_TEXT]; /* may be empty */
    const char *target; /* a path that stands for each {} of the remedy, or ends it where there is
                           none; or NULL. Belongs to who filled it in */
};

void complain(struct complaint *why, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "FILE:LINE: fact: remedy target"; line 0: without a line. */
void sentence_write(char out[POLICY_MAX_SENTENCE], const char *file, uint32_t line,
                    const struct complaint *why);

#endif
