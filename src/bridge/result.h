/*
 * result.h - how the parts of a bridge say what went wrong: a result and a sentence.
 *
 * Threads: none. Errors: a sentence has no newline; one that is too long is cut.
 */
#ifndef COMMISSIONED_BRIDGE_RESULT_H
#define COMMISSIONED_BRIDGE_RESULT_H

enum { BRIDGE_SENTENCE = 512 }; /* bytes, with the NUL */

enum bridge_result {
    BRIDGE_OK,
    BRIDGE_FAILED,     /* the machine does not do its part */
    BRIDGE_BAD_POLICY, /* the rules cannot be enforced, or the engine refuses them */
};

/* Writes the sentence and returns `result`. */
enum bridge_result bridge_fail(char why[BRIDGE_SENTENCE], enum bridge_result result,
                               const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
