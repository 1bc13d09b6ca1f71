/*
 * Does the system live with the library? Asked before it is switched on, with programs that a
 * person needs to get back in: a plain one, sudo, sshd. What the library does alone in the trial it
 * would do in every program.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "cli/program.h"
#include "cli/switch.h"
#include "core/cleanup.h"

enum { TRIAL_SECONDS = 20, MAX_OUTPUT = 256 * 1024 };

struct run {
    int status; /* as waitpid(2) gives it */
    size_t size;
    char *output; /* both streams; malloc'ed */
};

static void free_run(struct run *run)
{
    free(run->output);
}

/* A child of its own that gets a SIGALRM in time: alarm(2) lives on across execve(2). */
static void execute(const char *const argv[], const char *preload, int output)
{
    char variable[PATH_MAX + 16];
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL, NULL};
    int null = open("/dev/null", O_RDONLY);
    if (preload != NULL) {
        snprintf(variable, sizeof variable, "LD_PRELOAD=%s", preload);
        environment[2] = variable;
    }
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    signal(SIGALRM, SIG_DFL);
    alarm(TRIAL_SECONDS);
    execve(argv[0], (char *const *)argv, environment);
    _exit(CLI_RUN_NOT_EXECUTABLE);
}

static int run_one(const char *const argv[], const char *preload, struct run *run)
{
    auto_close int output = memfd_create("trial", MFD_CLOEXEC);
    struct stat st;
    pid_t child;
    ssize_t got;
    if (output < 0 || (child = fork()) < 0)
        return cli_fail(CLI_FAILED, "trial of %s: %m", argv[0]);
    if (child == 0)
        execute(argv, preload, output);
    while (waitpid(child, &run->status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(CLI_FAILED, "trial of %s: %m", argv[0]);
    if (fstat(output, &st) != 0 || st.st_size > MAX_OUTPUT)
        return cli_fail(CLI_FAILED, "trial of %s: it printed too much", argv[0]);
    run->output = calloc(1, (size_t)st.st_size + 1);
    if (run->output == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    got = pread(output, run->output, (size_t)st.st_size, 0);
    run->size = got > 0 ? (size_t)got : 0;
    return CLI_OK;
}

static int compare(const char *const argv[], const char *preload)
{
    __attribute__((cleanup(free_run))) struct run without = {0}, with = {0};
    int status = run_one(argv, NULL, &without);
    if (status == CLI_OK)
        status = run_one(argv, preload, &with);
    if (status != CLI_OK)
        return status;
    if (with.status != without.status)
        return cli_fail(
            CLI_FAILED, "trial failed, nothing was changed: with the library %s ends with %s %d",
            argv[0], WIFSIGNALED(with.status) ? "signal" : "status",
            WIFSIGNALED(with.status) ? WTERMSIG(with.status) : WEXITSTATUS(with.status));
    if (with.size != without.size || memcmp(with.output, without.output, with.size) != 0)
        return cli_fail(CLI_FAILED,
                        "trial failed, nothing was changed: with the library %s prints: %.300s",
                        argv[0], with.output);
    return CLI_OK;
}

/* proc(5): a line of maps ends in the file's name. The loader's complaint
 * names it too, in quotes. */
bool switch_is_loaded(const char *preload, const char *file)
{
    static const char *const argv[] = {"/bin/cat", "/proc/self/maps", NULL};
    __attribute__((cleanup(free_run))) struct run run = {0};
    char real[PATH_MAX], end[PATH_MAX + 2];
    if (realpath(file, real) == NULL || run_one(argv, preload, &run) != CLI_OK)
        return false;
    snprintf(end, sizeof end, " %s\n", real);
    return strstr(run.output, end) != NULL;
}

int switch_trial(const char *preload, const char *file)
{
    static const char *const trials[][4] = {
        {"/bin/true", NULL}, {"sudo", "-V", NULL}, {"sshd", "-t", NULL}};
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        char program[PATH_MAX];
        const char *argv[] = {program, trials[i][1], NULL};
        int status;
        if (program_find(trials[i][0], "/usr/sbin:/usr/bin:/sbin:/bin", program) != 0)
            continue;
        status = compare(argv, preload);
        if (status != CLI_OK)
            return status;
    }
    if (!switch_is_loaded(preload, file))
        return cli_fail(CLI_FAILED,
                        "trial failed, nothing was changed: the loader does not load %s", file);
    return CLI_OK;
}
