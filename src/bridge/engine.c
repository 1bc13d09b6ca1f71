/*
 * The engine's process. It MUST NOT
 *   - outlive the supervisor: it would go on answering with the key;
 *   - leave a core dump: the key would be in it;
 *   - get our environment, our signals' dispositions or a descriptor that it was not meant to have.
 */
#include "bridge/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"

#define ENGINE_NAME "haproxy"

static char *const empty_environment[] = {NULL};

/* resolv.conf(5): a name is asked for at the start, and with servers that do not answer that would
 * take longer than the supervisor waits. The engine asks again by itself. */
static char *const environment[] = {(char *)"RES_OPTIONS=timeout:1 attempts:1", NULL};

unsigned engine_version(const char *line)
{
    unsigned major, minor;
    const char *word = strstr(line, "version ");
    if (word == NULL || sscanf(word, "version %u.%u", &major, &minor) != 2 || minor > 99)
        return 0;
    return ENGINE_VERSION(major, minor);
}

/* In the folders of `path`, which are separated by colons. */
static bool search(const char *path, char file[PATH_MAX])
{
    while (path != NULL) {
        size_t length = strcspn(path, ":");
        int written = snprintf(file, PATH_MAX, "%.*s/" ENGINE_NAME, (int)length, path);
        if (length > 0 && written < PATH_MAX && access(file, X_OK) == 0)
            return true;
        path = path[length] == ':' ? path + length + 1 : NULL;
    }
    return false;
}

static void reset_signals(void)
{
    sigset_t none;
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void ask_version(const char *file, int output)
{
    reset_signals();
    dup2(output, STDOUT_FILENO);
    execve(file, (char *const[]){(char *)ENGINE_NAME, (char *)"-v", NULL}, empty_environment);
    _exit(127);
}

static unsigned read_version(const char *file)
{
    char text[256];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 0;
    pid_t pid = fork();
    if (pid == 0)
        ask_version(file, ends[1]);
    close(ends[1]);
    /* The version is on the first line, which comes in one piece. */
    ssize_t got = pid > 0 ? read(ends[0], text, sizeof text - 1) : -1;
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    text[got > 0 ? got : 0] = '\0';
    return engine_version(text);
}

enum bridge_result engine_find(struct engine *engine, char why[BRIDGE_SENTENCE])
{
    if (!search(getenv("PATH"), engine->file) &&
        !search("/usr/sbin:/usr/local/sbin:/sbin:/usr/bin", engine->file))
        return bridge_fail(
            why, BRIDGE_FAILED,
            "there is no haproxy in PATH or /usr/sbin: install the package 'haproxy'");
    return BRIDGE_OK;
}

enum bridge_result engine_ask_version(struct engine *engine, char why[BRIDGE_SENTENCE])
{
    engine->version = read_version(engine->file);
    if (engine->version == 0)
        return bridge_fail(why, BRIDGE_FAILED, "%s -v tells no version: is it HAProxy?",
                           engine->file);
    if (engine->version < ENGINE_OLDEST)
        return bridge_fail(why, BRIDGE_FAILED, "%s is HAProxy %u.%u: install 2.4 or newer",
                           engine->file, engine->version / 100, engine->version % 100);
    return BRIDGE_OK;
}

/* First out of the way of each other, then each to its place. */
static bool place_descriptors(const int given[ENGINE_DESCRIPTORS])
{
    int away[ENGINE_DESCRIPTORS];
    for (int i = 0; i < ENGINE_DESCRIPTORS; i++)
        if ((away[i] = fcntl(given[i], F_DUPFD_CLOEXEC, ENGINE_DESCRIPTORS)) < 0)
            return false;
    for (int i = 0; i < ENGINE_DESCRIPTORS; i++)
        if (dup2(away[i], i) != i)
            return false;
    return true;
}

/* HAProxy 3 goes back to where it was started, by name, and ends where it may not. */
static void leave_closed_folder(void)
{
    char folder[PATH_MAX];
    if ((getcwd(folder, sizeof folder) == NULL || access(folder, X_OK) != 0) && chdir("/") != 0)
        _exit(1);
}

/* In the child. */
static void become(const struct engine_start *start, pid_t parent)
{
    static const struct rlimit no_core = {0, 0};
    char configuration[32];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before the signal was asked for */
    reset_signals();
    setrlimit(RLIMIT_CORE, &no_core);
    if (!place_descriptors(start->given))
        _exit(1);
    leave_closed_folder();
    snprintf(configuration, sizeof configuration, "/dev/fd/%d", ENGINE_CONFIGURATION);
    execve(start->engine->file,
           (char *const[]){(char *)ENGINE_NAME, (char *)"-db", (char *)"-f", configuration, NULL},
           environment);
    dprintf(STDERR_FILENO, "%s: %s\n", start->engine->file, strerror(errno));
    _exit(127);
}

pid_t engine_spawn(const struct engine_start *start)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(start, parent);
    return pid;
}
