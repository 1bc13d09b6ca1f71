#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

void in_folder(char path[PATH_MAX], const char *folder, const char *name)
{
    ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", folder, name), PATH_MAX);
}

void built(char path[PATH_MAX], const char *name)
{
    const char *build = getenv("BUILD");
    char folder[PATH_MAX];
    ck_assert_ptr_nonnull(realpath(build ? build : "build", folder));
    in_folder(path, folder, name);
}

static void slurp(int fd, char *text, size_t room)
{
    ssize_t got = pread(fd, text, room - 1, 0);
    ck_assert_int_ge(got, 0);
    text[got] = '\0';
    close(fd);
}

static int temporary(const char *text)
{
    int fd = memfd_create("outcome", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    if (text != NULL) {
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    }
    return fd;
}

void outcome_of(struct outcome *outcome, const char *input, void (*before)(void *), void *data,
                const char *const argv[])
{
    int in = temporary(input), out = temporary(NULL), err = temporary(NULL);
    int status;
    fflush(NULL);
    outcome->pid = fork();
    ck_assert_int_ge(outcome->pid, 0);
    if (outcome->pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        if (before != NULL)
            before(data);
        execvp(argv[0], (char *const *)argv);
        perror(argv[0]);
        _exit(99);
    }
    ck_assert_int_eq(waitpid(outcome->pid, &status, 0), outcome->pid);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    close(in);
    slurp(out, outcome->out, sizeof outcome->out);
    slurp(err, outcome->err, sizeof outcome->err);
}

void scratch_make(char path[PATH_MAX])
{
    const char *folder = getenv("TMPDIR");
    in_folder(path, folder != NULL ? folder : "/tmp", "commissioned-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void scratch_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0); /* whatever the umask is */
    close(fd);
}

void copy_file(const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    char data[1 << 16];
    ssize_t got;
    ck_assert_msg(in >= 0, "%s: %s", from, strerror(errno));
    ck_assert_msg(out >= 0, "%s: %s", to, strerror(errno));
    while ((got = read(in, data, sizeof data)) > 0)
        ck_assert_int_eq(write(out, data, (size_t)got), got);
    ck_assert_int_eq(fchmod(out, mode), 0);
    close(in);
    close(out);
}

const char *text_of(const char *path)
{
    static char text[1 << 18];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    slurp(fd, text, sizeof text);
    return text;
}

bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool lacks_terminals(const char *test)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master >= 0) {
        close(master);
        return false;
    }
    /* Check names the function after the test, and "_fn". */
    printf("SKIP %.*s: this machine gives no pseudo-terminal\n", (int)strlen(test) - 3, test);
    fflush(stdout);
    return true;
}
