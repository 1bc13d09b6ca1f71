#include "bridged.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "bridge/engine.h"

enum { PATIENCE = 30000, SHORT_PATIENCE = 10000 }; /* milliseconds, for what never happens */

char bridged_folder[PATH_MAX], bridged_command[PATH_MAX];
char bridged_keys[2][TEST_KEY_LENGTH + 1];
struct origin bridged_origin;
struct outcome bridged_outcome;

bool bridged_connects = true, bridged_trusts = true;

static FILE *to_shell, *from_shell;
static char connect_to[64];
static char mark[32]; /* in the words of this test's bridges alone */

static const char *const leading[] = {"OPENAI_BASE_URL",
                                      "OPENAI_API_BASE",
                                      "OPENAI_API_BASE_URL",
                                      "OPENAI_API_KEY",
                                      "COMMISSIONED_API_KEY",
                                      "AIDER_OPENAI_API_BASE",
                                      "CREDENTIALS_DIRECTORY",
                                      "XDG_CONFIG_HOME",
                                      "NO_PROXY",
                                      "no_proxy",
                                      "http_proxy",
                                      "HTTP_PROXY",
                                      "LD_PRELOAD",
                                      NULL};

bool bridged_skips(const char *test)
{
    struct engine engine;
    char why[BRIDGE_SENTENCE];
    if (engine_find(&engine, why) == BRIDGE_OK && engine_ask_version(&engine, why) == BRIDGE_OK)
        return false;
    printf("SKIP %.*s: %s\n", (int)strlen(test) - 3, test, why);
    fflush(stdout);
    return true;
}

void bridged_store(char file, const char *text)
{
    char name[PATH_MAX], fresh[PATH_MAX];
    in_folder(name, bridged_folder, (char[]){file, '\0'});
    in_folder(fresh, bridged_folder, "fresh");
    write_file(fresh, text, 0600);
    ck_assert_int_eq(rename(fresh, name), 0);
}

void bridged_policy(const char *text)
{
    char path[PATH_MAX], fresh[PATH_MAX], expanded[8192];
    size_t used = 0;
    for (; *text != '\0' && used < sizeof expanded - PATH_MAX - 2; text++)
        if (text[0] == '@' && (text[1] == 'A' || text[1] == 'B'))
            used += (size_t)sprintf(expanded + used, "%s/%c", bridged_folder, *++text);
        else
            expanded[used++] = *text;
    expanded[used] = '\0';
    in_folder(path, bridged_folder, "auth.conf");
    in_folder(fresh, bridged_folder, "fresh.conf");
    write_file(fresh, expanded, 0600);
    ck_assert_int_eq(rename(fresh, path), 0);
    setenv("COMMISSIONED_AUTH_CONFIG", path, 1);
}

void bridged_start(void)
{
    umask(022);
    signal(SIGPIPE, SIG_IGN);
    for (const char *const *name = leading; *name != NULL; name++)
        unsetenv(*name);
    snprintf(mark, sizeof mark, "test-%d", (int)getpid());
    bridged_connects = bridged_trusts = true;
    scratch_make(bridged_folder);
    setenv("HOME", bridged_folder, 1);
    built(bridged_command, "commissioned-auth");
    for (int i = 0; i < 2; i++) {
        test_key_make(bridged_keys[i]);
        bridged_store((char)('A' + i), bridged_keys[i]);
    }
    origin_start(&bridged_origin, "app.commissioned.tech", bridged_folder);
    snprintf(connect_to, sizeof connect_to, "127.0.0.1:%u", bridged_origin.tls_port);
    bridged_policy("key_file = \"@A\";");
}

void bridged_stop(void)
{
    origin_stop();
    scratch_remove(bridged_folder);
}

static void words_of(const char *argv[32], const char *const options[])
{
    size_t count = 0;
    argv[count++] = bridged_command;
    argv[count++] = "run";
    argv[count++] = "--bridge";
    if (bridged_trusts) {
        argv[count++] = "--cacert";
        argv[count++] = bridged_origin.ca_file;
    }
    if (bridged_connects) {
        argv[count++] = "--connect";
        argv[count++] = connect_to;
    }
    for (; options != NULL && *options != NULL && count < 28; options++)
        argv[count++] = *options;
    argv[count] = NULL;
}

int bridged_run(const char *const words[])
{
    const char *argv[32];
    words_of(argv, words);
    outcome_of(&bridged_outcome, NULL, NULL, NULL, argv);
    return bridged_outcome.status;
}

/* ---- the processes --------------------------------------------------------------------------- */

/* It may be gone between two lines. */
static pid_t parent_of(pid_t pid, char *state)
{
    char path[64], text[512];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *name_end = strrchr(text, ')');
    if (name_end == NULL || sscanf(name_end, ") %c %d", state, &parent) != 2)
        return -1;
    return parent;
}

static bool has_our_words(pid_t pid)
{
    char path[64], words[4096] = "";
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, words, sizeof words - 1) : -1;
    if (fd >= 0)
        close(fd);
    return got > 0 &&
           memmem(words, (size_t)got, bridged_command, strlen(bridged_command)) != NULL &&
           memmem(words, (size_t)got, mark, strlen(mark)) != NULL &&
           memmem(words, (size_t)got, "--bridge", 8) != NULL;
}

