#include "peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/abstract.h>

#include "peer_certificates.h"
#include "tmpdir.h"

enum { MAX_KINDS = 40, MAX_SERVERS = 48, MAX_SEEN = 512, MAX_HEAD = 8192, MAX_SESSIONS = 256 };

struct server {
    int fd;
    unsigned port;
    int kind;
    int later; /* the kind of connections from `from` on */
    unsigned from;
    unsigned leads; /* of a proxy: the port that it leads to; else 0 */
};

struct connection {
    struct server *server;
    int fd;
    int kind;
};

static struct peer_chain chains[MAX_KINDS];
static struct peer_chain proxy_chain;
static struct server servers[MAX_SERVERS];
static int nservers;
static struct peer_seen seen[MAX_SEEN];
static size_t nseen;
static gnutls_datum_t ticket_keys[MAX_KINDS];
bool peers_speak_old_tls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* seen, nseen, a server's kinds */

#define must(call) ck_assert_msg((call) >= 0, "%s", #call)

int peer_number(const char *name)
{
    for (int i = 0; i < npeer_kinds; i++)
        if (strcmp(peer_kinds[i].name, name) == 0)
            return i;
    ck_abort_msg("no such peer: %s", name);
}

void peers_make(const char *folder)
{
    gnutls_x509_crt_t authority;
    gnutls_datum_t pem;
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_le(npeer_kinds, MAX_KINDS);
    peer_chains_make(chains, &authority);
    peer_chain_of_proxy(&proxy_chain);
    must(gnutls_x509_crt_export2(authority, GNUTLS_X509_FMT_PEM, &pem));
    free(tmpdir_write(folder, "ca.pem", 0644, pem.data, pem.size));
    gnutls_free(pem.data);
    for (int i = 0; i < npeer_kinds; i++)
        must(gnutls_session_ticket_key_generate(&ticket_keys[i]));
}

const struct peer_seen *peers_seen(size_t *count)
{
    pthread_mutex_lock(&lock);
    *count = nseen;
    pthread_mutex_unlock(&lock);
    return seen;
}

/* ---- one connection -------------------------------------------------------------------------- */

/* True when the head of a request has come. */
static bool read_head(gnutls_session_t tls, char head[MAX_HEAD])
{
    size_t used = 0;
    head[0] = '\0';
    while (strstr(head, "\r\n\r\n") == NULL && used < MAX_HEAD - 1) {
        ssize_t got = gnutls_record_recv(tls, head + used, MAX_HEAD - 1 - used);
        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        if (got <= 0)
            return false;
        used += (size_t)got;
        head[used] = '\0';
    }
    return true;
}

static void keep(const struct connection *connection, gnutls_session_t tls, const char *head)
{
    static const char name[] = "\r\nAuthorization: ";
    const char *value = strcasestr(head, name);
    pthread_mutex_lock(&lock);
    if (nseen < MAX_SEEN) {
        struct peer_seen *one = &seen[nseen++];
        one->kind = connection->kind;
        one->resumed = gnutls_session_is_resumed(tls) != 0;
        sscanf(head, "%*s %255s", one->path);
        if (value != NULL)
            sscanf(value + sizeof name - 1, "%255[^\r\n]", one->authorization);
    }
    pthread_mutex_unlock(&lock);
}

static void send_text(gnutls_session_t tls, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t sent = gnutls_record_send(tls, text, length);
        if (sent <= 0)
            return;
        text += sent;
        length -= (size_t)sent;
    }
}

