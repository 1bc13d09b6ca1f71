#define CURL_DISABLE_DEPRECATION /* curl_multi_socket */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include "net.h"
#include "trace.h"

#undef curl_multi_socket /* a macro for curl_multi_socket_action */

enum { SOCKETS = 1024, ROUND = 10 /* milliseconds */ };

static unsigned char wanted[SOCKETS]; /* CURL_POLL_IN and so on, by descriptor */
static int64_t due = INT64_MAX;       /* when the timer runs out */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy, (void)user, (void)socket_user;
    trace("cb socket %d", what);
    if (fd >= 0 && fd < SOCKETS)
        wanted[fd] = what == CURL_POLL_REMOVE ? 0 : (unsigned char)what;
    return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    (void)multi, (void)user;
    trace("cb timer %ld", milliseconds);
    due = milliseconds < 0 ? INT64_MAX : net_now() + milliseconds;
    return 0;
}

void loop_watch(CURLM *multi)
{
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    due = INT64_MAX;
    for (int fd = 0; fd < SOCKETS; fd++)
        wanted[fd] = 0;
}

static nfds_t collect(struct pollfd fds[SOCKETS])
{
    nfds_t count = 0;
    for (int fd = 0; fd < SOCKETS; fd++)
        if (wanted[fd] != 0)
            fds[count++] =
                (struct pollfd){.fd = fd,
                                .events = (short)((wanted[fd] & CURL_POLL_IN ? POLLIN : 0) |
                                                  (wanted[fd] & CURL_POLL_OUT ? POLLOUT : 0))};
    return count;
}

static enum loop_way way;
static const char *const way_names[LOOP_WAYS] = {"socket_action", "socket", "socket_all"};

static CURLMcode drive(CURLM *multi, curl_socket_t fd, int events, int *running)
{
    switch (way) {
    case LOOP_SOCKET:
        return curl_multi_socket(multi, fd, running);
    case LOOP_SOCKET_ALL:
        return curl_multi_socket_all(multi, running);
    default:
        return curl_multi_socket_action(multi, fd, events, running);
    }
}

static void act(CURLM *multi, curl_socket_t fd, int events, int *running)
{
    errno = 0;
    CURLMcode code = drive(multi, fd, events, running);
    trace("%s %s: %d running %d errno=%d", way_names[way],
          fd == CURL_SOCKET_TIMEOUT ? "timeout" : "fd", (int)code, *running, errno);
}

static void go_round(CURLM *multi, int *running)
{
    static struct pollfd fds[SOCKETS];
    int64_t left = due == INT64_MAX ? ROUND : due - net_now();
    nfds_t count = collect(fds);
    poll(fds, count, (int)(left < 0 ? 0 : left < ROUND ? left : ROUND));
    for (nfds_t i = 0; i < count; i++) {
        int events = (fds[i].revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
                     (fds[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                     (fds[i].revents & POLLERR ? CURL_CSELECT_ERR : 0);
        if (events != 0 && wanted[fds[i].fd] != 0)
            act(multi, fds[i].fd, events, running);
    }
    if (due <= net_now()) {
        due = INT64_MAX;
        act(multi, CURL_SOCKET_TIMEOUT, 0, running);
    }
}

int loop_drive(CURLM *multi, unsigned rounds, enum loop_way by)
{
    int running = 0;
    way = by;
    act(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    for (unsigned i = 0; i < rounds && running > 0; i++)
        go_round(multi, &running);
    return running;
}
