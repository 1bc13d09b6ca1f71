/*
 * devserver/log.h - one JSON object a line for each request that is answered.
 *
 *   {"time":"2026-01-01T00:00:00.000Z","method":"GET","path":"/v1/models","status":200,
 *    "key":"csk_dev_AbCdEfGh","authorization_headers":1,"client":"127.0.0.1:40000"}
 *
 * `key` is the identifying prefix of a key that is or was ours, else null: any other text may be
 * somebody's secret. The path comes without its query, and what looks like a key in it is masked.
 * The line is written before the answer: who has an answer finds it in the log.
 *
 * Ownership: the log is the caller's until ds_log_close.
 * Threads:   any; it has a lock of its own.
 * Errors:    a reader who does not read costs lines, never a request: lines that a pipe has no room
 *            for are dropped and counted ({"dropped":N}) once there is room again.
 */
#ifndef COMMISSIONED_DEVSERVER_LOG_H
#define COMMISSIONED_DEVSERVER_LOG_H

#include <stddef.h>
#include <sys/socket.h>

#include "devserver/state.h"

struct ds_log;

struct ds_log_entry {
    const char *method;
    const char *path;
    unsigned status;
    const char *key; /* a prefix, or NULL */
    size_t authorization_headers;
    const struct sockaddr *client; /* or NULL */
};

/* Appends to `path`, made 0600 where it is missing; NULL means standard output. */
struct ds_log *ds_log_open(const char *path, struct ds_why *why);
void ds_log_close(struct ds_log *log);

void ds_log_write(struct ds_log *log, const struct ds_log_entry *entry);

/* Makes a path fit for the log, in place: printable, and without what follows a key's mark. */
void ds_log_clean_path(char *path);

#endif
