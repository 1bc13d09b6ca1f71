#include "measure.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "object_cost.h"

enum { MAX_ARGUMENTS = 24, MAX_TIMES = 31 };

static char counts[PATH_MAX]; /* what callgrind or strace wrote */
static char output[PATH_MAX];
static char errors[PATH_MAX];
static const char *stage; /* a shell's commands, or NULL */

static void name_file(char path[PATH_MAX], const char *folder, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        errx(99, "%s: too long", folder);
}

void measure_in(const char *folder)
{
    name_file(counts, folder, "counts");
    name_file(output, folder, "output");
    name_file(errors, folder, "errors");
}

void measure_where(const char *commands)
{
    stage = commands;
}

bool is_installed(const char *tool)
{
    char command[256];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    return system(command) == 0;
}

static bool send_to(int descriptor, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return file >= 0 && dup2(file, descriptor) >= 0;
}

static void show_errors(void)
{
    char line[512];
    FILE *file = fopen(errors, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    if (file != NULL)
        fclose(file);
}

/* Runs `tool` (NULL at its end) with argv behind it. Returns how many pages it was given. */
static double run(const char *const tool[], const char *preload, const char *const argv[])
{
    const char *all[MAX_ARGUMENTS];
    int n = 0;
    if (stage != NULL)
        for (const char *const *word =
                 (const char *const[]){"unshare", "-m", "sh", "-c", stage, "sh", NULL};
             *word != NULL; word++)
            all[n++] = *word;
    for (int i = 0; tool[i] != NULL && n < MAX_ARGUMENTS - 1; i++)
        all[n++] = tool[i];
    for (int i = 0; argv[i] != NULL && n < MAX_ARGUMENTS - 1; i++)
        all[n++] = argv[i];
    all[n] = NULL;

    int status;
    struct rusage used;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        err(99, "fork");
    if (child == 0) {
        if (preload != NULL)
            setenv("LD_PRELOAD", preload, 1);
        if (send_to(STDOUT_FILENO, output) && send_to(STDERR_FILENO, errors))
            execvp(all[0], (char *const *)all);
        _exit(99); /* the parent's folder is not the child's to remove */
    }
    if (wait4(child, &status, 0, &used) != child)
        err(99, "wait4");
    if (status != 0) {
        show_errors();
        errx(99, "%s %s: status %#x", all[0], argv[0], (unsigned)status);
    }
    return (double)used.ru_minflt;
}

double page_faults(int times, const char *preload, const char *const argv[])
{
    const char *const no_tool[] = {NULL};
    double least = run(no_tool, preload, argv);
    for (int i = 1; i < times; i++) {
        double next = run(no_tool, preload, argv);
        least = next < least ? next : least;
    }
    return least;
}

/* The number after `mark` at the beginning of a line of that file. */
static double find_number(const char *path, const char *mark)
{
    char line[4096];
    double number = 0;
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, mark, strlen(mark)) != 0)
            continue;
        number = strtod(line + strlen(mark), NULL);
        found = true;
    }
    if (file != NULL)
        fclose(file);
    if (!found)
        errx(99, "%s: no line that begins with '%s'", path, mark);
    return number;
}

static double callgrind(const char *how, const char *preload, const char *const argv[])
{
    char file[PATH_MAX + 32];
    snprintf(file, sizeof file, "--callgrind-out-file=%s", counts);
    run((const char *const[]){"valgrind", "--tool=callgrind", "--cache-sim=no", how, file, NULL},
        preload, argv);
    return find_number(counts, "totals:");
}

double instructions(const char *preload, enum span span, const char *const argv[])
{
    return callgrind(span == WHOLE_PROCESS ? "--collect-atstart=yes" : "--collect-atstart=no",
                     preload, argv);
}

double instructions_in(const char *function, const char *preload, const char *const argv[])
{
    char how[256];
    snprintf(how, sizeof how, "--toggle-collect=%s", function);
    double count = callgrind(how, preload, argv);
    if (count == 0)
        errx(99, "%s: nobody called it", function);
    return count;
}

double instructions_of(const char *preload, const char *const argv[])
{
    const char *name = strrchr(preload, '/');
    callgrind("--collect-atstart=yes", preload, argv);
    double sum = object_cost(counts, name, " getauxval");
    if (sum < 0)
        errx(99, "%s: nothing of %s", counts, name);
    return sum;
}

double system_calls(const char *preload, const char *const argv[])
{
    char set[PATH_MAX + 16];
    char line[1024];
    double number = 0;
    snprintf(set, sizeof set, "LD_PRELOAD=%s", preload != NULL ? preload : "");
    run((const char *const[]){"strace", "-f", "-o", counts, "-E",
                              preload != NULL ? set : "LD_PRELOAD", NULL},
        NULL, argv);
    FILE *file = fopen(counts, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        number += strchr(line, '(') != NULL;
    if (file != NULL)
        fclose(file);
    return number;
}

double printed(const char *preload, const char *const argv[])
{
    run((const char *const[]){NULL}, preload, argv);
    return find_number(output, "");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median_printed(int times, const char *preload, const char *const argv[])
{
    double all[MAX_TIMES] = {0};
    if (times > MAX_TIMES)
        times = MAX_TIMES;
    for (int i = 0; i < times; i++)
        all[i] = printed(preload, argv);
    qsort(all, (size_t)times, sizeof *all, compare);
    return all[times / 2];
}
