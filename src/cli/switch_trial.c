/*
 * Does the system live with the library? Asked before it is switched on, with programs that a
 * person needs to get back in (a plain one, sudo, sshd) and with a transfer by libcurl. What the
 * library does alone in the trial it would do in every program.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "cli/library.h"
#include "cli/program.h"
#include "cli/switch.h"
#include "core/cleanup.h"

#define TRIAL_PROGRAM CLI_NAME "-trial"
#define INSTALL_AGAIN ": install the library again" /* the remedy of what is known of a file */

enum { TRIAL_SECONDS = 20, MAX_OUTPUT = 256 * 1024, NOBODY = 65534 };

struct run {
    int status; /* as waitpid(2) gives it */
    size_t size;
    char *output; /* both streams; malloc'ed */
};

static void free_run(struct run *run)
{
    free(run->output);
}
#define auto_run __attribute__((cleanup(free_run)))

static void become(uid_t uid)
{
    if (uid == geteuid())
        return;
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        _exit(CLI_RUN_FAILED);
}

/* A child of its own that gets a SIGALRM in time: alarm(2) lives on across execve(2). */
static void execute(const char *const argv[], const char *preload, uid_t uid, int output)
{
    char variable[PATH_MAX + 16];
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL, NULL};
    int null = open("/dev/null", O_RDONLY), program = open(argv[0], O_PATH | O_CLOEXEC);
    if (preload != NULL) {
        snprintf(variable, sizeof variable, "LD_PRELOAD=%s", preload);
        environment[2] = variable;
    }
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (chdir("/") != 0)
        _exit(CLI_RUN_FAILED);
    become(uid);
    signal(SIGALRM, SIG_DFL);
    alarm(TRIAL_SECONDS);
    /* By descriptor: it is the library that everybody must be able to reach. */
    syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
    /* ENOENT of a file that is there: the loader of its ABI is not. */
    _exit(errno == EACCES ? CLI_RUN_NOT_EXECUTABLE : CLI_RUN_NOT_FOUND);
}

