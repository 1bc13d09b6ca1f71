/*
 * json.h - the --json of the reading verbs: one object, indented, keys in the order they were set.
 *
 * A text that is no UTF-8 (a file's name may be any bytes) is spelled out: a byte that is none
 * stands as \xNN, and in such a text a backslash as \x5c.
 * Errors: a value that could not be made shows as null. Each value is taken over.
 */
#ifndef COMMISSIONED_CLI_JSON_H
#define COMMISSIONED_CLI_JSON_H

#include <jansson.h>

/* NULL gives NULL, which is null. */
json_t *json_text(const char *text);

/* Sets a member; `value` NULL gives null. */
void json_put(json_t *object, const char *name, json_t *value);
void json_put_text(json_t *object, const char *name, const char *text);

/* Prints the object and lets it go. Returns `code`. */
int json_print(json_t *object, int code);

/* Where the call failed before it printed an object: {"error": SENTENCE, "exit_status": N}. */
void json_print_error(int code);

/* Another process has printed this call's object. */
void json_was_printed(void);

#endif
