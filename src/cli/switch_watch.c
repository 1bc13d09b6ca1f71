/*
 * The process that takes an unconfirmed switch back.
 *
 * It must work on a machine where every new program fails, so it is a fork that executes nothing,
 * and it must be right however it is told to end: an unconfirmed switch does not outlive a
 * shutdown.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "cli/cli.h"
#include "cli/preload_file.h"
#include "cli/switch.h"
#include "core/cleanup.h"

enum { MAX_DESCRIPTORS = 1024 }; /* of the command, which opens a handful */

static void take_back(const char *root)
{
    __attribute__((cleanup(switch_close))) struct switch_tree tree;
    struct switch_pending pending;
    auto_free char *text = NULL;
    if (switch_open(&tree, root, true) != CLI_OK)
        return;
    /* Confirmed, disabled, or another watcher's by now. */
    if (!switch_read_pending(&tree, &pending) || pending.watcher != getpid())
        return;
    text = preload_without(tree.text);
    if (text == NULL || (strcmp(text, tree.text) != 0 && switch_write(&tree, text) != CLI_OK)) {
        syslog(LOG_ERR, "%s could not be taken back: remove the line by hand", tree.file);
        return;
    }
    switch_clear_pending(&tree);
    syslog(LOG_WARNING, "the system-wide switch was not confirmed and is off again");
}

/* Waits for the time to pass or for the first signal that would end this process. */
static void wait_until(const sigset_t *ends, unsigned seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    while (sigtimedwait(ends, NULL, &left) < 0 && errno == EINTR)
        ;
}

static void watch(const char *root, unsigned seconds, const sigset_t *ends)
{
    int null = open("/dev/null", O_RDWR);
    setsid();
    if (chdir("/") != 0 || null < 0)
        _exit(CLI_FAILED);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    /* Above all the lock: it lasts as long as any copy of its descriptor. */
    for (int fd = STDERR_FILENO + 1; fd < MAX_DESCRIPTORS; fd++)
        close(fd);
    openlog(CLI_NAME, LOG_PID, LOG_AUTHPRIV);
    wait_until(ends, seconds);
    take_back(root);
    _exit(CLI_OK);
}

pid_t switch_watch(const char *root, unsigned seconds)
{
    sigset_t ends, before;
    pid_t child;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    /* Blocked before the fork, so that no signal finds the child with its default action. */
    sigprocmask(SIG_BLOCK, &ends, &before);
    fflush(NULL);
    child = fork();
    if (child == 0)
        watch(root, seconds, &ends);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}
