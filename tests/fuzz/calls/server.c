#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "http2.h"
#include "net.h"
#include "oracle.h"
#include "server_connection.h"
#include "socks.h"
#include "trace.h"

static gnutls_certificate_credentials_t credentials[5];
static gnutls_datum_t ticket_keys[5]; /* who shares one shares what was verified */
static struct connection *connections;
static unsigned ncreated;

/* ---- bytes ----------------------------------------------------------------------------------- */

static ssize_t receive(struct connection *c, char *to, size_t size)
{
    if (!c->tls)
        return recv(c->fd, to, size, MSG_DONTWAIT);
    ssize_t got = gnutls_record_recv(c->session, to, size);
    if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) {
        errno = EAGAIN;
        return -1;
    }
    if (got < 0 && gnutls_error_is_fatal((int)got) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return got < 0 ? 0 : got;
}

static ssize_t transmit(struct connection *c, const char *from, size_t size)
{
    if (!c->tls)
        return send(c->fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    ssize_t sent = gnutls_record_send(c->session, from, size);
    if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED) {
        errno = EAGAIN;
        return -1;
    }
    if (sent < 0)
        errno = EPIPE;
    return sent < 0 ? -1 : sent;
}

void connection_say(struct connection *c, const void *data, size_t size)
{
    c->out = realloc(c->out, c->nout + size);
    if (c->out == NULL)
        abort();
    memcpy(c->out + c->nout, data, size);
    c->nout += size;
}

static bool flush(struct connection *c)
{
    size_t at = 0;
    if (c->nout == 0 || net_now() < c->wake)
        return false;
    while (at < c->nout) {
        ssize_t sent = transmit(c, c->out + at, c->nout - at);
        if (sent <= 0) {
            c->dead |= errno != EAGAIN;
            break;
        }
        at += (size_t)sent;
    }
    memmove(c->out, c->out + at, c->nout - at);
    c->nout -= at;
    c->dead |= c->nout == 0 && c->ends;
    return at > 0;
}

/* ---- TLS ------------------------------------------------------------------------------------- */

/* Within the session with a proxy. */
static ssize_t outer_result(struct connection *c, ssize_t result)
{
    if (result >= 0)
        return result;
    gnutls_transport_set_errno(c->session, gnutls_error_is_fatal((int)result) ? EPIPE : EAGAIN);
    return -1;
}

static ssize_t pull(gnutls_transport_ptr_t connection, void *to, size_t size)
{
    struct connection *c = connection;
    return outer_result(c, gnutls_record_recv(c->outer, to, size));
}

static ssize_t push(gnutls_transport_ptr_t connection, const void *from, size_t size)
{
    struct connection *c = connection;
    return outer_result(c, gnutls_record_send(c->outer, from, size));
}

static void start_tls(struct connection *c)
{
    static const gnutls_datum_t protocols[] = {{(unsigned char *)"h2", 2},
                                               {(unsigned char *)"http/1.1", 8}};
    gnutls_init(&c->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(c->session);
    gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, credentials[c->site->certificate]);
    gnutls_alpn_set_protocols(c->session, protocols, 2, GNUTLS_ALPN_SERVER_PRECEDENCE);
    gnutls_session_ticket_enable_server(c->session, &ticket_keys[c->site->certificate]);
    if (c->outer == NULL) {
        gnutls_transport_set_int(c->session, c->fd);
    } else {
        gnutls_transport_set_ptr(c->session, c);
        gnutls_transport_set_pull_function(c->session, pull);
        gnutls_transport_set_push_function(c->session, push);
    }
    c->tls = true;
    c->shook = false;
}

/* True when it is through. */
static bool shake(struct connection *c)
{
    int result = gnutls_handshake(c->session);
    if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
        return false;
    if (result < 0) {
        if (gnutls_error_is_fatal(result) == 0)
            return false;
        trace("S %s #%u refused the handshake", c->site->name, c->number);
        c->dead = true;
        return false;
    }
    gnutls_datum_t protocol;
    size_t size = sizeof c->sni - 1;
    unsigned type = 0;
    if (gnutls_server_name_get(c->session, c->sni, &size, &type, 0) != 0)
        c->sni[0] = '\0';
    c->shook = true;
    if (gnutls_alpn_get_selected_protocol(c->session, &protocol) == 0 && protocol.size == 2)
        c->http2 = http2_start(c);
    trace("S %s #%u TLS sni=%s%s%s", c->site->name, c->number, c->sni,
          gnutls_session_is_resumed(c->session) ? " resumed" : "", c->http2 != NULL ? " h2" : "");
    return true;
}

