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

/* The start of an ELF header: class, byte order and machine say who can run the file. */
static bool read_machine(const char *path, unsigned char machine[4])
{
    unsigned char head[20];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && read(fd, head, sizeof head) == sizeof head;
    if (fd >= 0)
        close(fd);
    if (!got || memcmp(head, "\177ELF", 4) != 0)
        return false;
    memcpy(machine, head + 4, 2);
    memcpy(machine + 2, head + 18, 2);
    return true;
}

bool is_foreign(const char *path)
{
    unsigned char own[4], its[4];
    return path[0] == '/' && read_machine("/proc/self/exe", own) && read_machine(path, its) &&
           memcmp(own, its, sizeof own) != 0;
}

/* Where that other machine has a program of the name, $TEST_FOREIGN_BIN, it is meant. */
static const char *find_foreign(const char *name, char path[PATH_MAX])
{
    const char *folder = getenv("TEST_FOREIGN_BIN");
    if (folder == NULL || strchr(name, '/') != NULL)
        return name;
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return access(path, X_OK) == 0 ? path : name;
}

/* $TEST_FOREIGN_UNDER, for programs of another machine: an emulator of it, and its words. */
static void run(const char *const argv[])
{
    enum { MAX_WORDS = 128 };
    char path[PATH_MAX];
    const char *under = getenv("TEST_FOREIGN_UNDER"), *program = find_foreign(argv[0], path);
    char *rest = NULL, *words = under != NULL ? strdup(under) : NULL;
    const char *all[MAX_WORDS + 1];
    size_t n = 0;
    if (words == NULL || !is_foreign(program)) {
        execvp(argv[0], (char *const *)argv);
        return;
    }
    for (char *word = strtok_r(words, " ", &rest); word != NULL && n < MAX_WORDS;
         word = strtok_r(NULL, " ", &rest))
        all[n++] = word;
    all[n++] = program;
    for (argv++; *argv != NULL && n < MAX_WORDS; argv++)
        all[n++] = *argv;
    all[n] = NULL;
    execvp(all[0], (char *const *)all);
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
        run(argv);
        perror(argv[0]);
        _exit(99);
    }
    ck_assert_int_eq(waitpid(outcome->pid, &status, 0), outcome->pid);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    close(in);
    slurp(out, outcome->out, sizeof outcome->out);
    slurp(err, outcome->err, sizeof outcome->err);
}

void outcome_preloaded(struct outcome *outcome, const char *list, const char *const argv[])
{
    if (list != NULL)
        setenv("LD_PRELOAD", list, 1);
    outcome_of(outcome, NULL, NULL, NULL, argv);
    unsetenv("LD_PRELOAD");
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

bool scenario_is_chosen(const char *scenario)
{
    const char *chosen = getenv("TEST_SCENARIOS");
    size_t length = strlen(scenario);
    for (const char *at = chosen; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, scenario, length) == 0)
            return true;
        at += word;
    }
    if (chosen == NULL)
        return true;
    printf("SKIP %s: not among $TEST_SCENARIOS\n", scenario);
    return false;
}
