#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "server.h"
#include "trace.h"

#define SHOWN __attribute__((visibility("default")))

enum { SOCKETS = 1024, LOCAL_PORT = 50000, STUCK = 2000 };

/* A socket of the program's, by its descriptor. */
static struct end {
    bool used;
    bool connecting;
    int peer;      /* the other end until the server takes it, or -1 */
    int error;     /* SO_ERROR, once */
    int64_t ready; /* when a connect is through */
    struct sockaddr_in to;
    uint16_t local_port;
} ends[SOCKETS];

static int64_t clock_ms = 1000000;
static int64_t connect_time;
static uint16_t next_port = LOCAL_PORT;

int64_t net_now(void)
{
    return clock_ms;
}

void net_pass(int64_t milliseconds)
{
    clock_ms += milliseconds;
}

void net_set_connect_time(int64_t milliseconds)
{
    connect_time = milliseconds;
}

static struct end *end_of(int fd)
{
    return fd >= 0 && fd < SOCKETS && ends[fd].used ? &ends[fd] : NULL;
}

/* A connect that is through reaches the server, or finds nobody. */
static void finish_connects(void)
{
    for (int fd = 0; fd < SOCKETS; fd++) {
        struct end *end = &ends[fd];
        if (!end->used || !end->connecting || end->ready > clock_ms)
            continue;
        end->connecting = false;
        if (end->peer >= 0 && server_accept(end->peer, &end->to)) {
            end->peer = -1;
            continue;
        }
        end->error = ECONNREFUSED;
        close(end->peer);
        end->peer = -1;
    }
}

void net_settle(void)
{
    int saved = errno;
    do
        finish_connects();
    while (server_step());
    errno = saved;
}

/* When something happens by itself, or INT64_MAX. */
static int64_t next_event(void)
{
    int64_t next = server_next();
    for (int fd = 0; fd < SOCKETS; fd++)
        if (ends[fd].used && ends[fd].connecting && ends[fd].ready < next)
            next = ends[fd].ready;
    return next;
}

/* ---- what libcurl calls ---------------------------------------------------------------------- */

static int real_poll(struct pollfd *fds, nfds_t count)
{
    static const struct timespec none;
    return (int)syscall(SYS_ppoll, fds, count, &none, NULL, 0);
}

/* A socket that still connects is not ready, whatever the pair of sockets says. */
static int ready_of(struct pollfd *fds, nfds_t count)
{
    struct pollfd asked[SOCKETS];
    if (count > SOCKETS)
        abort();
    for (nfds_t i = 0; i < count; i++) {
        const struct end *end = end_of(fds[i].fd);
        asked[i] = fds[i];
        if (end != NULL && end->connecting)
            asked[i].fd = -1;
    }
    int ready = real_poll(asked, count);
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = asked[i].fd == -1 ? 0 : asked[i].revents;
    return ready;
}

SHOWN int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static int waits;
    int64_t until = timeout < 0 ? INT64_MAX : clock_ms + timeout;
    for (;;) {
        net_settle();
        int ready = ready_of(fds, count);
        if (ready != 0 || timeout == 0)
            return ready;
        int64_t next = next_event();
        if (next == INT64_MAX && until == INT64_MAX)
            trace_end("stuck: waits for ever");
        if (++waits > STUCK)
            trace_end("stuck: waits too often");
        clock_ms = next < until ? next : until;
        if (next > until)
            return 0;
    }
}

SHOWN int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    (void)size;
    return poll(fds, count, timeout);
}

static int real_socket(int domain, int type, int protocol)
{
    return (int)syscall(SYS_socket, domain, type, protocol);
}

SHOWN int socket(int domain, int type, int protocol)
{
    int pair[2];
    if (domain != AF_INET || (type & 0xf) != SOCK_STREAM)
        return real_socket(domain, type, protocol);
    int extra = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socketpair(AF_UNIX, SOCK_STREAM | extra, 0, pair) != 0)
        return -1;
    if (pair[0] >= SOCKETS)
        trace_end("stuck: too many sockets");
    ends[pair[0]] = (struct end){.used = true, .peer = pair[1]};
    return pair[0];
}

SHOWN int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct end *end = end_of(fd);
    if (end == NULL)
        return (int)syscall(SYS_connect, fd, address, length);
    if (end->local_port != 0) {
        errno = end->connecting ? EALREADY : EISCONN;
        return -1;
    }
    memcpy(&end->to, address, sizeof end->to);
    end->local_port = ++next_port;
    end->connecting = true;
    end->ready = clock_ms + connect_time;
    errno = EINPROGRESS;
    return -1;
}

SHOWN int close(int fd)
{
    struct end *end = end_of(fd);
    if (end != NULL) {
        end->used = false;
        if (end->peer >= 0)
            syscall(SYS_close, end->peer);
    }
    return (int)syscall(SYS_close, fd);
}

SHOWN int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    if (end_of(fd) != NULL)
        return 0;
    return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

SHOWN int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    struct end *end = end_of(fd);
    if (end == NULL || level != SOL_SOCKET || name != SO_ERROR)
        return (int)syscall(SYS_getsockopt, fd, level, name, value, length);
    memcpy(value, &end->error, sizeof end->error);
    *length = sizeof end->error;
    end->error = 0;
    return 0;
}

static int give_name(const struct sockaddr_in *name, struct sockaddr *address, socklen_t *length)
{
    memcpy(address, name, *length < sizeof *name ? *length : sizeof *name);
    *length = sizeof *name;
    return 0;
}

SHOWN int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    const struct end *end = end_of(fd);
    if (end == NULL)
        return (int)syscall(SYS_getpeername, fd, address, length);
    if (end->local_port == 0 || end->connecting || end->error != 0) {
        errno = ENOTCONN;
        return -1;
    }
    return give_name(&end->to, address, length);
}

SHOWN int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    const struct end *end = end_of(fd);
    if (end == NULL)
        return (int)syscall(SYS_getsockname, fd, address, length);
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(end->local_port), .sin_addr = {htonl(0x0a000001)}};
    return give_name(&name, address, length);
}

SHOWN int clock_gettime(clockid_t id, struct timespec *time)
{
    if (id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_RAW && id != CLOCK_MONOTONIC_COARSE)
        return (int)syscall(SYS_clock_gettime, id, time);
    time->tv_sec = clock_ms / 1000;
    time->tv_nsec = clock_ms % 1000 * 1000000;
    return 0;
}

/* Every name that a sequence uses has an address already (world.h), so nobody is asked; what would
 * run beside this thread could not be repeated. */
SHOWN int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*routine)(void *),
                         void *data)
{
    (void)id, (void)attributes, (void)routine, (void)data;
    trace_end("stuck: libcurl asks for a name in a thread");
}