static int run_one(const char *const argv[], const char *preload, uid_t uid, struct run *run)
{
    auto_close int output = memfd_create("trial", MFD_CLOEXEC);
    struct stat st;
    pid_t child;
    if (output < 0 || (child = fork()) < 0)
        return cli_fail(CLI_FAILED, "trial of %s: %m", argv[0]);
    if (child == 0)
        execute(argv, preload, uid, output);
    while (waitpid(child, &run->status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(CLI_FAILED, "trial of %s: %m", argv[0]);
    if (fstat(output, &st) != 0 || st.st_size > MAX_OUTPUT)
        return cli_fail(CLI_FAILED, "trial of %s: it printed too much", argv[0]);
    run->output = calloc(1, (size_t)st.st_size + 1);
    if (run->output == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    ssize_t got = pread(output, run->output, (size_t)st.st_size, 0);
    run->size = got > 0 ? (size_t)got : 0;
    return CLI_OK;
}

static bool ended_with(const struct run *run, int code)
{
    return WIFEXITED(run->status) && WEXITSTATUS(run->status) == code;
}

static const char *as_whom(uid_t uid)
{
    return uid == geteuid() ? "" : " as an ordinary user";
}

static int differs(const char *const argv[], uid_t uid, const struct run *with)
{
    if (with->size > 0)
        return cli_fail(CLI_FAILED,
                        "trial failed, nothing was changed: with the library %s prints%s: "
                        "%.*s" INSTALL_AGAIN,
                        argv[0], as_whom(uid), (int)strcspn(with->output, "\n"), with->output);
    return cli_fail(CLI_FAILED,
                    "trial failed, nothing was changed: with the library %s ends%s with %s %d",
                    argv[0], as_whom(uid), WIFSIGNALED(with->status) ? "signal" : "status",
                    WIFSIGNALED(with->status) ? WTERMSIG(with->status) : WEXITSTATUS(with->status));
}

static int compare(const char *const argv[], const char *preload, uid_t uid)
{
    auto_run struct run without = {0}, with = {0};
    int status = run_one(argv, NULL, uid, &without);
    if (status == CLI_OK)
        status = run_one(argv, preload, uid, &with);
    if (status != CLI_OK)
        return status;
    if (ended_with(&without, CLI_RUN_NOT_EXECUTABLE))
        return cli_fail(CLI_FAILED,
                        "trial failed, nothing was changed: %s cannot be executed%s: chmod a+rx it",
                        argv[0], as_whom(uid));
    if (with.status != without.status || with.size != without.size ||
        memcmp(with.output, without.output, with.size) != 0)
        return differs(argv, uid, &with);
    return CLI_OK;
}

static bool beside(const char *file, const char *below, char program[PATH_MAX])
{
    const char *slash = strrchr(file, '/');
    return slash != NULL &&
           snprintf(program, PATH_MAX, "%.*s/%s" TRIAL_PROGRAM, (int)(slash - file), file, below) <
               PATH_MAX &&
           access(program, X_OK) == 0;
}

/* A tree's own is not run: who made the tree may not be who tries it. */
static bool find_program(const struct switch_tree *tree, const char *file, char program[PATH_MAX])
{
    char self[PATH_MAX];
    if (*tree->root == '\0' && (beside(file, CLI_NAME "/", program) || beside(file, "", program)))
        return true;
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    if (beside(self, "", program) || beside(self, "../lib/" CLI_NAME "/", program))
        return true;
    strcpy(program, MODULEDIR "/" TRIAL_PROGRAM);
    return access(program, X_OK) == 0;
}

/* By the modes below the tree's root: it may itself lie where nobody but its owner comes. */
static bool everybody_can_read(const struct switch_tree *tree, const char *file,
                               char why[SWITCH_WHY_SIZE])
{
    char path[PATH_MAX];
    struct stat st;
    mode_t needed = S_IROTH;
    snprintf(path, sizeof path, "%s", file);
    while (strlen(path) > strlen(tree->root)) {
        if (stat(path, &st) != 0 || (st.st_mode & needed) == 0) {
            snprintf(why, SWITCH_WHY_SIZE, "%s cannot be %s by everybody: chmod a+r%s it", path,
                     needed == S_IROTH ? "read" : "entered", needed == S_IROTH ? "" : "x");
            return false;
        }
        *strrchr(path, '/') = '\0';
        needed = S_IXOTH;
    }
    return true;
}

/* What can be told of a library without running anything. */
static bool looks_good(const struct switch_tree *tree, const char *file, bool everybody,
                       char why[SWITCH_WHY_SIZE])
{
    struct stat st;
    *why = '\0';
    if (stat(file, &st) != 0)
        snprintf(why, SWITCH_WHY_SIZE, "%s: %m" INSTALL_AGAIN, file);
    else if (!S_ISREG(st.st_mode) || st.st_size == 0)
        snprintf(why, SWITCH_WHY_SIZE, "%s is empty or no regular file" INSTALL_AGAIN, file);
    else
        return !everybody || everybody_can_read(tree, file, why);
    return false;
}

static int try_abi(const struct switch_tree *tree, const char *preload, const char *file)
{
    char program[PATH_MAX];
    const char *argv[] = {program, file, NULL};
    if (!find_program(tree, file, program))
        return cli_fail(CLI_FAILED,
                        "trial failed, nothing was changed: " TRIAL_PROGRAM
                        " is not beside %s: install the library again",
                        file);
    int status = compare(argv, preload, geteuid());
    if (status == CLI_OK && geteuid() == 0 && *tree->root == '\0')
        status = compare(argv, preload, NOBODY);
    return status;
}

static int try_programs(const char *preload)
{
    static const char *const trials[][4] = {
        {"/bin/true", NULL}, {"sudo", "-V", NULL}, {"sshd", "-t", NULL}};
    int status = CLI_OK;
    for (size_t i = 0; status == CLI_OK && i < sizeof trials / sizeof *trials; i++) {
        char program[PATH_MAX];
        const char *argv[] = {program, trials[i][1], NULL};
        if (program_find(trials[i][0], "/usr/sbin:/usr/bin:/sbin:/bin", program) == 0)
            status = compare(argv, preload, geteuid());
    }
    return status;
}

int switch_trial(const struct switch_tree *tree, const char *entry)
{
    char file[PATH_MAX], why[SWITCH_WHY_SIZE];
    unsigned word = 0;
    bool first = true;
    int status = CLI_OK;
    while (status == CLI_OK && switch_next_file(tree, entry, &word, file)) {
        /* In another tree the loader's $LIB is not ours: there the file itself is tried. */
        const char *preload = *tree->root != '\0' ? file : entry;
        if (preload == file && !library_preloadable(file))
            return cli_fail(CLI_FAILED,
                            "%s: the tree's name has a space, a colon or a '$', so the library "
                            "cannot be tried: move the tree, or give --no-trial",
                            file);
        if (!looks_good(tree, file, true, why))
            return cli_fail(CLI_FAILED, "trial failed, nothing was changed: %s", why);
        if (first)
            status = try_programs(preload);
        if (status == CLI_OK)
            status = try_abi(tree, preload, file);
        first = false;
    }
    return status;
}

/* What a program printed, from the first line on that is not the loader's about an entry of
 * somebody else; NULL where there is none. */
static const char *first_of_ours(const struct run *run, const char *entry)
{
    static const char loader[] = "ERROR: ld.so: object '";
    const char *line = run->output;
    while (line != NULL && strncmp(line, loader, strlen(loader)) == 0 &&
           strncmp(line + strlen(loader), entry, strlen(entry)) != 0) {
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return line != NULL && *line != '\0' ? line : NULL;
}

static bool loads_for(const char *const argv[], const char *preload, uid_t uid,
                      char why[SWITCH_WHY_SIZE])
{
    auto_run struct run run = {0};
    if (run_one(argv, preload, uid, &run) != CLI_OK || ended_with(&run, CLI_RUN_NOT_FOUND))
        return true; /* not known to be bad */
    const char *line = first_of_ours(&run, preload);
    if (ended_with(&run, 0) && line == NULL)
        return true;
    if (line != NULL)
        snprintf(why, SWITCH_WHY_SIZE, "%.*s%s" INSTALL_AGAIN, (int)strcspn(line, "\n"), line,
                 as_whom(uid));
    else
        snprintf(why, SWITCH_WHY_SIZE, "a program with it ends%s with %s %d" INSTALL_AGAIN,
                 as_whom(uid), WIFSIGNALED(run.status) ? "signal" : "status",
                 WIFSIGNALED(run.status) ? WTERMSIG(run.status) : WEXITSTATUS(run.status));
    return false;
}

bool switch_loads(const struct switch_tree *tree, const char *entry, bool everybody,
                  char why[SWITCH_WHY_SIZE])
{
    char file[PATH_MAX], program[PATH_MAX];
    const char *argv[] = {program, file, "load", NULL}, *plain[] = {"/bin/true", NULL};
    unsigned word = 0;
    bool found = false, good = true;
    while (good && switch_next_file(tree, entry, &word, file)) {
        found = true;
        good = looks_good(tree, file, everybody, why);
        if (!good || *tree->root != '\0')
            continue;
        const char *const *call = find_program(tree, file, program) ? argv : plain;
        good = loads_for(call, entry, geteuid(), why) &&
               (!everybody || geteuid() != 0 || loads_for(call, entry, NOBODY, why));
    }
    if (!found)
        snprintf(why, SWITCH_WHY_SIZE, "it is not there" INSTALL_AGAIN);
    return found && good;
}
