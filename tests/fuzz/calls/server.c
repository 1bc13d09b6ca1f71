#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "http2.h"
#include "net.h"
#include "server_connection.h"

static struct connection *connections;
static unsigned ncreated;

static bool step(struct connection *c)
{
    if (c->dead)
        return false;
    if (c->tls && !c->shook)
        return connection_shake(c);
    bool moved = false;
    while (!c->dead && c->nin < sizeof c->in && (!c->tls || c->shook)) {
        ssize_t got = connection_receive(c, c->in + c->nin, sizeof c->in - c->nin);
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            c->dead = true;
            break;
        }
        c->nin += (size_t)got;
        moved = true;
        while (connection_consume(c))
            ;
    }
    return connection_flush(c) || moved;
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
        connection_start_tls(c);
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
