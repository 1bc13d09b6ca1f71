#include "journal_trap.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <check.h>

#define SOCKET "/run/systemd/journal/socket"

static const char sentinel[] = "TRAP=sentinel\n";
static char kept[TRAP_LINES][TRAP_SIZE];
static size_t nkept; /* read after `drained` */
static sem_t drained;
static int trap = -1;

static void *receive(void *unused)
{
    char line[TRAP_SIZE];
    ssize_t length;
    while ((length = recv(trap, line, sizeof line - 1, 0)) >= 0) {
        line[length] = '\0';
        if (strcmp(line, sentinel) == 0)
            sem_post(&drained);
        else if (nkept < TRAP_LINES)
            memcpy(kept[nkept++], line, (size_t)length + 1);
    }
    return unused;
}

static struct sockaddr_un address_of_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, SOCKET);
    return address;
}

bool journal_trap_start(void)
{
    struct sockaddr_un address = address_of_socket();
    pthread_t thread;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, NULL) != 0)
        return false;
    ck_assert_int_eq(mkdir("/run/systemd", 0755), 0);
    ck_assert_int_eq(mkdir("/run/systemd/journal", 0755), 0);
    trap = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(trap, 0);
    ck_assert_int_eq(bind(trap, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(sem_init(&drained, 0, 0), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, receive, NULL), 0);
    return true;
}

size_t journal_trap_lines(const char (**lines)[TRAP_SIZE])
{
    struct sockaddr_un address = address_of_socket();
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(sendto(fd, sentinel, sizeof sentinel - 1, 0, (const struct sockaddr *)&address,
                            sizeof address),
                     sizeof sentinel - 1);
    close(fd);
    sem_wait(&drained);
    *lines = (const char(*)[TRAP_SIZE])kept;
    return nkept;
}

const char *journal_trap_field(const char *line, const char *name)
{
    static char values[4][TRAP_SIZE];
    static unsigned turn;
    size_t length = strlen(name);
    char *value = values[turn++ % 4];
    for (; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, length) != 0 || line[length] != '=')
            continue;
        snprintf(value, TRAP_SIZE, "%.*s", (int)strcspn(line + length + 1, "\n"),
                 line + length + 1);
        return value;
    }
    return NULL;
}
