#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "http2.h"
#include "net.h"
#include "server_connection.h"
#include "trace.h"

static gnutls_certificate_credentials_t credentials[5];
static gnutls_datum_t ticket_keys[5]; /* who shares one shares what was verified */

/* ---- bytes ----------------------------------------------------------------------------------- */

ssize_t connection_receive(struct connection *c, char *to, size_t size)
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

bool connection_flush(struct connection *c)
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

void connection_start_tls(struct connection *c)
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

bool connection_shake(struct connection *c)
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

void connection_turn(struct connection *c, const struct site *site)
{
    connection_flush(c);
    c->site = site;
    if (site->certificate == CERTIFICATE_NONE)
        return;
    c->outer = c->session;
    connection_start_tls(c);
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
