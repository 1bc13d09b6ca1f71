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

#include "commissioned/journal_kinds.h"

struct journal_field {
    const char *name;  /* upper case, as journal fields are */
    const char *value; /* NULL leaves it out; what is no UTF-8 or cannot be shown becomes '?' */
};

/* The kind says how urgent it is, and gives the line its MESSAGE_ID. */
bool journal_send(enum journal_kind kind, const char *message, const struct journal_field *fields,
                  size_t nfields);

/* The same to given sockets, for tests. NULL where there is none. */
bool journal_send_to(const char *native_socket, const char *syslog_socket, enum journal_kind kind,
                     const char *message, const struct journal_field *fields, size_t nfields);

enum journal_priority journal_priority(enum journal_kind kind);

/* 32 lower-case hexadecimal digits. */
const char *journal_id(enum journal_kind kind);

#endif
