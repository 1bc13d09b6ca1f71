/*
 * devserver/reply.h - an answer, before it is put on the wire.
 *
 * Shape:     a status, headers, and a body: a JSON value, or a stream of server-sent events, or
 *            none.
 * Ownership: a reply owns its JSON and its stream; ds_reply_clear gives both back.
 * Threads:   one at a time.
 * Errors:    a header that does not fit is cut; one too many is dropped.
 * Source:    the OpenAI API reference, "Errors": {"error": {"message", "type", "param", "code"}}.
 */
#ifndef COMMISSIONED_DEVSERVER_REPLY_H
#define COMMISSIONED_DEVSERVER_REPLY_H

#include <stddef.h>

#include <jansson.h>

enum { DS_MAX_HEADERS = 8 };

struct ds_stream;

struct ds_header {
    const char *name; /* static */
    char value[1024];
};

struct ds_reply {
    unsigned status;
    json_t *json;             /* or NULL */
    struct ds_stream *stream; /* or NULL */
    size_t nheaders;
    struct ds_header headers[DS_MAX_HEADERS];
};

void ds_reply_clear(struct ds_reply *reply);

/* Answers with `json`, which the reply now owns. NULL becomes a 500: memory ran out. */
void ds_reply_json(struct ds_reply *reply, unsigned status, json_t *json);

/* Answers with an error. `code` and `param` may be NULL; `type` follows from the status. */
void ds_reply_error(struct ds_reply *reply, unsigned status, const char *code, const char *param,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

void ds_reply_header(struct ds_reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
