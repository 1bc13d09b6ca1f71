#include <sys/socket.h>
#include <sys/un.h>

#include "core/journal.h"
#include "preload/loader/late_libc.h"

/* Whatever is missing, these may be there. */
static bool can_send(const struct late_libc *found)
{
    return found->__errno_location != NULL && found->socket != NULL && found->sendto != NULL &&
           found->close != NULL;
}

static void send_to_journal(const struct late_libc *found, const char *text, size_t size)
{
    static const struct sockaddr_un journal = {AF_UNIX, "/run/systemd/journal/socket"};
    int fd = found->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    found->sendto(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&journal,
                  sizeof journal);
    found->close(fd);
}

static size_t add(char *line, size_t used, size_t size, const char *text)
{
    while (*text != '\0' && used < size)
        line[used++] = *text++;
    return used;
}

void late_failure_say(const struct late_libc *found, const char *missing)
{
    static const char field[] = "MESSAGE=";
    char line[320];
    if (!can_send(found))
        return;
    int saved = *found->__errno_location();
    size_t used = add(line, 0, sizeof line, field);
    used = add(line, used, sizeof line, "this C library has no ");
    used = add(line, used, sizeof line, missing);
    used =
        add(line, used, sizeof line,
            ": the program's requests go out as without us; install commissioned-auth as it is "
            "built for this system\nPRIORITY=4\nSYSLOG_IDENTIFIER=commissioned-auth\nMESSAGE_ID=");
    used = add(line, used, sizeof line, journal_id(JOURNAL_OTHER_C_LIBRARY));
    used = add(line, used, sizeof line, "\n");
    send_to_journal(found, line, used);
    *found->__errno_location() = saved;
}