/* The first process that is fit, or 0. */
static pid_t find_process(bool (*fit)(pid_t, pid_t), pid_t of)
{
    DIR *processes = opendir("/proc");
    pid_t found = 0;
    ck_assert_ptr_nonnull(processes);
    for (struct dirent *entry; found == 0 && (entry = readdir(processes)) != NULL;) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && fit(pid, of))
            found = pid;
    }
    closedir(processes);
    return found;
}

static bool is_supervisor(pid_t pid, pid_t program)
{
    return pid != program && has_our_words(pid);
}

static bool is_child(pid_t pid, pid_t parent)
{
    char state = 'Z';
    return parent_of(pid, &state) == parent && state != 'Z';
}

bool bridged_is_found(struct bridged *bridged)
{
    bridged->supervisor = find_process(is_supervisor, bridged->program);
    bridged->engine = bridged->supervisor > 0 ? find_process(is_child, bridged->supervisor) : 0;
    return bridged->engine > 0;
}

void bridged_find(struct bridged *bridged)
{
    for (int waited = 0; waited < SHORT_PATIENCE; waited += 10) {
        if (bridged_is_found(bridged))
            return;
        usleep(10000);
    }
    ck_abort_msg("no supervisor and engine");
}

bool bridged_is_gone(pid_t pid)
{
    char state;
    for (int waited = 0; waited < SHORT_PATIENCE; waited += 10) {
        if (parent_of(pid, &state) < 0 || state == 'Z')
            return true;
        usleep(10000);
    }
    return false;
}

/* ---- the shell ------------------------------------------------------------------------------- */

static void become_shell(const char *const options[], int in, int out)
{
    char loop[128];
    const char *argv[32];
    size_t count = 0;
    snprintf(loop, sizeof loop, "while read -r line; do eval \"$line\"; done # %s", mark);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    words_of(argv, options);
    while (argv[count] != NULL)
        count++;
    argv[count++] = "--";
    argv[count++] = "sh";
    argv[count++] = "-c";
    argv[count++] = loop;
    argv[count] = NULL;
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(99);
}

void bridged_begin(struct bridged *bridged, const char *const options[])
{
    int in[2], out[2];
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    bridged->program = fork();
    if (bridged->program == 0)
        become_shell(options, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    to_shell = fdopen(in[1], "w");
    from_shell = fdopen(out[0], "r");
    bridged->port =
        (unsigned)atoi(bridged_shell("B=$(echo $OPENAI_BASE_URL | cut -d/ -f1-3); echo ${B##*:}"));
    bridged_find(bridged);
}

const char *bridged_shell(const char *line)
{
    static char answer[8192];
    struct pollfd ready = {.fd = fileno(from_shell), .events = POLLIN};
    fprintf(to_shell, "%s\n", line);
    fflush(to_shell);
    ck_assert_msg(poll(&ready, 1, PATIENCE) == 1, "no answer to: %s", line);
    ck_assert_msg(fgets(answer, sizeof answer, from_shell) != NULL, "the shell ended at: %s", line);
    answer[strcspn(answer, "\n")] = '\0';
    return answer;
}

int bridged_curl(const char *arguments)
{
    char line[2 * PATH_MAX];
    snprintf(line, sizeof line,
             "curl -s -g -m 20 --path-as-is -o %s/body -w '%%{http_code}\\n' %s || :",
             bridged_folder, arguments);
    return atoi(bridged_shell(line));
}

int bridged_get(const char *path)
{
    char arguments[2048];
    snprintf(arguments, sizeof arguments, "-H \"Authorization: Bearer $OPENAI_API_KEY\" \"$B\"'%s'",
             path);
    return bridged_curl(arguments);
}

const char *bridged_body(void)
{
    char path[PATH_MAX];
    in_folder(path, bridged_folder, "body");
    const char *text = text_of(path);
    return text != NULL ? text : "";
}

int bridged_end(struct bridged *bridged)
{
    int status;
    if (to_shell != NULL)
        fclose(to_shell);
    ck_assert_int_eq(waitpid(bridged->program, &status, 0), bridged->program);
    fclose(from_shell);
    to_shell = from_shell = NULL;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static unsigned count_in(const char *data, size_t size, const char *text)
{
    unsigned copies = 0;
    size_t length = strlen(text);
    for (const char *at = data; (at = memmem(at, size - (size_t)(at - data), text, length)) != NULL;
         at += length)
        copies++;
    return copies;
}

static unsigned count_in_range(int memory, unsigned long from, unsigned long to, const char *text)
{
    size_t size = to - from;
    char *data = malloc(size);
    ck_assert_ptr_nonnull(data);
    ssize_t got = pread(memory, data, size, (off_t)from);
    unsigned copies = got > 0 ? count_in(data, (size_t)got, text) : 0;
    free(data);
    return copies;
}

unsigned bridged_copies(pid_t pid, const char *text)
{
    char path[64], line[1024], mode[8];
    unsigned long from, to;
    unsigned copies = 0;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    ck_assert_msg(memory >= 0 && maps != NULL, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 && mode[0] == 'r')
            copies += count_in_range(memory, from, to, text);
    fclose(maps);
    close(memory);
    return copies;
}
