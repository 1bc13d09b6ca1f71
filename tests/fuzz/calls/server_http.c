/* HTTP/1.1, as the servers speak it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http2.h"
#include "net.h"
#include "oracle.h"
#include "server_connection.h"
#include "socks.h"
#include "trace.h"

static void trace_request(const struct request *request)
{
    char line[REQUEST_TEXT * 2];
    size_t used = (size_t)snprintf(line, sizeof line, "S %s #%u %s %s%s", request->site->name,
                                   request->connection, request->method, request->target,
                                   request->http2 ? " h2" : "");
    for (size_t i = 0; i < request->nheaders && used < sizeof line; i++) {
        const char *value = request->headers[i].value;
        if (strcasecmp(request->headers[i].name, "authorization") == 0 &&
            trace_find_key(value, strlen(value)) != 0)
            continue;
        if (strncmp(value, "Digest ", 7) == 0)
            value = "Digest ...";
        if (strcasecmp(request->headers[i].name, "Sec-WebSocket-Key") == 0)
            value = "...";
        used += (size_t)snprintf(line + used, sizeof line - used, " | %s: %s",
                                 request->headers[i].name, value);
    }
    trace("%s", line);
}

void request_came(const struct request *request, struct answer *answer)
{
    trace_request(request);
    answer_make(request, answer);
    oracle_judge(request, answer);
}

static void say_text(struct connection *c, const char *text)
{
    connection_say(c, text, strlen(text));
}

static void say_body(struct connection *c, const struct answer *answer)
{
    char text[64];
    size_t size = strlen(answer->body);
    for (size_t i = 0; i < answer->repeats; i++) {
        snprintf(text, sizeof text, "%zx\r\n", size);
        if (answer->chunked)
            say_text(c, text);
        connection_say(c, answer->body, size);
        if (answer->chunked)
            say_text(c, "\r\n");
    }
    if (answer->chunked)
        say_text(c, "0\r\nX-Trailer: t\r\n\r\n");
}

static void say(struct connection *c, const struct answer *answer)
{
    char text[4096];
    if (answer->interim != 0) {
        snprintf(text, sizeof text, "HTTP/1.1 %u Interim\r\nX-Interim: 1\r\n\r\n", answer->interim);
        say_text(c, text);
    }
    size_t length =
        (size_t)snprintf(text, sizeof text, "HTTP/1.1 %u Answer\r\n%s%s", answer->status,
                         answer->headers, answer->says_close ? "Connection: close\r\n" : "");
    if (answer->halves) {
        connection_say(c, text, length - 2);
        c->ends = true;
        return;
    }
    bool has_body = answer->status != 204 && answer->status != 304 && !answer->tunnels;
    if (has_body && answer->chunked)
        say_text(c, text), snprintf(text, sizeof text, "Transfer-Encoding: chunked\r\n\r\n");
    else if (has_body)
        say_text(c, text), snprintf(text, sizeof text, "Content-Length: %zu\r\n\r\n",
                                    strlen(answer->body) * answer->repeats);
    else
        say_text(c, text), snprintf(text, sizeof text, "\r\n");
    say_text(c, text);
    if (has_body && answer->repeats > 0)
        say_body(c, answer);
    c->ends = answer->closes || answer->says_close;
}

/* Ends the lines of the header in place. False where it is no request. */
static bool parse(struct connection *c, char *head, struct request *request)
{
    char *rest = NULL;
    char *line = strtok_r(head, "\r\n", &rest);
    *request = (struct request){
        .site = c->site, .connection = c->number, .sni = c->sni, .nth = ++c->nrequests};
    if (line == NULL || sscanf(line, "%63s %2047s", request->method, request->target) != 2)
        return false;
    while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL || request->nheaders == REQUEST_HEADERS)
            return false;
        *colon = '\0';
        request->headers[request->nheaders++] =
            (struct header){line, colon + 1 + strspn(colon + 1, " ")};
    }
    return true;
}

static void answer_now(struct connection *c)
{
    const struct answer *answer = &c->answer;
    c->waits_for_body = false;
    if (answer->drops) {
        c->dead = true;
        return;
    }
    c->wake = net_now() + answer->after;
    say(c, answer);
}

/* A tunnel's further end takes the place of the proxy. */
static void become(struct connection *c, const char *authority)
{
    c->nrequests = 0;
    connection_turn(c, world_reach(authority));
}

static void take_request(struct connection *c, char *head)
{
    struct request request;
    if (!parse(c, head, &request)) {
        trace("S %s #%u no request", c->site->name, c->number);
        c->dead = true;
        return;
    }
    request_came(&request, &c->answer);
    const char *length = request_header(&request, "Content-Length");
    const char *encoding = request_header(&request, "Transfer-Encoding");
    c->body = length != NULL ? strtoul(length, NULL, 10) : 0;
    c->chunked = encoding != NULL && strcasestr(encoding, "chunked") != NULL;
    c->waits_for_body = c->body > 0 || c->chunked;
    if (request_header(&request, "Expect") != NULL && c->waits_for_body &&
        strstr(request.target, "mute") == NULL && c->answer.status < 300)
        say_text(c, "HTTP/1.1 100 Continue\r\n\r\n");
    if (request_header(&request, "Expect") != NULL && c->answer.status >= 300)
        c->waits_for_body = false, c->answer.closes = true;
    if (!c->waits_for_body)
        answer_now(c);
    if (c->answer.tunnels)
        become(c, request.target);
}

/* How many bytes of the buffer belong to the body, and whether it is complete. */
static size_t eat_body(struct connection *c)
{
    if (!c->chunked) {
        size_t size = c->nin < c->body ? c->nin : c->body;
        c->body -= size;
        if (c->body == 0)
            answer_now(c);
        return size;
    }
    const char *end = memmem(c->in, c->nin, "0\r\n", 3);
    const char *last =
        end != NULL ? memmem(end, c->nin - (size_t)(end - c->in), "\r\n\r\n", 4) : NULL;
    if (last == NULL)
        return 0;
    trace_text("S trailer", end, (size_t)(last - end));
    answer_now(c);
    return (size_t)(last - c->in) + 4;
}

static void drop_front(struct connection *c, size_t size)
{
    memmove(c->in, c->in + size, c->nin - size);
    c->nin -= size;
}

bool connection_consume(struct connection *c)
{
    static char head[sizeof c->in + 1];
    if (c->dead || c->nin == 0)
        return false;
    if (c->http2 != NULL) {
        http2_receive(c->http2, c->in, c->nin);
        c->nin = 0;
        return true;
    }
    if (c->site->socks) {
        size_t size = socks_take(c);
        drop_front(c, size);
        return size > 0;
    }
    if (c->waits_for_body) {
        size_t size = eat_body(c);
        drop_front(c, size);
        return size > 0;
    }
    const char *end = memmem(c->in, c->nin, "\r\n\r\n", 4);
    if (end == NULL) {
        c->dead |= c->nin == sizeof c->in;
        return false;
    }
    size_t length = (size_t)(end - c->in) + 4;
    memcpy(head, c->in, length);
    head[length] = '\0';
    drop_front(c, length);
    take_request(c, head);
    return true;
}
