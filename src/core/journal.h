/*
 * journal.h - one structured line to the machine's log, without libsystemd and without syslog(3).
 *
 * syslog(3) shares its connection and its openlog(3) settings with the host program, so it is left
 * alone.
 * Source:  systemd's "Native Journal Protocol" (FIELD=value lines in one datagram); RFC 3164 for
 *          /dev/log.
 *
 * Threads: any.
 * Errors:  what cannot be sent at once is dropped; false says so. errno is kept.
 */
#ifndef COMMISSIONED_JOURNAL_H
#define COMMISSIONED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/* Priorities, as in syslog(3). */
enum { JOURNAL_ERROR = 3, JOURNAL_WARNING = 4, JOURNAL_NOTICE = 5, JOURNAL_INFO = 6 };

struct journal_field {
    const char *name;  /* upper case, as journal fields are */
    const char *value; /* NULL leaves the field out; control characters are replaced */
};

bool journal_send(int priority, const char *message, const struct journal_field *fields,
                  size_t nfields);

/* The same to given sockets, for tests. NULL where there is none. */
bool journal_send_to(const char *native_socket, const char *syslog_socket, int priority,
                     const char *message, const struct journal_field *fields, size_t nfields);

#endif
