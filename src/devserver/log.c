/*
 * MUST:     survive a reader that stalls or goes away.
 * MUST NOT: write a key, whole or nearly.
 */
#include "devserver/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "core/cleanup.h"
#include "devserver/keys.h"

enum { MAX_PATH = 512 };

struct ds_log {
    pthread_mutex_t lock; /* held from asking for room to the end of the write */
    int fd;
    unsigned long dropped;
};

struct ds_log *ds_log_open(const char *path, struct ds_why *why)
{
    struct ds_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        ds_fail(why, "the log: out of memory");
        return NULL;
    }
    log->fd = path == NULL ? dup(STDOUT_FILENO)
                           : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log->fd < 0) {
        ds_fail(why, "%s: cannot be opened: %s", path == NULL ? "standard output" : path,
                strerror(errno));
        free(log);
        return NULL;
    }
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

void ds_log_close(struct ds_log *log)
{
    if (log == NULL)
        return;
    close(log->fd);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

void ds_log_clean_path(char *path)
{
    for (char *c = path; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e)
            *c = '?';
    for (char *mark = path; (mark = strstr(mark, DS_KEY_MARK)) != NULL;) {
        size_t length = strcspn(mark, "/");
        if (length > DS_PREFIX_LENGTH)
            memset(mark + DS_PREFIX_LENGTH, '*', length - DS_PREFIX_LENGTH);
        mark += length;
    }
    if (strlen(path) > MAX_PATH)
        memcpy(path + MAX_PATH - 3, "...", 4);
}

/* A write of up to PIPE_BUF bytes does not block once poll(2) says that there is room (pipe(7)). */
static bool write_line(struct ds_log *log, const char *line, size_t size)
{
    struct pollfd room = {.fd = log->fd, .events = POLLOUT};
    if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
        return false;
    return write(log->fd, line, size) == (ssize_t)size;
}

static void write_json(struct ds_log *log, json_t *json)
{
    auto_free char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    auto_free char *line = NULL;
    int size = text == NULL ? -1 : asprintf(&line, "%s\n", text);
    json_decref(json);
    if (size < 0) {
        line = NULL;
        return;
    }
    pthread_mutex_lock(&log->lock);
    if (log->dropped > 0) {
        char notice[64];
        int length = snprintf(notice, sizeof notice, "{\"dropped\":%lu}\n", log->dropped);
        if (write_line(log, notice, (size_t)length))
            log->dropped = 0;
    }
    if (log->dropped > 0 || !write_line(log, line, (size_t)size))
        log->dropped++;
    pthread_mutex_unlock(&log->lock);
}

static void print_time(char text[40])
{
    struct timespec now;
    struct tm utc;
    char seconds[24];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, 40, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
}

static void print_client(const struct sockaddr *client, char text[96])
{
    char host[64], port[8];
    socklen_t size = client == NULL                  ? 0
                     : client->sa_family == AF_INET6 ? (socklen_t)sizeof(struct sockaddr_in6)
                                                     : (socklen_t)sizeof(struct sockaddr_in);
    text[0] = '\0';
    if (size > 0 && getnameinfo(client, size, host, sizeof host, port, sizeof port,
                                NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, 96, strchr(host, ':') == NULL ? "%s:%s" : "[%s]:%s", host, port);
}

void ds_log_write(struct ds_log *log, const struct ds_log_entry *entry)
{
    char when[40], client[96], method[24];
    auto_free char *path = strdup(entry->path);
    if (path == NULL)
        return;
    ds_log_clean_path(path);
    snprintf(method, sizeof method, "%s", entry->method);
    ds_log_clean_path(method);
    print_time(when);
    print_client(entry->client, client);
    write_json(log,
               json_pack("{ss ss ss si ss? sI ss}", "time", when, "method", method, "path", path,
                         "status", (int)entry->status, "key", entry->key, "authorization_headers",
                         (json_int_t)entry->authorization_headers, "client", client));
}
