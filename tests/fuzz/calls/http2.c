#include "http2.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "server_connection.h"
#include "trace.h"

enum { STREAM_TEXT = 16384, OUR_HEADERS = 16 };

struct stream {
    struct request request;
    struct answer answer;
    char text[STREAM_TEXT]; /* the headers' names and values */
    size_t used;
    char status[8];
    size_t left; /* of the body, bytes */
    bool answered;
};

struct http2 {
    struct connection *connection;
    nghttp2_session *session;
};

static const char *keep(struct stream *stream, const void *from, size_t size)
{
    if (size >= STREAM_TEXT - stream->used)
        return "";
    char *to = stream->text + stream->used;
    memcpy(to, from, size);
    to[size] = '\0';
    stream->used += size + 1;
    return to;
}

static struct stream *new_stream(struct http2 *http2, int32_t id)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        abort();
    struct connection *c = http2->connection;
    stream->request = (struct request){.site = c->site,
                                       .connection = c->number,
                                       .nth = ++c->nrequests,
                                       .sni = c->sni,
                                       .http2 = true};
    nghttp2_session_set_stream_user_data(http2->session, id, stream);
    return stream;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        new_stream(user, frame->hd.stream_id);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                     void *user)
{
    (void)flags, (void)user;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    struct request *request = &stream->request;
    const char *text = keep(stream, value, value_size);
    if (name_size == 7 && memcmp(name, ":method", 7) == 0)
        snprintf(request->method, sizeof request->method, "%s", text);
    else if (name_size == 5 && memcmp(name, ":path", 5) == 0)
        snprintf(request->target, sizeof request->target, "%s", text);
    else if (request->nheaders < REQUEST_HEADERS)
        request->headers[request->nheaders++] = (struct header){
            name_size == 10 && memcmp(name, ":authority", 10) == 0 ? "Host"
                                                                   : keep(stream, name, name_size),
            text};
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    (void)session, (void)id, (void)user;
    struct stream *stream = source->ptr;
    size_t length = stream->left < size ? stream->left : size;
    memset(to, 'b', length);
    stream->left -= length;
    if (stream->left == 0)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

/* The answer's headers, which are lines, as fields; the lines are cut up. */
static size_t list_fields(struct stream *stream, nghttp2_nv fields[OUR_HEADERS])
{
    size_t count = 0;
    char *rest = NULL;
    snprintf(stream->status, sizeof stream->status, "%u", stream->answer.status);
    fields[count++] = field(":status", stream->status);
    for (char *line = strtok_r(stream->answer.headers, "\r\n", &rest);
         line != NULL && count < OUR_HEADERS; line = strtok_r(NULL, "\r\n", &rest)) {
        char *colon = strchr(line, ':');
        *colon = '\0';
        for (char *c = line; *c != '\0'; c++)
            *c |= 0x20;
        fields[count++] = field(line, colon + 2);
    }
    return count;
}

static void respond(nghttp2_session *session, int32_t id, struct stream *stream)
{
    nghttp2_nv fields[OUR_HEADERS];
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_body};
    size_t count = list_fields(stream, fields);
    stream->left = strlen(stream->answer.body) * stream->answer.repeats;
    nghttp2_submit_response(session, id, fields, count, stream->left > 0 ? &body : NULL);
}

static void push(struct http2 *http2, int32_t parent, const char *path)
{
    const nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"),
                                 field(":authority", WORLD_HOST), field(":path", path)};
    int32_t id =
        nghttp2_submit_push_promise(http2->session, NGHTTP2_FLAG_NONE, parent, fields, 4, NULL);
    if (id < 0)
        return;
    struct stream *stream = new_stream(http2, id);
    stream->answer = (struct answer){.status = 200, .repeats = 1, .body = "pushed\n"};
    respond(http2->session, id, stream);
}

static void answer_stream(struct http2 *http2, int32_t id, struct stream *stream)
{
    struct connection *c = http2->connection;
    stream->answered = true;
    if (stream->answer.drops) {
        c->dead = true;
        return;
    }
    if (stream->answer.halves) {
        nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
        return;
    }
    if (stream->answer.after > 0)
        c->wake = net_now() + stream->answer.after;
    if (stream->answer.push != NULL)
        push(http2, id, stream->answer.push);
    respond(http2->session, id, stream);
    c->ends |= stream->answer.closes || stream->answer.says_close;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS &&
        frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        request_came(&stream->request, &stream->answer);
    bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (stream != NULL && last && !stream->answered &&
        (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA))
        answer_stream(user, frame->hd.stream_id, stream);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    (void)code, (void)user;
    free(nghttp2_session_get_stream_user_data(session, id));
    return 0;
}

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t size, int flags,
                       void *user)
{
    (void)session, (void)flags;
    struct http2 *http2 = user;
    connection_say(http2->connection, data, size);
    return (ssize_t)size;
}

struct http2 *http2_start(struct connection *connection)
{
    nghttp2_session_callbacks *callbacks;
    struct http2 *http2 = calloc(1, sizeof *http2);
    if (http2 == NULL || nghttp2_session_callbacks_new(&callbacks) != 0)
        abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    http2->connection = connection;
    nghttp2_session_server_new(&http2->session, callbacks, http2);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, NULL, 0);
    nghttp2_session_send(http2->session);
    return http2;
}

void http2_receive(struct http2 *http2, const char *data, size_t size)
{
    if (nghttp2_session_mem_recv(http2->session, (const uint8_t *)data, size) < 0)
        http2->connection->dead = true;
    else
        nghttp2_session_send(http2->session);
}

void http2_end(struct http2 *http2)
{
    nghttp2_session_del(http2->session);
    free(http2);
}
