/*
 * The process that takes an unconfirmed switch back is a fork of the command. Where systemd runs
 * the machine it becomes commissioned-auth-off in a transient scope: a service that runs the
 * command (cloud-init, a oneshot unit) takes what is left in its own unit with it when it ends.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "cli/switch.h"
#include "cli/take_back.h"
#include "core/cleanup.h"

#define SYSTEMD_RUN "/usr/bin/systemd-run"

enum { MAX_DESCRIPTORS = 1024 /* of the command, which opens a handful */, READY = 3 };

bool switch_off_program(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof "-off");
    if (length > 0) {
        strcpy(path + length, "-off");
        if (access(path, X_OK) == 0)
            return true;
    }
    strcpy(path, BINDIR "/" CLI_NAME "-off");
    return access(path, X_OK) == 0;
}

static bool systemd_runs(const struct switch_tree *tree)
{
    return *tree->root == '\0' && geteuid() == 0 && access("/run/systemd/system", F_OK) == 0 &&
           access(SYSTEMD_RUN, X_OK) == 0;
}

/* Its standard streams are nobody's, and `ready` is READY. Above all the lock's descriptor goes. */
static void detach(int ready)
{
    int null = open("/dev/null", O_RDWR);
    setsid();
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (chdir("/") != 0 || null < 0 || dup2(ready, READY) < 0 || fcntl(READY, F_SETFD, 0) != 0)
        _exit(CLI_FAILED);
    for (int fd = READY + 1; fd < MAX_DESCRIPTORS; fd++)
        close(fd);
}

static void become_unit(unsigned seconds)
{
    char off[PATH_MAX], unit[64], wait[16];
    snprintf(unit, sizeof unit, "--unit=" CLI_NAME "-unconfirmed-%ld", (long)getpid());
    snprintf(wait, sizeof wait, "%u", seconds);
    if (switch_off_program(off))
        execl(SYSTEMD_RUN, "systemd-run", "--scope", "--quiet", "--collect", "--no-ask-password",
              unit, "--description=takes back the system-wide switch unless it is confirmed", "--",
              off, "--watch", wait, (char *)NULL);
    _exit(CLI_FAILED);
}

static void watch(const struct switch_tree *tree, unsigned seconds)
{
    if (write(READY, "", 1) != 1)
        _exit(CLI_FAILED);
    close(READY);
    _exit(take_back_watch(*tree->root != '\0' ? tree->root : NULL, seconds));
}

static pid_t start(const struct switch_tree *tree, unsigned seconds, bool unit)
{
    auto_close int ready = -1;
    int ends[2];
    char byte;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    ready = ends[0];
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        take_back_block_signals();
        detach(ends[1]);
        if (unit)
            become_unit(seconds);
        watch(tree, seconds);
    }
    close(ends[1]);
    /* Nothing comes where it has ended, or where what it has executed has. */
    if (child < 0 || read(ready, &byte, 1) == 1)
        return child;
    waitpid(child, NULL, 0);
    errno = ECHILD;
    return -1;
}

/* What the last line of cgroup(7)'s file ends in; "" where that is no service. */
static void own_service(char name[NAME_MAX + 1])
{
    auto_fclose FILE *file = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX], *slash;
    *name = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        slash = strrchr(line, '/');
        if (slash != NULL && strlen(slash) > 8 &&
            strcmp(slash + strlen(slash) - 8, ".service") == 0)
            snprintf(name, NAME_MAX + 1, "%s", slash + 1);
    }
}

pid_t switch_watch(const struct switch_tree *tree, unsigned seconds)
{
    char service[NAME_MAX + 1];
    pid_t child = systemd_runs(tree) ? start(tree, seconds, true) : -1;
    if (child >= 0)
        return child;
    child = start(tree, seconds, false);
    if (child < 0)
        return cli_fail(-1, "nothing was changed: cannot start the process that takes it back: %m");
    own_service(service);
    if (*service != '\0' && *tree->root == '\0')
        cli_warn("systemd-run gives no unit of its own to the process that takes it back: as soon "
                 "as %s ends, so does the switch, unless it is confirmed before or switched on "
                 "with --yes",
                 service);
    return child;
}
