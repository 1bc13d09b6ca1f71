/*
 * netrc.h - does the user's .netrc name a host? What libcurl finds there is the application's own
 * credential.
 *
 * libcurl tells nobody what it found, so the file is read as it reads it: CURLOPT_NETRC_FILE, or
 * .netrc in $HOME or, without that, in the home that /etc/passwd gives. Versions differ in how they
 * take quotes, comments and macros: where one of them would find an entry, there is one.
 *
 * Source:  CURLOPT_NETRC(3), ftp(1).
 * Threads: the thread that uses the handle.
 * Errors:  a file that cannot be known names every host; one that cannot be opened does not count,
 *          for libcurl does not open it either. Never waits for a file. errno is kept.
 */
#ifndef COMMISSIONED_NETRC_H
#define COMMISSIONED_NETRC_H

#include "preload/record/record.h"

enum netrc_entry {
    NETRC_NO_FILE, /* there is none to read */
    NETRC_OTHERS,  /* it does not concern the host */
    NETRC_DEFAULT, /* the entry for all that no other names */
    NETRC_HOST,    /* an entry names the host, or that cannot be known */
};

/* `path` NULL: the user's. `host` is in lower case and without a dot at its end. */
enum netrc_entry netrc_find(const char *path, const char *host);

enum netrc_entry netrc_look(const struct record *record, const char *host);

/* libcurl would send credentials for `host` out of the file. */
static inline bool netrc_is_own(const struct record *record, const char *host)
{
    if (!(record->state & RECORD_NETRC))
        return false;
    enum netrc_entry entry = netrc_look(record, host);
    /* Of the default entry a header in the list keeps Basic back, and no other method. */
    return entry == NETRC_HOST ||
           (entry == NETRC_DEFAULT && record->state & (RECORD_NO_BASIC | RECORD_SETTLED));
}

/* libcurl may have found something for some host. */
static inline bool netrc_may_exist(const struct record *record)
{
    return record->state & RECORD_NETRC && netrc_look(record, "") != NETRC_NO_FILE;
}

#endif