static void serve(const struct connection *connection, gnutls_session_t tls)
{
    char head[MAX_HEAD];
    for (int i = 0; read_head(tls, head); i++) {
        keep(connection, tls, head);
        if (i > 0 && strstr(head, "/die") != NULL)
            return;
        bool last = strstr(head, "/close") != NULL;
        send_text(tls, last ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        if (last)
            return;
    }
}

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Bytes both ways until one side ends. */
static void tunnel(gnutls_session_t tls, int client, int peer)
{
    char buffer[16384];
    for (;;) {
        struct pollfd fds[] = {{client, POLLIN, 0}, {peer, POLLIN, 0}};
        ssize_t got = 0;
        if (gnutls_record_check_pending(tls) == 0 && poll(fds, 2, -1) < 0)
            return;
        if (gnutls_record_check_pending(tls) > 0 || fds[0].revents != 0) {
            got = gnutls_record_recv(tls, buffer, sizeof buffer);
            if (got == GNUTLS_E_AGAIN)
                continue;
            if (got <= 0 || write(peer, buffer, (size_t)got) != got)
                return;
        }
        if (fds[1].revents != 0) {
            got = read(peer, buffer, sizeof buffer);
            if (got <= 0 || gnutls_record_send(tls, buffer, (size_t)got) != got)
                return;
        }
    }
}

static void lead(const struct connection *connection, gnutls_session_t tls)
{
    char head[MAX_HEAD];
    if (!read_head(tls, head))
        return;
    keep(connection, tls, head);
    int peer = connect_to(connection->server->leads);
    if (peer < 0)
        return;
    send_text(tls, "HTTP/1.1 200 OK\r\n\r\n");
    tunnel(tls, connection->fd, peer);
    close(peer);
}

/* As it stands: GnuTLS would leave out of a list of certificates what it does not take for a part
 * of the chain. */
static void set_chain(gnutls_certificate_credentials_t credentials, const struct peer_chain *chain)
{
    gnutls_pcert_st list[MAX_CHAIN];
    gnutls_privkey_t private;
    for (unsigned i = 0; i < chain->count; i++)
        must(gnutls_pcert_import_x509(&list[i], chain->certificates[i], 0));
    must(gnutls_privkey_init(&private));
    must(gnutls_privkey_import_x509(private, chain->key, GNUTLS_PRIVKEY_IMPORT_COPY));
    must(gnutls_certificate_set_key(credentials, NULL, 0, list, (int)chain->count, private));
}

static void set_certificate(gnutls_session_t tls, const struct peer_chain *chain,
                            gnutls_certificate_credentials_t *credentials)
{
    must(gnutls_certificate_allocate_credentials(credentials));
    set_chain(*credentials, chain);
    must(gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, *credentials));
    /* Of a server that shows a weak certificate nothing else is weak. */
    must(gnutls_priority_set_direct(
        tls,
        peers_speak_old_tls ? "NORMAL:-VERS-TLS1.3" : "NORMAL:+SIGN-RSA-SHA1:%VERIFY_ALLOW_BROKEN",
        NULL));
}

