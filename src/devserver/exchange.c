/*
 * The way of a request: begin (route, authenticate, count) -> body -> answer -> completed.
 *
 * Threat model: the client may be hostile, slow or broken.
 * MUST:         decide who it is before a byte of its body is kept; bound what is kept; read a
 *               small body to its end before an error is answered, or closing the connection would
 *               reset it and the client lose the answer.
 * MUST NOT:     wait for anything here.
 */
#include "devserver/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "devserver/admit.h"
#include "devserver/api.h"
#include "devserver/stream.h"

/* Bytes read from a client that was told 413 in mid-body. */
enum { DS_MAX_DRAIN = 8 * 1024 * 1024 };

struct exchange {
    struct ds_reply reply;
    struct ds_admission admission;
    const char *method;
    char *path; /* what admission.id points into */
    char *body;
    size_t body_size;
    size_t drained; /* bytes read after a 413 in mid-body; 0 while all is well */
};

static enum MHD_Result see_header(void *data, enum MHD_ValueKind kind, const char *name,
                                  size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    ds_asking_header(data, name, name_size, value, value_size);
    return MHD_YES;
}

static void judge(struct ds_shared *shared, struct exchange *exchange,
                  struct MHD_Connection *connection)
{
    struct ds_asking asking = {.method = exchange->method, .path = exchange->path};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &asking);
    ds_admit(shared, &asking, &exchange->admission, &exchange->reply);
}

static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    return length != NULL && strtoull(length, NULL, 10) > DS_MAX_BODY;
}

static void refuse_size(struct exchange *exchange)
{
    exchange->admission.route = NULL;
    exchange->reply.nheaders = 0;
    ds_reply_error(&exchange->reply, 413, "body_too_large", NULL,
                   "The body is larger than %d bytes.", (int)DS_MAX_BODY);
}

static struct exchange *begin(struct ds_shared *shared, struct MHD_Connection *connection,
                              const char *url, const char *method)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL || (exchange->path = strdup(url)) == NULL) {
        free(exchange);
        return NULL;
    }
    exchange->method = method; /* libmicrohttpd keeps it as long as the request lives */
    atomic_fetch_add(&shared->under_way, 1);
    judge(shared, exchange, connection);
    return exchange;
}

static void write_log(struct ds_shared *shared, struct exchange *exchange,
                      struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    ds_log_write(shared->log,
                 &(struct ds_log_entry){
                     .method = exchange->method,
                     .path = exchange->path,
                     .status = exchange->reply.status,
                     .key = exchange->admission.key_known ? exchange->admission.key.prefix : NULL,
                     .authorization_headers = exchange->admission.authorization_headers,
                     .client = info == NULL ? NULL : info->client_addr,
                 });
}

/*
 * libmicrohttpd 0.9 takes no answer while a body still comes in, and a body without an announced
 * length may never end. So the answer goes to the TLS session directly: nothing of ours is under
 * way on it, and this thread is the only one that uses it. What follows is read and dropped for a
 * while before the connection is closed, or the client would be reset before it has read the
 * answer.
 */
static void refuse_midway(struct ds_shared *shared, struct exchange *exchange,
                          struct MHD_Connection *connection)
{
    static const char head[] =
        "HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nContent-Length: ";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    /* Copied at once: from libmicrohttpd 1.0 on the next question answers into the same place. */
    gnutls_session_t session = info != NULL ? info->tls_session : NULL;
    char answer[1024];
    refuse_size(exchange);
    char *body = json_dumps(exchange->reply.json, JSON_COMPACT);
    if (session != NULL && body != NULL) {
        int size = snprintf(answer, sizeof answer, "%s%zu\r\n\r\n%s", head, strlen(body), body);
        write_log(shared, exchange, connection);
        gnutls_record_send(session, answer, (size_t)size);
    }
    free(body);
}

