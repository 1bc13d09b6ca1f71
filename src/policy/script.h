/*
 * script.h - what an interpreter was told to run, read off its command line. For src/policy alone.
 *
 * Nothing is guessed: a word is the script only where the interpreter's own rules leave no other
 * reading.
 * Source:  python(1), perlrun(1), ruby(1), php(1), node(1), sh(1p), bash(1), lua(1), R(1).
 *
 * Threads: pure functions.
 * Errors:  what cannot be read is SCRIPT_UNKNOWN.
 */
#ifndef COMMISSIONED_SCRIPT_H
#define COMMISSIONED_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/interpreters.h"

enum script_said {
    SCRIPT_NONE,    /* no file is interpreted: code was given as an argument */
    SCRIPT_WORD,    /* *word names it */
    SCRIPT_UNKNOWN, /* standard input, a module, an option that is not known here */
};

/* `arguments` are `length` bytes as /proc/self/cmdline has them: words that each end in NUL. */
enum script_said script_find(const struct interpreter *interpreter, const char *arguments,
                             size_t length, const char **word);

#endif
