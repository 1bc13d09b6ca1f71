/*
 * cli/style.h - colours, on a terminal alone and never where NO_COLOR is set
 * (https://no-color.org).
 */
#ifndef COMMISSIONED_CLI_STYLE_H
#define COMMISSIONED_CLI_STYLE_H

enum style { STYLE_GOOD, STYLE_WARNING, STYLE_BAD, STYLE_PLAIN };

/* Prints a word to standard output in the style. */
void style_print(enum style style, const char *word);

#endif
