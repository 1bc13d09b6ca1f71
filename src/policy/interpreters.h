/*
 * interpreters.h - the interpreters that are known, and how each reads its command line. The
 * struct is for src/policy/script.c alone.
 *
 * Source:  as in script.h.
 *
 * Threads: constants and pure functions.
 * Errors:  none.
 */
#ifndef COMMISSIONED_INTERPRETERS_H
#define COMMISSIONED_INTERPRETERS_H

#include <stdbool.h>

/*
 * Letters are options of one letter, which may stand together ("-uc"). A list of long ones is of
 * words with a blank before and behind each; "no-*" stands for all that begin so.
 */
struct interpreter {
    const char *name;
    const char *flags;      /* letters that stand alone */
    const char *values;     /* letters whose value is the rest of the word, or the next one */
    const char *attached;   /* letters whose value, if any, is the rest of the word */
    const char *code;       /* letters whose value is the program text, ... */
    const char *parts;      /* ... one of several texts, which words follow as arguments, ... */
    const char *files;      /* ... or the script */
    const char *input;      /* letters with which standard input is read behind the text */
    const char *long_flags; /* long options that stand alone */
    const char *long_values;
    const char *long_code;
    const char *long_parts;
    const char *long_files;
    bool code_goes_on;    /* a script may follow the code */
    bool reads_at_dashes; /* what stands behind "--" are arguments of standard input's text */
    bool has_verbs;       /* a word without '.' and '/' says what to do */
    bool takes_no_word;   /* a script is never named by a word */
};

/* By the name of its file, such as "python3.11"; NULL: it is none. */
const struct interpreter *script_interpreter(const char *program);

/* True for those that start other programs, and make no request themselves. */
bool script_is_shell(const char *program);

/* The same of one that was found; they alone read -o and +o. */
bool interpreter_is_shell(const struct interpreter *how);

#endif
