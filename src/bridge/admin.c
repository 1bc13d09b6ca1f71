#include "bridge/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bridge/descriptor.h"
#include "bridge/haproxy_text.h"
#include "core/cleanup.h"
#include "core/secret.h"

enum {
    PATIENCE = 10, /* seconds: with three servers for names that do not answer, a start takes six */
    MAX_COMMAND = 3 * POLICY_MAX_KEY,
    MAX_REPLY = 1024,
};

bool admin_prepare(struct admin *admin, int *engine_end)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    *admin = (struct admin){.door = ends[0], .connection = -1};
    *engine_end = ends[1];
    return true;
}

/* A reply ends in the prompt. What is longer than the room is dropped. */
static bool read_reply(int connection, char reply[MAX_REPLY])
{
    size_t used = 0;
    for (;;) {
        ssize_t got = recv(connection, reply + used, MAX_REPLY - 1 - used, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        used += (size_t)got;
        reply[used] = '\0';
        if (used >= 2 && strcmp(reply + used - 2, "> ") == 0)
            return true;
        if (used > MAX_REPLY / 2) {
            memmove(reply, reply + used - 2, 2);
            used = 2;
        }
    }
}

static bool send_all(int connection, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, text, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool say(const struct admin *admin, const char *verb, const char *name, const char *value,
                char reply[MAX_REPLY])
{
    char command[MAX_COMMAND];
    int length = snprintf(command, sizeof command, "%s " HAPROXY_MAP " %s %s\n", verb, name, value);
    bool said = length < MAX_COMMAND && send_all(admin->connection, command, (size_t)length) &&
                read_reply(admin->connection, reply);
    secret_wipe(command, sizeof command);
    return said;
}

bool admin_connect(struct admin *admin)
{
    static const struct timeval patience = {.tv_sec = PATIENCE};
    static const char prompt[] = "prompt\n";
    char reply[MAX_REPLY];
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    admin->connection = ends[0];
    bool passed = descriptor_send(admin->door, ends[1], "", 1);
    close(ends[1]);
    return passed &&
           setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
           setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
           send_all(ends[0], prompt, strlen(prompt)) && read_reply(ends[0], reply);
}

bool admin_set(const struct admin *admin, const char *name, const char *value)
{
    char reply[MAX_REPLY];
    if (!say(admin, "set map", name, value, reply))
        return false;
    /* An empty reply is success; else it was not there yet. */
    if (strcmp(reply, "\n> ") == 0)
        return true;
    return say(admin, "add map", name, value, reply) && strcmp(reply, "\n> ") == 0;
}

bool admin_delete(const struct admin *admin, const char *name)
{
    char reply[MAX_REPLY];
    return say(admin, "del map", name, "", reply);
}

bool admin_ping(const struct admin *admin)
{
    return admin_delete(admin, "none");
}

void admin_close(struct admin *admin)
{
    if (admin->connection >= 0)
        close(admin->connection);
    if (admin->door >= 0)
        close(admin->door);
    *admin = (struct admin){.door = -1, .connection = -1};
}