static enum MHD_Result take_body(struct ds_shared *shared, struct exchange *exchange,
                                 struct MHD_Connection *connection, const char *data, size_t size)
{
    if (exchange->drained > 0) {
        exchange->drained += size;
        return exchange->drained < DS_MAX_DRAIN ? MHD_YES : MHD_NO;
    }
    if (size > DS_MAX_BODY - exchange->body_size) {
        refuse_midway(shared, exchange, connection);
        exchange->drained = size;
        return MHD_YES;
    }
    exchange->body_size += size;
    if (exchange->admission.route == NULL)
        return MHD_YES;
    char *body = realloc(exchange->body, exchange->body_size + 1);
    if (body == NULL)
        return MHD_NO;
    memcpy(body + exchange->body_size - size, data, size);
    body[exchange->body_size] = '\0';
    exchange->body = body;
    return MHD_YES;
}

static ssize_t read_stream(void *stream, uint64_t position, char *out, size_t size)
{
    (void)position;
    ssize_t got = ds_stream_read(stream, out, size);
    /* Of type size_t in libmicrohttpd 0.9.72. */
    return got == -1   ? (ssize_t)MHD_CONTENT_READER_END_OF_STREAM
           : got == -2 ? (ssize_t)MHD_CONTENT_READER_END_WITH_ERROR
                       : got;
}

static void free_stream(void *stream)
{
    ds_stream_free(stream);
}

static struct MHD_Response *make_response(struct ds_reply *reply)
{
    struct MHD_Response *response;
    char *text;
    if (reply->stream != NULL) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_stream,
                                                     reply->stream, free_stream);
        if (response == NULL)
            return NULL;
        reply->stream = NULL;
        MHD_add_response_header(response, "Content-Type", "text/event-stream; charset=utf-8");
        MHD_add_response_header(response, "Cache-Control", "no-cache");
        return response;
    }
    text = reply->json == NULL ? strdup("") : json_dumps(reply->json, JSON_COMPACT);
    if (text == NULL)
        return NULL;
    response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(text);
    else
        MHD_add_response_header(response, "Content-Type", "application/json");
    return response;
}

static enum MHD_Result answer(struct ds_shared *shared, struct exchange *exchange,
                              struct MHD_Connection *connection)
{
    if (exchange->admission.route != NULL) {
        struct ds_call call = {
            .keys = shared->keys,
            .id = exchange->admission.id,
            .to = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "to"),
            .body = exchange->body,
            .body_size = exchange->body_size,
        };
        exchange->admission.route->handle(&call, &exchange->reply);
    }
    struct MHD_Response *response = make_response(&exchange->reply);
    if (response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < exchange->reply.nheaders; i++)
        MHD_add_response_header(response, exchange->reply.headers[i].name,
                                exchange->reply.headers[i].value);
    if (atomic_load(&shared->stopping))
        MHD_add_response_header(response, "Connection", "close");
    write_log(shared, exchange, connection);
    enum MHD_Result result = MHD_queue_response(connection, exchange->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result ds_exchange_handle(void *data, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **slot)
{
    struct ds_shared *shared = data;
    struct exchange *exchange = *slot;
    (void)version;
    if (exchange == NULL) {
        *slot = exchange = begin(shared, connection, url, method);
        if (exchange == NULL)
            return MHD_NO;
        if (!announces_too_much(connection))
            return MHD_YES;
        refuse_size(exchange);
        return answer(shared, exchange, connection);
    }
    if (*upload_size > 0) {
        size_t size = *upload_size;
        *upload_size = 0;
        return take_body(shared, exchange, connection, upload, size);
    }
    return exchange->drained > 0 ? MHD_NO : answer(shared, exchange, connection);
}

void ds_exchange_completed(void *data, struct MHD_Connection *connection, void **slot,
                           enum MHD_RequestTerminationCode reason)
{
    struct ds_shared *shared = data;
    struct exchange *exchange = *slot;
    (void)connection;
    (void)reason;
    if (exchange == NULL)
        return;
    ds_reply_clear(&exchange->reply);
    free(exchange->path);
    free(exchange->body);
    free(exchange);
    *slot = NULL;
    atomic_fetch_sub(&shared->under_way, 1);
}
