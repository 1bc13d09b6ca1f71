/* "127.0.0.1:8443" or "[::1]:0" to a listening socket. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "devserver/server.h"

enum { BACKLOG = 1024 };

static bool split(const char *address, char host[64], char port[8])
{
    const char *colon = strrchr(address, ':');
    const char *end = colon;
    /* getaddrinfo(3) takes 70000 for 4464 */
    if (colon == NULL || strlen(colon + 1) > 5 || colon[1] == '\0' || atol(colon + 1) > 65535)
        return false;
    if (*address == '[') {
        address++;
        end = colon - 1;
        if (end < address || *end != ']')
            return false;
    } else if (memchr(address, ':', (size_t)(colon - address)) != NULL) {
        return false;
    }
    if (end == address || end - address >= 64)
        return false;
    snprintf(host, 64, "%.*s", (int)(end - address), address);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    uint32_t ipv4 = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
    return ipv4 >> 24 == 127;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return 0;
    if (bound.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

static int open_socket(const struct addrinfo *at)
{
    const int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    cleanup_close(&fd);
    return -1;
}

int ds_listen(const char *address, uint16_t *port, bool *loopback, struct ds_why *why)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    char host[64], service[8];
    if (!split(address, host, service) || getaddrinfo(host, service, &wanted, &found) != 0) {
        ds_fail(why,
                "'%s' is not a numeric address with a port: write 127.0.0.1:8443 or [::1]:8443",
                address);
        return -1;
    }
    int fd = open_socket(found);
    if (fd < 0)
        ds_fail(why, "%s: cannot listen there: %s", address, strerror(errno));
    else
        *port = bound_port(fd);
    *loopback = is_loopback(found->ai_addr);
    freeaddrinfo(found);
    return fd;
}
