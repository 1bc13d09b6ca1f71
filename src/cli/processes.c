#include "cli/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/library.h"
#include "core/cleanup.h"

enum { MAX_SHOWN = 50, UNITS_SIZE = 4096 };

static void read_name(struct process *process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)process->pid);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, process->name, sizeof process->name - 1);
    process->name[got > 0 ? got : 0] = '\0';
    process->name[strcspn(process->name, "\n")] = '\0';
}

/* The service of the last line, which is the one of the unified hierarchy. */
static void read_unit(struct process *process)
{
    char path[64], line[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/cgroup", (long)process->pid);
    auto_fclose FILE *stream = fopen(path, "re");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *slash = strrchr(line, '/');
        const char *end = strrchr(line, '.');
        bool service = slash != NULL && end != NULL && strcmp(end, ".service") == 0 &&
                       strstr(line, "/user.slice/") == NULL;
        snprintf(process->unit, sizeof process->unit, "%s", service ? slash + 1 : "");
    }
}

static enum holding holding_of_line(const char *line)
{
    const char *found = strstr(line, "/" LIBRARY_NAME);
    const char *end = found != NULL ? found + strlen("/" LIBRARY_NAME) : NULL;
    if (end != NULL && *end == '\n')
        return HOLDING_CURRENT;
    if (end != NULL && strcmp(end, " (deleted)\n") == 0)
        return HOLDING_OLDER;
    /* Whoever has a dynamic loader mapped would have had the library with it. */
    return strstr(line, "/ld-linux") != NULL || strstr(line, "/ld-2.") != NULL ||
                   strstr(line, "/ld64.so") != NULL || strstr(line, "/ld.so") != NULL
               ? HOLDING_NONE
               : HOLDING_NO_NEED;
}

static enum holding read_maps(pid_t pid)
{
    char path[64];
    auto_free char *line = NULL;
    size_t size = 0;
    enum holding holding = HOLDING_NO_NEED;
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    auto_fclose FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return HOLDING_UNKNOWN;
    while (getline(&line, &size, stream) > 0) {
        enum holding now = holding_of_line(line);
        if (now > holding)
            holding = now;
    }
    return ferror(stream) ? HOLDING_UNKNOWN : holding;
}

/* A container has a file of its own to say what is preloaded in it. */
static bool has_other_root(pid_t pid)
{
    char path[64];
    struct stat own, its;
    snprintf(path, sizeof path, "/proc/%ld/root", (long)pid);
    return stat("/", &own) == 0 && stat(path, &its) == 0 &&
           (own.st_dev != its.st_dev || own.st_ino != its.st_ino);
}

void process_look(pid_t pid, struct process *process)
{
    *process = (struct process){.pid = pid, .holding = read_maps(pid)};
    if (process->holding == HOLDING_NONE && has_other_root(pid))
        process->holding = HOLDING_NO_NEED;
    read_name(process);
    read_unit(process);
}

void processes_each(void (*seen)(const struct process *, void *), void *data)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct process process;
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atol(entry->d_name) : 0;
        if (pid <= 0 || pid == getpid())
            continue;
        process_look(pid, &process);
        seen(&process, data);
    }
    if (folder != NULL)
        closedir(folder);
}

/* ---- as text --------------------------------------------------------------------------------- */

struct telling {
    bool wanted[HOLDING_OLDER + 1]; /* which are printed one by one */
    unsigned count[HOLDING_OLDER + 1];
    unsigned shown;
    char units[UNITS_SIZE]; /* " nginx.service cron.service" */
};

static const char *word(enum holding holding)
{
    static const char *const words[] = {"unknown", "no need", "without it", "with it", "older"};
    return words[holding];
}

/* What of a unit's name a shell takes as it stands. A control group may be called otherwise by
 * whoever it was given to, and the command is for root to copy. */
static bool is_plain_unit(const char *unit)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                ":_.@-";
    return unit[0] != '-' && unit[strspn(unit, plain)] == '\0';
}

static void note_unit(struct telling *telling, const char *unit)
{
    char padded[NAME_MAX + 3], all[UNITS_SIZE + 2];
    size_t used = strlen(telling->units);
    snprintf(padded, sizeof padded, " %s ", unit);
    snprintf(all, sizeof all, "%s ", telling->units);
    if (*unit != '\0' && is_plain_unit(unit) && strstr(all, padded) == NULL &&
        used + strlen(padded) < UNITS_SIZE)
        snprintf(telling->units + used, UNITS_SIZE - used, " %s", unit);
}

static void tell_one(const struct process *process, void *data)
{
    struct telling *telling = data;
    telling->count[process->holding]++;
    if (!telling->wanted[process->holding])
        return;
    note_unit(telling, process->unit);
    if (telling->shown++ < MAX_SHOWN)
        printf("%-14s %ld %s%s%s%s\n", word(process->holding), (long)process->pid,
               cli_shown(process->name), *process->unit != '\0' ? " (" : "",
               cli_shown(process->unit), *process->unit != '\0' ? ")" : "");
}

static void tell_end(const struct telling *telling)
{
    if (telling->shown > MAX_SHOWN)
        printf("%-14s %u\n", "and more", telling->shown - MAX_SHOWN);
    if (*telling->units != '\0')
        printf("%-14s systemctl restart%s\n", "to restart", cli_shown(telling->units));
}

void processes_tell_holders(void)
{
    struct telling telling = {.wanted = {[HOLDING_CURRENT] = true, [HOLDING_OLDER] = true}};
    processes_each(tell_one, &telling);
    tell_end(&telling);
}

void processes_tell(bool on)
{
    struct telling telling = {.wanted = {[HOLDING_NONE] = on, [HOLDING_OLDER] = true}};
    telling.wanted[HOLDING_CURRENT] = !on;
    processes_each(tell_one, &telling);
    printf("%-14s with it: %u, with an older one: %u, without it: %u, not to be seen: %u\n",
           "processes", telling.count[HOLDING_CURRENT], telling.count[HOLDING_OLDER],
           telling.count[HOLDING_NONE], telling.count[HOLDING_UNKNOWN]);
    tell_end(&telling);
}

static void add_one(const struct process *process, void *data)
{
    static const char *const words[] = {"unknown", "no need", "none", "current", "older"};
    if (process->holding == HOLDING_UNKNOWN || process->holding == HOLDING_NO_NEED)
        return;
    json_t *object = json_object();
    json_put(object, "pid", json_integer(process->pid));
    json_put_text(object, "name", process->name);
    json_put_text(object, "unit", process->unit);
    json_put_text(object, "library", words[process->holding]);
    json_array_append_new(data, object);
}

json_t *processes_json(void)
{
    json_t *array = json_array();
    processes_each(add_one, array);
    return array;
}
