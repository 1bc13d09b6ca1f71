/*
 * options.h - options with one value each, as rows to choose from.
 */
#ifndef COMMISSIONED_CALLS_OPTIONS_H
#define COMMISSIONED_CALLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "handle.h"

enum kind { KIND_LONG, KIND_TEXT, KIND_HEADERS, KIND_RESOLVE, KIND_CONNECT_TO, KIND_CALLBACK };

struct option {
    const char *name;
    int option;
    enum kind kind;
    long number; /* or which list, which callback */
    const char *text;
    bool harmless; /* it is no reason to withhold a key */
};

enum { OPTIONS_FIRST = 8, APPENDS = 100 /* no list: a line is added to list 1 */ };
extern const struct option options[];
extern const size_t noptions;

/* Sets it, and notes what it means for the oracle. */
CURLcode option_set(struct handle *handle, const struct option *option);

#endif
