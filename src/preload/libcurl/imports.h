/*
 * imports.h - the library that an object's own calls lead to, and functions of that library.
 *
 * A process may hold several TLS libraries, and preloads that wrap some of their functions; which
 * one a libcurl uses stands in that libcurl's own table of imports. Names are looked up in what the
 * entry leads to and nowhere else: an object that has one of them and not the rest is no library.
 *
 * Ownership: the functions hold while the importing object is loaded.
 * Threads:   any.
 * Errors:    false. errno is kept.
 */
#ifndef COMMISSIONED_IMPORTS_H
#define COMMISSIONED_IMPORTS_H

#include <stdbool.h>

/* Where the table of the object that `inside` lies in leads for `name`;
 * NULL: nowhere, or not yet. */
void *import_target(const void *inside, const char *name);

/*
 * Looks up each of `names` (one after the other, an empty one ends them) in the object that
 * `function` lies in, into entry[]. "a|b" takes the first that is there. False where one is
 * missing.
 */
bool import_names(const void *function, const char *names, void **entry);

#endif
