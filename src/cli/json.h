/*
 * cli/json.h - the --json of the reading verbs: one object, indented, keys in the order they were
 * set.
 *
 * Errors: a value that could not be made (no memory, no UTF-8) shows as null. Each value is taken
 * over.
 */
#ifndef COMMISSIONED_CLI_JSON_H
#define COMMISSIONED_CLI_JSON_H

#include <jansson.h>

/* Sets a member; `value` NULL gives null. Strings that are not UTF-8 become null. */
void json_put(json_t *object, const char *name, json_t *value);
void json_put_text(json_t *object, const char *name, const char *text);

/* Prints the object and lets it go. Returns `code`. */
int json_print(json_t *object, int code);

#endif
