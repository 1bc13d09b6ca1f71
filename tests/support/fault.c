#include "fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "cli/cli.h"

enum { CANNOT_TRACE = 77, MAX_WORDS = 15 };

static void call(const char *input, const char *const argv[])
{
    int null = open("/dev/null", O_RDWR), in = memfd_create("input", 0), argc = 0;
    char *words[MAX_WORDS + 1] = {NULL}; /* getopt_long(3) puts them in another order */
    for (; argc < MAX_WORDS && argv[argc] != NULL; argc++)
        words[argc] = (char *)argv[argc];
    if (write(in, input, strlen(input)) < 0 || lseek(in, 0, SEEK_SET) != 0)
        _exit(99);
    dup2(in, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(CANNOT_TRACE);
    raise(SIGSTOP);
    _exit(cli_dispatch(&cli_command, CLI_NAME, argc, words));
}

/* Lets the child go on to its next stop. False when it has ended. */
static bool next_stop(pid_t child, int *status)
{
    int signal = 0;
    if (WIFSTOPPED(*status) && WSTOPSIG(*status) != (SIGTRAP | 0x80) &&
        WSTOPSIG(*status) != SIGSTOP)
        signal = WSTOPSIG(*status);
    ck_assert_int_eq(ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal), 0);
    ck_assert_int_eq(waitpid(child, status, 0), child);
    return WIFSTOPPED(*status);
}

/* Starts the call and stops it before its first system call. False where that is not permitted. */
static bool trace(const char *input, const char *const argv[], pid_t *child, int *status)
{
    fflush(NULL);
    *child = fork();
    ck_assert_int_ge(*child, 0);
    if (*child == 0)
        call(input, argv);
    ck_assert_int_eq(waitpid(*child, status, 0), *child);
    if (!WIFSTOPPED(*status))
        return false;
    ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, *child, NULL,
                            (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
                     0);
    return true;
}

/* Lets it go on to its nth system call. False when it has ended before. */
static bool reach(pid_t child, unsigned nth, int *status)
{
    unsigned stops = 0;
    while (next_stop(child, status)) {
        /* Stops come in pairs: on entering a system call, and on leaving it. */
        if (WSTOPSIG(*status) == (SIGTRAP | 0x80) && stops++ % 2 == 0 && stops / 2 + 1 == nth)
            return true;
    }
    return false;
}

static void set_exit_status(int *status)
{
    *status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

enum fault_end fault_at(unsigned nth, const char *input, const char *const argv[], int *status)
{
    pid_t child;
    if (!trace(input != NULL ? input : "", argv, &child, status))
        return FAULT_UNAVAILABLE;
    if (reach(child, nth, status)) {
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, status, 0), child);
        return FAULT_KILLED;
    }
    set_exit_status(status);
    return FAULT_COMPLETED;
}

enum fault_end fault_hold_at(unsigned nth, const char *const argv[], void (*meanwhile)(void),
                             int *status)
{
    enum fault_end end = FAULT_COMPLETED;
    pid_t child;
    if (!trace("", argv, &child, status))
        return FAULT_UNAVAILABLE;
    if (reach(child, nth, status)) {
        meanwhile();
        end = FAULT_HELD;
        while (next_stop(child, status))
            ;
    }
    set_exit_status(status);
    return end;
}
