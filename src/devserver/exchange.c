/*
 * The way of a request: begin (route, authenticate, count) -> body -> answer -> completed.
 *
 * Threat model: the client may be hostile, slow or broken. MUST: decide who it is before a byte of
 * its body is kept; bound what is kept; read a small body to its end before an error is answered,
 * or closing the connection would reset it and the client lose the answer. MUST NOT: wait for
 * anything here.
 */
#include "devserver_exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "devserver_api.h"
#include "devserver_auth.h"
#include "devserver_server.h"

struct exchange {
    struct ds_reply reply;
    const struct ds_route *route; /* NULL: the reply is decided */
    const char *method;
    char *path;
    const char *id; /* in path, or NULL */
    char *body;
    size_t body_size;
    size_t drained; /* bytes read after a 413 in mid-body; 0 while all is well */
    size_t authorization_headers;
    struct ds_key key;
    bool key_known;
};

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static enum MHD_Result see_header(void *data, enum MHD_ValueKind kind, const char *name,
                                  size_t name_size, const char *value, size_t value_size)
{
    struct ds_credential *credential = data;

    (void)kind;
    if (name_size != strlen("Authorization") || strncasecmp(name, "Authorization", name_size) != 0)
        return MHD_YES;
    if (credential->headers++ == 0) {
        credential->value = value;
        credential->length = value_size;
    }
    return MHD_YES;
}

static void refuse_key(struct exchange *exchange, enum ds_auth verdict, const struct ds_why *why)
{
    static const struct {
        unsigned status;
        const char *code;
        const char *message;
    } answers[] = {
        [DS_AUTH_MISSING] = {401, "missing_api_key",
                             "No API key came. Send it in one header: Authorization: Bearer KEY"},
        [DS_AUTH_SEVERAL] = {401, "several_api_keys",
                             "More than one Authorization header came. Send exactly one."},
        [DS_AUTH_MALFORMED] = {401, "invalid_api_key",
                               "The Authorization header is not of the form: Bearer KEY"},
        [DS_AUTH_UNKNOWN] = {401, "invalid_api_key", "This server knows no such API key."},
        [DS_AUTH_REVOKED] = {401, "invalid_api_key", "This API key was revoked."},
        [DS_AUTH_FORBIDDEN] = {403, "insufficient_permissions", "This API key may not do that."},
    };

    exchange->route = NULL;
    if (verdict == DS_AUTH_BROKEN) {
        fprintf(stderr, "commissioned-devserver: %s\n", why->text);
        ds_reply_error(&exchange->reply, 500, NULL, NULL,
                       "The server cannot read its keys: see its errors.");
        return;
    }
    ds_reply_error(&exchange->reply, answers[verdict].status, answers[verdict].code, NULL, "%s",
                   answers[verdict].message);
    /* RFC 6750, section 3: no error attribute for a request without any credential. */
    const char *detail = verdict == DS_AUTH_MISSING     ? ""
                         : verdict == DS_AUTH_FORBIDDEN ? ", error=\"insufficient_scope\""
                                                        : ", error=\"invalid_token\"";
    ds_reply_header(&exchange->reply, "WWW-Authenticate",
                    "Bearer realm=\"commissioned-devserver\"%s", detail);
}

static void count_request(struct ds_shared *shared, struct exchange *exchange)
{
    struct ds_limit limit =
        ds_limits_take(shared->limits, exchange->key.id, exchange->key.rate, monotonic_ns());
    char reset[32];

    if (!limit.limited)
        return;
    if (!limit.allowed) {
        exchange->route = NULL;
        ds_reply_error(&exchange->reply, 429, "rate_limit_exceeded", NULL,
                       "This API key has used up its rate of %u requests.", limit.count);
        ds_reply_header(&exchange->reply, "Retry-After", "%lld",
                        (long long)ds_limit_seconds(limit.retry_ns));
    }
    ds_limit_print(limit.reset_ns, reset);
    ds_reply_header(&exchange->reply, "x-ratelimit-limit-requests", "%u", limit.count);
    ds_reply_header(&exchange->reply, "x-ratelimit-remaining-requests", "%u", limit.left);
    ds_reply_header(&exchange->reply, "x-ratelimit-reset-requests", "%s", reset);
}

/* Under /v1 a request is authenticated first: who has no key does not learn what is there. */
static void judge(struct ds_shared *shared, struct exchange *exchange,
                  struct MHD_Connection *connection)
{
    struct ds_credential credential = {0};
    struct ds_why why;

    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &credential);
    exchange->authorization_headers = credential.headers;
    exchange->route =
        ds_route_find(exchange->method, exchange->path, &exchange->id, &exchange->reply);
    bool guarded =
        exchange->route != NULL ? !exchange->route->open : strncmp(exchange->path, "/v1/", 4) == 0;
    if (!guarded)
        return;
    unsigned scope = exchange->route == NULL ? 0 : exchange->route->scope;
    enum ds_auth verdict = ds_authenticate(shared->keys, &credential, scope, &exchange->key, &why);
    exchange->key_known =
        verdict == DS_AUTH_OK || verdict == DS_AUTH_FORBIDDEN || verdict == DS_AUTH_REVOKED;
    if (verdict == DS_AUTH_OK || verdict == DS_AUTH_FORBIDDEN)
        ds_uses_note(shared->uses, exchange->key.id, time(NULL));
    if (verdict != DS_AUTH_OK) {
        exchange->reply.nheaders = 0;
        refuse_key(exchange, verdict, &why);
        return;
    }
    count_request(shared, exchange);
}

static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    return length != NULL && strtoull(length, NULL, 10) > DS_MAX_BODY;
}

static void refuse_size(struct exchange *exchange)
{
    exchange->route = NULL;
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
    ds_log_write(shared->log, &(struct ds_log_entry){
                                  .method = exchange->method,
                                  .path = exchange->path,
                                  .status = exchange->reply.status,
                                  .key = exchange->key_known ? exchange->key.prefix : NULL,
                                  .authorization_headers = exchange->authorization_headers,
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
    char answer[1024];

    refuse_size(exchange);
    char *body = json_dumps(exchange->reply.json, JSON_COMPACT);
    if (info != NULL && body != NULL) {
        int size = snprintf(answer, sizeof answer, "%s%zu\r\n\r\n%s", head, strlen(body), body);
        write_log(shared, exchange, connection);
        gnutls_record_send(info->tls_session, answer, (size_t)size);
    }
    free(body);
}

static enum MHD_Result take_body(struct ds_shared *shared, struct exchange *exchange,
                                 struct MHD_Connection *connection, const char *data, size_t size)
{
    if (exchange->drained > 0) {
        exchange->drained += size;
        return exchange->drained < DS_OVERSIZE_DRAIN ? MHD_YES : MHD_NO;
    }
    if (size > DS_MAX_BODY - exchange->body_size) {
        refuse_midway(shared, exchange, connection);
        exchange->drained = size;
        return MHD_YES;
    }
    exchange->body_size += size;
    if (exchange->route == NULL)
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
    return got == -1   ? MHD_CONTENT_READER_END_OF_STREAM
           : got == -2 ? MHD_CONTENT_READER_END_WITH_ERROR
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
    if (exchange->route != NULL) {
        struct ds_call call = {
            .keys = shared->keys,
            .id = exchange->id,
            .to = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "to"),
            .body = exchange->body,
            .body_size = exchange->body_size,
        };
        exchange->route->handle(&call, &exchange->reply);
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
