#include "bridge/checker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const char *const *words, int file, int output)
{
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    /* dup2 onto itself would leave it to be closed on exec. */
    if (file == CHECKER_FILE)
        fcntl(file, F_SETFD, 0);
    else if (file >= 0)
        dup2(file, CHECKER_FILE);
    execv(words[0], (char *const *)words);
    _exit(127);
}

/* What there is no room for is read all the same: the checker must be able to end. */
static void read_output(int from, char output[MAX_CHECKER_OUTPUT])
{
    char rest[512];
    size_t used = 0;
    ssize_t got;
    while (used < MAX_CHECKER_OUTPUT - 1 &&
           (got = read(from, output + used, MAX_CHECKER_OUTPUT - 1 - used)) > 0)
        used += (size_t)got;
    while (read(from, rest, sizeof rest) > 0)
        ;
    output[used] = '\0';
}

enum checker_says checker_run(const char *const *words, int file, char output[MAX_CHECKER_OUTPUT])
{
    int status, ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CHECKER_FAILED;
    pid_t pid = fork();
    int why = errno;
    if (pid == 0)
        become(words, file, ends[1]);
    close(ends[1]);
    if (pid > 0)
        read_output(ends[0], output);
    close(ends[0]);
    errno = why;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return CHECKER_FAILED;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CHECKER_TAKES_IT : CHECKER_REFUSES_IT;
}

/* Behind a mark stands the reason, in front of it the time; without one it is the line that has the
 * word. */
static char *line_of_error(char *output)
{
    static const char *const marks[] = {"[ALERT]", "[emerg]", "[critical]", "[error]"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char *found = strstr(output, marks[i]);
        if (found != NULL)
            return found;
    }
    char *line = strcasestr(output, "error");
    while (line != NULL && line > output && line[-1] != '\n')
        line--;
    return line != NULL ? line : output;
}

const char *checker_complaint(char *output)
{
    char *line = line_of_error(output);
    line[strcspn(line, "\n")] = '\0';
    return *line != '\0' ? line : "it gave no reason";
}
