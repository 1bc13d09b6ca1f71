#include "cli/bridges.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge/supervisor.h"
#include "cli/processes.h"
#include "core/cleanup.h"

enum { WORDS_SIZE = 4096, NO_USER = -1 };

static bool is_gateway(const struct process *process)
{
    return strcmp(process->name, SUPERVISOR_OF_GATEWAY) == 0;
}

static bool is_ours(const struct process *process)
{
    return is_gateway(process) || strcmp(process->name, SUPERVISOR_OF_BRIDGE) == 0;
}

/* Of the process's file in /proc; "" where it cannot be read. */
static size_t read_file(pid_t pid, const char *name, char text[WORDS_SIZE])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, WORDS_SIZE - 1) : -1;
    text[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

static long user_of(pid_t pid)
{
    char text[WORDS_SIZE];
    long user = NO_USER;
    read_file(pid, "status", text);
    const char *line = strstr(text, "\nUid:");
    if (line == NULL || sscanf(line, "\nUid: %*d %ld", &user) != 1)
        return NO_USER;
    return user;
}

static bool has_value(const char *word)
{
    static const char *const options[] = {"-k", "--key", "--cacert", "--connect"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(word, options[i]) == 0)
            return true;
    return false;
}

/* The first word that is neither an option of `run` nor an option's value.
 * NULL where there is none. */
static const char *program_of(const char *text, const char *end)
{
    const char *word = memmem(text, (size_t)(end - text), "run", sizeof "run");
    bool skip = true;
    for (; word != NULL && word < end; word += strlen(word) + 1) {
        if (strcmp(word, "--") == 0)
            return word + 3 < end ? word + 3 : NULL;
        if (!skip && word[0] != '-')
            return word;
        skip = has_value(word);
    }
    return NULL;
}

static void tell_one(const struct process *process, void *data)
{
    char words[WORDS_SIZE];
    (void)data;
    if (!is_ours(process))
        return;
    const char *end = words + read_file(process->pid, "cmdline", words);
    const char *program = is_gateway(process) ? NULL : program_of(words, end);
    printf("%-14s process %ld, of user %ld", is_gateway(process) ? "gateway" : "bridge",
           (long)process->pid, user_of(process->pid));
    if (program != NULL)
        printf(", for %s", program);
    if (*process->unit != '\0')
        printf(" (%s)", process->unit);
    putchar('\n');
}

void bridges_tell(void)
{
    processes_each(tell_one, NULL);
}

static void add_one(const struct process *process, void *data)
{
    char words[WORDS_SIZE];
    if (!is_ours(process))
        return;
    const char *end = words + read_file(process->pid, "cmdline", words);
    json_t *object = json_object();
    json_put_text(object, "kind", is_gateway(process) ? "gateway" : "bridge");
    json_put(object, "pid", json_integer(process->pid));
    json_put(object, "user", json_integer(user_of(process->pid)));
    json_put_text(object, "program", is_gateway(process) ? NULL : program_of(words, end));
    json_put_text(object, "unit", process->unit);
    json_array_append_new(data, object);
}

json_t *bridges_json(void)
{
    json_t *array = json_array();
    processes_each(add_one, array);
    return array;
}
