#include "bridge/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/haproxy_text.h"
#include "bridge/order.h"
#include "core/cleanup.h"

enum { FILE_IN_CHILD = 3 };

static void become_checker(const char *engine, int file, int output)
{
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    /* dup2 onto itself would leave it to be closed on exec. */
    if (file == FILE_IN_CHILD)
        fcntl(file, F_SETFD, 0);
    else
        dup2(file, FILE_IN_CHILD);
    execl(engine, engine, "-c", "-f", "/dev/fd/3", (char *)NULL); /* -q takes the reason too */
    _exit(127);
}

/* The first complaint. What there is no room for is read all the same: the checker must end. */
static void read_complaint(int output, char quote[BRIDGE_SENTENCE])
{
    char text[8192], rest[512];
    size_t used = 0;
    ssize_t got;
    while (used < sizeof text - 1 && (got = read(output, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    while (read(output, rest, sizeof rest) > 0)
        ;
    text[used] = '\0';
    const char *line = strstr(text, "[ALERT]");
    line = line != NULL ? line : *text != '\0' ? text : "it gave no reason";
    snprintf(quote, BRIDGE_SENTENCE, "%.*s", (int)strcspn(line, "\n"), line);
}

static enum bridge_result run_checker(const char *engine, const char *text,
                                      char why[BRIDGE_SENTENCE])
{
    char quote[BRIDGE_SENTENCE];
    int ends[2], status = -1;
    size_t size = strlen(text);
    auto_close int file = memfd_create("haproxy.cfg", MFD_CLOEXEC);
    if (file < 0 || write(file, text, size) != (ssize_t)size || pipe2(ends, O_CLOEXEC) != 0)
        return bridge_fail(why, BRIDGE_FAILED, "%s: %s", engine, strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        become_checker(engine, file, ends[1]);
    close(ends[1]);
    read_complaint(ends[0], quote);
    close(ends[0]);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return BRIDGE_OK;
    return bridge_fail(why, BRIDGE_BAD_POLICY, "%s refuses the rules: %.300s", engine, quote);
}

enum bridge_result trial_of(const struct policy_image *image, const struct engine *engine,
                            char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *rule = order_first_rule(image, NULL);
    auto_free char *text = NULL;
    if (rule == NULL)
        return BRIDGE_OK;
    /* The listener and the runtime socket are handed down to one that serves. */
    struct haproxy_plan plan = {.image = image,
                                .host = rule->host,
                                .port = rule->port,
                                .connect = "127.0.0.1:443",
                                .bind = "127.0.0.1:8455",
                                .map = "/dev/null"};
    enum bridge_result result = haproxy_text(&plan, &text, why);
    return result == BRIDGE_OK ? run_checker(engine->file, text, why) : result;
}
