/*
 * inject.h - the key's header, one list node in front of the application's own list.
 *
 * libcurl does not copy CURLOPT_HTTPHEADER (CURLOPT_HTTPHEADER(3)): the node lives in the record,
 * its text in the policy image, its successor is the application's list. Nothing is copied or
 * allocated, and what the application appends later is seen.
 *
 * Threads: the thread that uses the handle.
 * Errors:  false where libcurl refused. errno is kept.
 */
#ifndef COMMISSIONED_INJECT_H
#define COMMISSIONED_INJECT_H

#include <stdbool.h>

#include "preload/record/record.h"

/* Installs `header` in front of the application's list. */
bool inject_key(struct record *record, const char *header);

/* The same, in place of Authorization headers of the application's own. */
bool inject_key_alone(struct record *record, const char *header);

/*
 * CURLOPT_UNRESTRICTED_AUTH, which the application left off: with it libcurl sends the header after
 * a redirect from another origin too. Off again with inject_settle, or with inject_nothing.
 */
bool inject_lift(struct record *record);
void inject_settle(struct record *record);
/* The header that is in place once more, in front of the list that the application has set now. */
bool inject_again(struct record *record);

/* Puts the application's list back. */
void inject_nothing(struct record *record);

/* Gives back what the lists took, of a handle that is not there any more. */
void inject_forget(struct record *record);

/* False where an Authorization header of the list shares its entry with other lines. */
bool inject_can_replace(const struct curl_slist *list);

/* An entry begins with a blank: to a server it is part of the line before it, which may be the
 * key's (RFC 9112, 5.2). */
bool inject_is_folded(const struct curl_slist *list);

/* The value of the first header `name` (with its length) in the list, spaces trimmed in front, or
 * NULL. It ends with its entry, which may have more lines. */
const char *inject_find(const struct curl_slist *list, const char *name, size_t length);

#endif
