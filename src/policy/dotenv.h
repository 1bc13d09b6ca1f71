/*
 * dotenv.h - one variable of a .env file, as dotenv tools read it.
 *
 * Lines of NAME=VALUE, an `export` before them or not, blanks around the name and the '='; '#'
 * begins a comment at the start of a line and after a blank. Single quotes take all as it is,
 * double quotes know \n \r \t \" \\ and \$; quoted text may run over lines. The last assignment
 * wins. What tools disagree on is refused, not guessed: a $reference, with or without braces, and a
 * quote that is never closed.
 *
 * Pure: no I/O, no allocation.
 * Threads: any.
 */
#ifndef COMMISSIONED_DOTENV_H
#define COMMISSIONED_DOTENV_H

#include <stddef.h>
#include <stdint.h>

enum dotenv_result {
    DOTENV_FOUND,
    DOTENV_ABSENT,    /* no line assigns the variable */
    DOTENV_OPEN,      /* a quote is never closed: *line is where it opens */
    DOTENV_REFERENCE, /* the value refers to another variable */
    DOTENV_TOO_LONG,
};

/* Writes the value of `name` to value[0..room) with a NUL, its length to *length, its line to
 * *line. */
enum dotenv_result dotenv_find(const char *text, const char *name, char *value, size_t room,
                               size_t *length, uint32_t *line);

#endif
