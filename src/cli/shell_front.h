/*
 * cli/shell_front.h - what stands before the name of a command in a shell's text: words of the
 * shell's, assignments, and programs that start the one that they are given, with their options.
 *
 * Typical use: a zeroed shell_front where a command begins, then each word in turn until one is
 * not SHELL_BEFORE.
 * Source:  the manuals of the programs in the table, of GNU coreutils 9, util-linux 2.38, sudo 1.9.
 * Threads: no shared state.
 */
#ifndef COMMISSIONED_CLI_SHELL_FRONT_H
#define COMMISSIONED_CLI_SHELL_FRONT_H

#include <stdbool.h>

struct shell_starter;

struct shell_front {
    const struct shell_starter *starter; /* the last program that starts another, or NULL */
    unsigned operands;                   /* words of its own that are still to come */
    bool value;                          /* the next word belongs to the option before it */
    const char *clears;                  /* a program that starts it without LD_PRELOAD, or NULL */
};

enum shell_word {
    SHELL_BEFORE,  /* the name is still to come */
    SHELL_COMMAND, /* this is it */
    SHELL_NO_CALL, /* what follows is asked about, not called (command -v) */
};

enum shell_word shell_front_take(struct shell_front *front, const char *word);

#endif
