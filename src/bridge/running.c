#include "bridge/running.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/write_whole.h"

/* What the engine gets of us, and our ends of it. */
struct ends {
    int admin;
    int output[2];
    int map[2];
};

static int configuration_file(const char *text)
{
    auto_close int fd = memfd_create("haproxy.cfg", MFD_CLOEXEC);
    if (fd < 0 || !write_whole(fd, text, strlen(text)))
        return -1;
    int written = fd;
    fd = -1;
    return written;
}

static pid_t spawn(const struct engine *engine, int listener, const char *text,
                   const struct ends *ends)
{
    auto_close int configuration = configuration_file(text);
    auto_close int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct engine_start start = {
        .engine = engine,
        .given = {nothing, ends->output[1], ends->output[1], listener, ends->admin, configuration,
                  ends->map[0]},
    };
    return configuration >= 0 && nothing >= 0 ? engine_spawn(&start) : -1;
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

bool running_start(struct running *running, const struct engine *engine, int listener,
                   const char *text, const char *map)
{
    struct ends ends = {-1, {-1, -1}, {-1, -1}};
    *running = RUNNING_NONE;
    bool works = pipe2(ends.output, O_CLOEXEC) == 0 && pipe2(ends.map, O_CLOEXEC) == 0 &&
                 fcntl(ends.output[0], F_SETFL, O_NONBLOCK) == 0 &&
                 fcntl(ends.output[1], F_SETFL, O_NONBLOCK) == 0 && /* nobody waits for us */
                 admin_prepare(&running->admin, &ends.admin);
    if (works)
        running->pid = spawn(engine, listener, text, &ends);
    running->output = ends.output[0];
    close_one(ends.admin);
    close_one(ends.output[1]);
    close_one(ends.map[0]);
    /* The engine answers requests as soon as it has read its configuration, and the map comes
     * before. */
    works = running->pid > 0 && write_whole(ends.map[1], map, strlen(map));
    close_one(ends.map[1]);
    return works && admin_connect(&running->admin);
}

void running_quote(const struct running *running, char quote[BRIDGE_SENTENCE])
{
    char text[8192];
    ssize_t got = read(running->output, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    char *line = strstr(text, "[ALERT]");
    line = line != NULL ? strchr(line, ':') : text;
    line = line != NULL ? line + strspn(line, ": ") : text;
    line[strcspn(line, "\n")] = '\0';
    snprintf(quote, BRIDGE_SENTENCE, "%.300s", *line != '\0' ? line : "it said nothing");
}

/* Hands over the whole lines of what is kept, and keeps the rest. */
static void cut_lines(struct running *running, running_hear *hear, void *data)
{
    char *begin = running->line, *newline;
    char *end = running->line + running->used;
    while ((newline = memchr(begin, '\n', (size_t)(end - begin))) != NULL) {
        *newline = '\0';
        hear(begin, data);
        begin = newline + 1;
    }
    running->used = (size_t)(end - begin);
    memmove(running->line, begin, running->used);
}

void running_lines(struct running *running, running_hear *hear, void *data)
{
    ssize_t got;
    while ((got = read(running->output, running->line + running->used,
                       RUNNING_LINE - 1 - running->used)) > 0) {
        running->used += (size_t)got;
        cut_lines(running, hear, data);
        if (running->used == RUNNING_LINE - 1)
            running->used = 0;
    }
}

void running_close(struct running *running)
{
    admin_close(&running->admin);
    close_one(running->output);
    *running = RUNNING_NONE;
}