/* ---- HTTP/1.1 -------------------------------------------------------------------------------- */

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

void connection_turn(struct connection *c, const struct site *site)
{
    flush(c);
    c->site = site;
    if (site->certificate == CERTIFICATE_NONE)
        return;
    c->outer = c->session;
    start_tls(c);
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

/* True where it took something. */
static bool consume(struct connection *c)
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

/* ---- connections ----------------------------------------------------------------------------- */

static bool step(struct connection *c)
{
    if (c->dead)
        return false;
    if (c->tls && !c->shook)
        return shake(c);
    bool moved = false;
    while (!c->dead && c->nin < sizeof c->in && (!c->tls || c->shook)) {
        ssize_t got = receive(c, c->in + c->nin, sizeof c->in - c->nin);
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            c->dead = true;
            break;
        }
        c->nin += (size_t)got;
        moved = true;
        while (consume(c))
            ;
    }
    return flush(c) || moved;
}

static void end(struct connection *c)
{
    if (c->http2 != NULL)
        http2_end(c->http2);
    if (c->tls) {
        if (c->shook)
            gnutls_bye(c->session, GNUTLS_SHUT_WR);
        gnutls_deinit(c->session);
    }
    if (c->outer != NULL)
        gnutls_deinit(c->outer);
    close(c->fd);
    free(c->out);
    free(c);
}

bool server_step(void)
{
    bool moved = false;
    for (struct connection **link = &connections; *link != NULL;) {
        struct connection *c = *link;
        moved |= step(c);
        if (!c->dead) {
            link = &c->next;
            continue;
        }
        *link = c->next;
        end(c);
        moved = true;
    }
    return moved;
}

int64_t server_next(void)
{
    int64_t next = INT64_MAX;
    for (const struct connection *c = connections; c != NULL; c = c->next)
        if (c->nout > 0 && c->wake > net_now() && c->wake < next)
            next = c->wake;
    return next;
}

bool server_accept(int fd, const struct sockaddr_in *to)
{
    const struct site *site = world_find(ntohl(to->sin_addr.s_addr), ntohs(to->sin_port));
    if (site == NULL)
        return false;
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    c->fd = fd;
    c->site = site;
    c->number = ++ncreated;
    struct connection **link = &connections;
    while (*link != NULL)
        link = &(*link)->next;
    *link = c;
    if (site->certificate != CERTIFICATE_NONE)
        start_tls(c);
    return true;
}

void server_drop_idle(void)
{
    net_settle();
    for (struct connection *c = connections; c != NULL; c = c->next)
        if (c->nout == 0 && c->nin == 0 && !c->waits_for_body && (!c->tls || c->shook))
            c->dead = true;
    net_settle();
}

static gnutls_datum_t read_file(const char *folder, const char *name)
{
    char path[4096];
    gnutls_datum_t text = {NULL, 0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (gnutls_load_file(path, &text) != 0) {
        fprintf(stderr, "calls: %s: cannot be read\n", path);
        exit(2);
    }
    return text;
}

void server_start(const char *folder)
{
    static const char *const files[] = {NULL, "app.pem", "evil.pem", "impostor.pem", "proxy.pem"};
    for (int i = 1; i < 5; i++) {
        gnutls_datum_t pem = read_file(folder, files[i]);
        gnutls_certificate_allocate_credentials(&credentials[i]);
        gnutls_session_ticket_key_generate(&ticket_keys[i]);
        if (gnutls_certificate_set_x509_key_mem(credentials[i], &pem, &pem, GNUTLS_X509_FMT_PEM) <
            0)
            exit(2);
        gnutls_free(pem.data);
    }
}
