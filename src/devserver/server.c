#include "devserver/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "devserver/exchange.h"

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct ds_server {
    struct ds_shared shared;
    struct ds_keys *flush_keys; /* so that a write to disk never holds up a look-up */
    struct MHD_Daemon *daemon;
    uint16_t port;
};

/* As many connections as descriptors allow: the soft limit is raised towards the hard one. */
static unsigned connection_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 256;
    rlim_t wanted = DS_MAX_CONNECTIONS + DS_SPARE_FILES;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= wanted)
        return DS_MAX_CONNECTIONS;
    return files.rlim_cur > 2 * DS_SPARE_FILES ? (unsigned)files.rlim_cur - DS_SPARE_FILES
                                               : DS_SPARE_FILES;
}

static unsigned worker_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 2 ? 2 : processors > 8 ? 8 : (unsigned)processors;
}

/* Not of every version. */
static struct MHD_OptionItem optional[] = {
#if MHD_VERSION >= 0x00097205
    {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
#endif
    {MHD_OPTION_END, 0, NULL},
};

/*
 * Who comes while the requests under way are finished is turned away. libmicrohttpd's own way to
 * be quiet is not safe: its caller and the thread of a pool both take the listening socket out of
 * the epoll set, and whoever comes second ends the process (seen with 0.9.75).
 */
static enum MHD_Result admits(void *data, const struct sockaddr *peer, socklen_t size)
{
    struct ds_shared *shared = data;
    (void)peer, (void)size;
    return atomic_load(&shared->stopping) ? MHD_NO : MHD_YES;
}

static struct MHD_Daemon *start_daemon(struct ds_server *server,
                                       const struct ds_server_options *options, int listening)
{
    unsigned limit = connection_limit();
    const char *pem = options->tls->server_pem;
    /* STRICT_FOR_CLIENT refuses what parsers read in two ways, such as a space before the colon. */
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC, 0, admits, &server->shared,
        ds_exchange_handle, &server->shared, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_THREAD_POOL_SIZE, worker_count(), MHD_OPTION_CONNECTION_LIMIT, limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, limit - limit / 8, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)DS_CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, ds_exchange_completed,
        &server->shared, MHD_OPTION_HTTPS_MEM_KEY, pem, MHD_OPTION_HTTPS_MEM_CERT, pem,
        MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_ARRAY, optional, MHD_OPTION_END);
}

static bool open_parts(struct ds_server *server, const struct ds_server_options *options,
                       struct ds_why *why)
{
    server->shared.log = options->log;
    server->shared.limits = ds_limits_new();
    server->shared.uses = ds_uses_new();
    if (server->shared.limits == NULL || server->shared.uses == NULL)
        return ds_fail(why, "the server: out of memory");
    server->shared.keys = ds_keys_open(options->folder, why);
    server->flush_keys = server->shared.keys == NULL ? NULL : ds_keys_open(options->folder, why);
    return server->flush_keys != NULL;
}

struct ds_server *ds_server_start(const struct ds_server_options *options, struct ds_why *why)
{
    struct ds_server *server = calloc(1, sizeof *server);
    bool loopback = true;
    if (server == NULL) {
        ds_fail(why, "the server: out of memory");
        return NULL;
    }
    int fd = open_parts(server, options, why)
                 ? ds_listen(options->listen, &server->port, &loopback, why)
                 : -1;
    if (fd >= 0 && (server->daemon = start_daemon(server, options, fd)) == NULL) {
        ds_fail(why, "%s: the HTTPS server did not start", options->listen);
        close(fd);
    }
    if (server->daemon == NULL) {
        ds_server_stop(server);
        return NULL;
    }
    if (!loopback)
        fprintf(stderr, "commissioned-devserver: warning: %s can be reached from other machines\n",
                options->listen);
    return server;
}

uint16_t ds_server_port(const struct ds_server *server)
{
    return server->port;
}

void ds_server_flush(struct ds_server *server)
{
    struct ds_why why;
    if (!ds_uses_flush(server->shared.uses, server->flush_keys, &why))
        fprintf(stderr, "commissioned-devserver: last use not noted: %s\n", why.text);
}

bool ds_server_drain(struct ds_server *server)
{
    atomic_store(&server->shared.stopping, true);
    return atomic_load(&server->shared.under_way) == 0;
}

void ds_server_stop(struct ds_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->flush_keys != NULL)
        ds_server_flush(server);
    ds_keys_close(server->shared.keys);
    ds_keys_close(server->flush_keys);
    ds_uses_free(server->shared.uses);
    ds_limits_free(server->shared.limits);
    free(server);
}
