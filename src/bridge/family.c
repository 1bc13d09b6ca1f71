#include "bridge/family.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/cleanup.h"

static bool has_route(const struct sockaddr *there, socklen_t size)
{
    auto_close int fd = socket(there->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, there, size) == 0;
}

bool family_is_ipv6_only(void)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    auto_errno int saved = errno;
    inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
    inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
    return has_route((struct sockaddr *)&six, sizeof six) &&
           !has_route((struct sockaddr *)&four, sizeof four);
}
