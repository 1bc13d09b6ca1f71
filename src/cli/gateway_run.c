/* gateway run - the bridge's supervisor for a machine: a service that alone can read the keys. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bridge/order.h"
#include "bridge/supervisor.h"
#include "cli/gateway.h"
#include "core/cleanup.h"

enum { BACKLOG = 512, FIRST_PASSED = 3 };

static const struct cli_option options[] = {
    [GATEWAY_OPTION_ENGINE] = {"engine", 'e', "NAME", "haproxy", CLI_WORDS_LIST, "haproxy"},
    [GATEWAY_OPTION_LISTEN] = {"listen", 0, "ADDR", "HOST:PORT or unix:PATH", CLI_WORDS_NONE, NULL},
    [GATEWAY_OPTION_CONFIG] = {"config", 0, "FILE", "this policy alone", CLI_WORDS_FILE, NULL},
    [GATEWAY_OPTION_TOKENS] = {"tokens", 0, "FILE", "the file of tokens", CLI_WORDS_FILE, NULL},
    [GATEWAY_OPTION_FILES] = {"files", 0, "DIR", "of no use here", CLI_WORDS_FOLDER, NULL},
    [GATEWAY_OPTION_CACERT] = {"cacert", 0, "FILE", "trust these certificates", CLI_WORDS_FILE,
                               NULL},
    [GATEWAY_OPTION_CONNECT] = {"connect", 0, "HOST:PORT", "connect there instead", CLI_WORDS_NONE,
                                NULL},
    {0},
};

/* sd_listen_fds(3): the socket is passed as descriptor 3. */
static bool is_passed(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    return pid != NULL && count != NULL && strtol(pid, NULL, 10) == (long)getpid() &&
           strcmp(count, "1") == 0;
}

/* Somebody listens there. What is left of a gateway that was killed refuses. */
static bool is_served(const struct sockaddr_un *there)
{
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return connect(fd, (const struct sockaddr *)there, sizeof *there) == 0 || errno == EAGAIN;
}

/* The engine of a gateway that was killed may take a moment to die. */
static bool stays_served(const struct sockaddr_un *there)
{
    enum { TRIES = 10, PAUSE = 100 }; /* milliseconds */
    for (int i = 0; i < TRIES; i++) {
        if (!is_served(there))
            return false;
        poll(NULL, 0, PAUSE);
    }
    return true;
}

static int listen_at_path(const char *path)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof here.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(here.sun_path, sizeof here.sun_path, "%s", path);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !stays_served(&here))
        unlink(path);
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0117);
    int bound = fd >= 0 ? bind(fd, (struct sockaddr *)&here, sizeof here) : -1;
    umask(before);
    if (bound != 0 || listen(fd, BACKLOG) != 0)
        return -1;
    int listening = fd;
    fd = -1;
    return listening;
}

static int listen_at_address(const char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char host[256];
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    int one = 1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * bracketed, text + bracketed);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    auto_close int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool works = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                 bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    freeaddrinfo(found);
    if (!works)
        return -1;
    int listening = fd;
    fd = -1;
    return listening;
}

static int open_listener(const char *listen)
{
    if (is_passed()) {
        fcntl(FIRST_PASSED, F_SETFD, FD_CLOEXEC);
        return FIRST_PASSED;
    }
    if (strncmp(listen, "unix:", 5) == 0)
        return listen_at_path(listen + 5);
    return listen_at_address(listen);
}

static int serve(const struct gateway_call *wanted, const struct gateway *gateway,
                 const struct engine *engine, int listener)
{
    const struct policy_rule *first = &gateway->image->rules[0];
    char why[BRIDGE_SENTENCE] = "";
    struct bridge_order bridge = {
        .request = &wanted->asker.request,
        .cacert = wanted->cacert[0] != '\0' ? wanted->cacert : NULL,
        .connect = wanted->connect,
    };
    struct supervisor_order order = {
        .bridge = &bridge,
        .engine = engine,
        .host = first->host,
        .port = first->port,
        .tokens_file = wanted->tokens,
        .program = -1,
        .listener = listener,
        .starter = -1,
    };
    enum bridge_result result = supervisor_run(&order, why);
    return result == BRIDGE_OK ? CLI_OK : gateway_fail(result, why);
}

static int run_with(const struct gateway_call *wanted, struct gateway *gateway)
{
    char why[BRIDGE_SENTENCE] = "";
    struct engine engine = {0};
    enum bridge_result result =
        gateway_read(&wanted->asker.request, wanted->tokens, GATEWAY_WITHOUT_KEYS, gateway, why);
    if (result == BRIDGE_OK)
        result = engine_find(&engine, why);
    if (result != BRIDGE_OK)
        return gateway_fail(result, why);
    auto_close int listener = open_listener(wanted->listen);
    if (listener < 0)
        return cli_fail(CLI_FAILED, "--listen: %s: %m", wanted->listen);
    int status = serve(wanted, gateway, &engine, listener);
    if (!is_passed() && strncmp(wanted->listen, "unix:", 5) == 0)
        unlink(wanted->listen + 5);
    return status;
}

static int run(const struct cli_call *call)
{
    static struct gateway_call wanted;
    struct gateway gateway = {0};
    int status = gateway_call_read(&wanted, call);
    if (status != CLI_OK)
        return status;
    if (wanted.engine != GATEWAY_HAPROXY)
        return cli_fail(CLI_FAILED, "only haproxy is run: start nginx or Envoy on what 'gateway "
                                    "print' prints");
    status = run_with(&wanted, &gateway);
    gateway_free(&gateway);
    return status;
}

const struct cli_verb cli_verb_gateway_run = {
    .name = "run",
    .summary = "serve, with HAProxy",
    .about = "Serve the policy to whoever has a token, until a signal ends it. Keys, tokens\n"
             "and rules that change count from the next request on. A socket that systemd\n"
             "passes is used in the place of --listen.\n",
    .options = options,
    .run = run,
};