static void set_no_certificate(gnutls_session_t tls, gnutls_anon_server_credentials_t *credentials)
{
    must(gnutls_anon_allocate_server_credentials(credentials));
    must(gnutls_anon_set_server_known_dh_params(*credentials, GNUTLS_SEC_PARAM_MEDIUM));
    must(gnutls_credentials_set(tls, GNUTLS_CRD_ANON, *credentials));
    must(gnutls_priority_set_direct(
        tls, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH:+ANON-DH", NULL));
}

/* ---- sessions by their number, for clients without tickets ----------------------------------- */

static struct session {
    gnutls_datum_t id, data;
} sessions[MAX_SESSIONS];
static int nsessions; /* with `lock` */

static gnutls_datum_t copy_of(gnutls_datum_t from)
{
    gnutls_datum_t copy = {gnutls_malloc(from.size), from.size};
    ck_assert_ptr_nonnull(copy.data);
    memcpy(copy.data, from.data, from.size);
    return copy;
}

static int store_session(void *user, gnutls_datum_t id, gnutls_datum_t data)
{
    (void)user;
    pthread_mutex_lock(&lock);
    bool room = nsessions < MAX_SESSIONS;
    if (room)
        sessions[nsessions++] = (struct session){copy_of(id), copy_of(data)};
    pthread_mutex_unlock(&lock);
    return room ? 0 : -1;
}

static gnutls_datum_t find_session(void *user, gnutls_datum_t id)
{
    gnutls_datum_t found = {NULL, 0};
    (void)user;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < nsessions && found.data == NULL; i++)
        if (sessions[i].id.size == id.size && memcmp(sessions[i].id.data, id.data, id.size) == 0)
            found = copy_of(sessions[i].data);
    pthread_mutex_unlock(&lock);
    return found;
}

static int forget_session(void *user, gnutls_datum_t id)
{
    (void)user, (void)id;
    return 0;
}

static void set_sessions(gnutls_session_t tls)
{
    gnutls_db_set_store_function(tls, store_session);
    gnutls_db_set_retrieve_function(tls, find_session);
    gnutls_db_set_remove_function(tls, forget_session);
}

static void answer(const struct connection *connection, gnutls_session_t tls)
{
    int code;
    do
        code = gnutls_handshake(tls);
    while (code < 0 && !gnutls_error_is_fatal(code));
    if (code < 0)
        return;
    if (connection->server->leads != 0)
        lead(connection, tls);
    else
        serve(connection, tls);
    gnutls_bye(tls, GNUTLS_SHUT_WR);
}

static void *connection_main(void *data)
{
    struct connection *connection = data;
    gnutls_certificate_credentials_t certificate = NULL;
    gnutls_anon_server_credentials_t anonymous = NULL;
    gnutls_session_t tls;
    bool proxy = connection->server->leads != 0;
    const struct peer_chain *chain = proxy ? &proxy_chain : &chains[connection->kind];
    must(gnutls_init(&tls, GNUTLS_SERVER));
    if (chain->count > 0)
        set_certificate(tls, chain, &certificate);
    else
        set_no_certificate(tls, &anonymous);
    must(gnutls_session_ticket_enable_server(tls, &ticket_keys[connection->kind]));
    set_sessions(tls);
    gnutls_transport_set_int(tls, connection->fd);
    answer(connection, tls);
    close(connection->fd);
    gnutls_deinit(tls);
    if (certificate != NULL)
        gnutls_certificate_free_credentials(certificate);
    if (anonymous != NULL)
        gnutls_anon_free_server_credentials(anonymous);
    free(connection);
    return NULL;
}

/* ---- the servers ----------------------------------------------------------------------------- */

static void *server_main(void *data)
{
    struct server *server = data;
    for (unsigned number = 0;; number++) {
        struct connection *connection = calloc(1, sizeof *connection);
        pthread_t thread;
        connection->fd = accept(server->fd, NULL, NULL);
        if (connection->fd < 0)
            return NULL;
        pthread_mutex_lock(&lock);
        connection->server = server;
        connection->kind = number >= server->from ? server->later : server->kind;
        pthread_mutex_unlock(&lock);
        if (pthread_create(&thread, NULL, connection_main, connection) == 0)
            pthread_detach(thread);
    }
}

static struct server *start(int kind)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    ck_assert_int_lt(nservers, MAX_SERVERS);
    struct server *server = &servers[nservers++];
    *server = (struct server){.kind = kind, .later = kind};
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(server->fd, (struct sockaddr *)&address, length));
    must(listen(server->fd, 64));
    must(getsockname(server->fd, (struct sockaddr *)&address, &length));
    server->port = ntohs(address.sin_port);
    return server;
}

static unsigned run(struct server *server)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, server_main, server), 0);
    pthread_detach(thread);
    return server->port;
}

unsigned peer_serve(int kind)
{
    return run(start(kind));
}

unsigned peer_proxy(unsigned port)
{
    struct server *server = start(0);
    server->leads = port;
    return run(server);
}

void peer_becomes(unsigned port, int kind, unsigned connections)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < nservers; i++) {
        if (servers[i].port != port)
            continue;
        servers[i].later = kind;
        servers[i].from = connections;
    }
    pthread_mutex_unlock(&lock);
}
