#include "bridge/signals.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { GRACE = 200 }; /* milliseconds from one signal to the next */

int signals_take_over(void)
{
    static const int ours[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    static const int nobodys[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaddset(&set, ours[i]);
    for (size_t i = 0; i < sizeof nobodys / sizeof nobodys[0]; i++)
        signal(nobodys[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool ends_within(pid_t pid, int milliseconds)
{
    for (; milliseconds > 0; milliseconds -= 5) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return true;
        poll(NULL, 0, 5);
    }
    return false;
}

void signals_end(pid_t child)
{
    static const int firmer[] = {SIGUSR1, SIGTERM, SIGKILL};
    for (size_t i = 0; i < sizeof firmer / sizeof firmer[0]; i++) {
        kill(child, firmer[i]);
        if (ends_within(child, GRACE))
            return;
    }
}
