/*
 * suggest.h - which of some known words was meant. Pure; any thread.
 */
#ifndef COMMISSIONED_SUGGEST_H
#define COMMISSIONED_SUGGEST_H

/* The word of `words` (which ends in NULL) nearest to `typed`, or NULL where none is near. */
const char *suggest(const char *typed, const char *const *words);

#endif
