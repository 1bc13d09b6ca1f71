#include "cli/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { REQUEST_SIZE = 8192, ANSWER_SIZE = 256 };

struct connection {
    int fd;
    size_t length;
    char text[REQUEST_SIZE];
};

/* False once the server is to stop. */
static bool wait_for(const struct loopback *server, int fd)
{
    struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = server->stop[0]}};
    while (poll(ready, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return ready[1].revents == 0;
}

static bool read_request(const struct loopback *server, struct connection *connection)
{
    connection->length = 0;
    while (connection->length < REQUEST_SIZE - 1 && wait_for(server, connection->fd)) {
        ssize_t got = recv(connection->fd, connection->text + connection->length,
                           REQUEST_SIZE - 1 - connection->length, 0);
        if (got <= 0)
            return false;
        connection->length += (size_t)got;
        connection->text[connection->length] = '\0';
        if (strstr(connection->text, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void note(struct loopback *server, const char *text)
{
    struct loopback_request *request;
    if (server->count == LOOPBACK_MAX_REQUESTS)
        return;
    request = &server->requests[server->count++];
    snprintf(request->line, sizeof request->line, "%.*s", (int)strcspn(text, "\r"), text);
    request->marked = strstr(text, server->mark) != NULL;
}

/* False where the connection ends with the answer. */
static bool answer(const struct loopback *server, const struct connection *connection)
{
    char text[ANSWER_SIZE];
    bool tunnel = strncmp(connection->text, "CONNECT ", 8) == 0;
    int length;
    if (tunnel)
        length = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n\r\n");
    else if (strncmp(connection->text, "GET /start", 10) == 0)
        length = snprintf(text, sizeof text,
                          "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/end\r\n"
                          "Content-Length: 0\r\nConnection: close\r\n\r\n",
                          server->port);
    else
        length = snprintf(text, sizeof text,
                          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return send(connection->fd, text, (size_t)length, MSG_NOSIGNAL) == length && tunnel;
}

static void *serve(void *data)
{
    struct loopback *server = data;
    struct connection connection;
    while (wait_for(server, server->listener)) {
        bool more = true;
        connection.fd = accept(server->listener, NULL, NULL);
        if (connection.fd < 0)
            continue;
        while (more && read_request(server, &connection)) {
            note(server, connection.text);
            more = answer(server, &connection);
        }
        close(connection.fd);
    }
    return NULL;
}

static bool listen_on_loopback(struct loopback *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 ||
        bind(server->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, LOOPBACK_MAX_REQUESTS) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return true;
}

static void close_all(struct loopback *server)
{
    const int fds[] = {server->listener, server->stop[0], server->stop[1]};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Its backlog takes the connection: nobody need accept it. */
static bool connect_to(const struct loopback *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

bool loopback_works(void)
{
    struct loopback server = {.listener = -1, .stop = {-1, -1}};
    bool works = listen_on_loopback(&server) && connect_to(&server);
    auto_errno int saved = errno;
    close_all(&server);
    return works;
}

bool loopback_start(struct loopback *server, const char *mark)
{
    *server = (struct loopback){.mark = mark, .listener = -1, .stop = {-1, -1}};
    if (listen_on_loopback(server) && pipe2(server->stop, O_CLOEXEC) == 0 &&
        pthread_create(&server->thread, NULL, serve, server) == 0)
        return true;
    close_all(server);
    return false;
}

void loopback_stop(struct loopback *server)
{
    close(server->stop[1]); /* the reading end sees the hang-up */
    server->stop[1] = -1;
    pthread_join(server->thread, NULL);
    close_all(server);
}
