/*
 * A line from a terminal without echo.
 * MUST:     put the terminal back before a signal does what it does, whether it ends the command or
 *           stops it; ask again after a stop.
 * MUST NOT: buffer what was typed anywhere but in the caller's memory.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/key_store.h"
#include "core/cleanup.h"

static const int caught[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGALRM,
                             SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
enum { CAUGHT = sizeof caught / sizeof *caught };

static volatile sig_atomic_t
    arrived; /* the last signal, or 0: the handler has no other way to tell */

static void note(int signal)
{
    arrived = signal;
}

struct signals {
    struct sigaction before[CAUGHT];
    sigset_t mask;
};

/* Caught and blocked: they arrive in ppoll(2) alone, so none is lost between a look and a wait. */
static void catch_signals(struct signals *signals)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t block;
    sigemptyset(&action.sa_mask);
    sigemptyset(&block);
    arrived = 0;
    for (int i = 0; i < CAUGHT; i++) {
        sigaddset(&block, caught[i]);
        sigaction(caught[i], NULL, &signals->before[i]);
        if (signals->before[i].sa_handler != SIG_IGN) /* nohup(1) stays as it is */
            sigaction(caught[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &block, &signals->mask);
}

static void release_signals(const struct signals *signals)
{
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &signals->before[i], NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

static void say(int terminal, const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        return; /* a terminal that cannot be written to says so when it is read */
}

/* Canonical mode: the terminal edits the line and hands it over whole, or up to `room` bytes. */
static ssize_t read_line(int terminal, char *line, size_t room, const sigset_t *mask)
{
    struct pollfd ready = {.fd = terminal, .events = POLLIN};
    ssize_t got;
    if (ppoll(&ready, 1, NULL, mask) < 0)
        return -1;
    got = read(terminal, line, room);
    if (got > 0 && line[got - 1] == '\n')
        got--;
    return got;
}

static ssize_t ask_once(int terminal, const char *prompt, char *line, size_t room)
{
    struct signals signals;
    struct termios shown, hidden;
    ssize_t got = -1;
    if (tcgetattr(terminal, &shown) != 0)
        return -1;
    hidden = shown;
    hidden.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
    catch_signals(&signals);
    if (tcsetattr(terminal, TCSAFLUSH, &hidden) == 0) {
        say(terminal, prompt);
        got = read_line(terminal, line, room, &signals.mask);
    }
    auto_errno int saved = errno;
    tcsetattr(terminal, TCSAFLUSH, &shown);
    say(terminal, "\n");
    release_signals(&signals);
    return got;
}

ssize_t term_read_secret(int terminal, const char *prompt, char *line, size_t room)
{
    for (;;) {
        ssize_t got = ask_once(terminal, prompt, line, room);
        int signal = arrived;
        if (!signal)
            return got;
        raise(signal); /* ends the command here, unless it stops it or is ignored */
        if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU) {
            errno = EINTR;
            return -1;
        }
    }
}
