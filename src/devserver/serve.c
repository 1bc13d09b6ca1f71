/* commissioned-devserver serve: start, say so, wait for a signal, end well. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/cleanup.h"
#include "devserver/command.h"
#include "devserver/server.h"

enum { GRACE_SECONDS = 30 };

struct settings {
    const char *state;
    const char *host;
    const char *log;
    const char *listen;
    const char *port;
    unsigned long timeout;
};

static bool take_options(int argc, char **argv, struct settings *settings)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"host", required_argument, NULL, 'h'},
                                            {"log", required_argument, NULL, 'o'},
                                            {"listen", required_argument, NULL, 'l'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            settings->state = optarg;
            break;
        case 'h':
            settings->host = optarg;
            break;
        case 'o':
            settings->log = optarg;
            break;
        case 'l':
            settings->listen = optarg;
            break;
        case 'p':
            settings->port = optarg;
            break;
        case 't':
            settings->timeout = strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return optind == argc && settings->timeout >= 1 && settings->timeout <= 3600;
}

/* --port stands in for the port of --listen. */
static char *listen_address(const struct settings *settings)
{
    char *address = NULL;
    const char *colon = strrchr(settings->listen, ':');
    int host = colon == NULL ? (int)strlen(settings->listen) : (int)(colon - settings->listen);
    if (settings->port == NULL)
        return strdup(settings->listen);
    return asprintf(&address, "%.*s:%s", host, settings->listen, settings->port) < 0 ? NULL
                                                                                     : address;
}

static void announce(const struct settings *settings, uint16_t port, const char *folder)
{
    printf("ready https://%s:%u ca=%s/ca.pem\n", settings->host, (unsigned)port, folder);
    fflush(stdout);
    fprintf(stderr, "commissioned-devserver: a development server: it runs no model.\n");
    ds_guide(stderr, settings->host, port, folder);
}

/* One second, or less where a signal to end comes: then true. */
static bool told_to_end(const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    return sigtimedwait(signals, NULL, &second) > 0;
}

static void run(struct ds_server *server, const sigset_t *signals)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    while (!told_to_end(signals))
        ds_server_flush(server);
    /* Requests under way are finished; a second signal, or the end of patience, ends them. */
    time_t patience = time(NULL) + GRACE_SECONDS;
    while (!ds_server_drain(server) && time(NULL) < patience)
        if (sigtimedwait(signals, NULL, &pause) > 0)
            break;
}

static int serve(const struct settings *settings, const char *folder, const sigset_t *signals)
{
    struct ds_why why = {"out of memory"};
    struct ds_tls tls = {0};
    auto_free char *address = listen_address(settings);
    struct ds_log *log = ds_log_open(settings->log, &why);
    struct ds_server *server = NULL;
    if (address != NULL && log != NULL && ds_tls_prepare(folder, settings->host, &tls, &why)) {
        const struct ds_server_options options = {.folder = folder,
                                                  .listen = address,
                                                  .tls = &tls,
                                                  .log = log,
                                                  .timeout = (unsigned)settings->timeout};
        server = ds_server_start(&options, &why);
    }
    ds_tls_clear(&tls);
    int status = server != NULL ? DS_EXIT_OK : ds_complain(DS_EXIT_FAILED, "%s", why.text);
    if (server != NULL) {
        announce(settings, ds_server_port(server), folder);
        run(server, signals);
    }
    ds_server_stop(server);
    ds_log_close(log);
    return status;
}

int ds_command_serve(int argc, char **argv)
{
    struct settings settings = {
        .host = DS_DEFAULT_HOST, .listen = DS_DEFAULT_LISTEN, .timeout = DS_TIMEOUT_SECONDS};
    struct ds_why why;
    sigset_t signals;
    if (!take_options(argc, argv, &settings))
        return ds_complain(DS_EXIT_USAGE, "serve: see commissioned-devserver --help");
    auto_free char *folder = ds_command_state(settings.state, &why);
    if (folder == NULL)
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    /* Blocked before the server's threads exist, which inherit it: only sigtimedwait takes them. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return serve(&settings, folder, &signals);
}
