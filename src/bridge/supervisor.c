#include "bridge/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/haproxy_text.h"
#include "bridge/keyring.h"
#include "bridge/watch.h"
#include "core/cleanup.h"
#include "core/journal.h"
#include "core/secret.h"

enum {
    LOOK_EVERY = 1000,  /* milliseconds: at files whose changes nobody tells */
    PING_EVERY = 3600,  /* seconds */
    MAX_DEATHS = 5,     /* of the engine ... */
    DEATHS_WITHIN = 10, /* seconds: then it is not started again */
    GRACE = 200,        /* milliseconds from one signal to the next, at the end */
};

struct supervisor {
    const struct supervisor_order *order;
    struct policy_image *image;    /* the last that could be used */
    struct policy_image *unusable; /* what came after it, or NULL */
    const char *trouble;           /* why, or NULL */
    char *text;                    /* the engine's configuration */
    struct keyring ring;
    struct admin admin;
    pid_t engine;
    int output; /* of the engine */
    int signals;
    int changes;
    time_t pinged;
    time_t deaths[MAX_DEATHS]; /* the latest ones, in a ring */
    unsigned ndeaths;
    char why[BRIDGE_SENTENCE];
};

void supervisor_answer(int starter, enum bridge_result result, const char *why)
{
    char message[1 + BRIDGE_SENTENCE];
    int length = snprintf(message, sizeof message, "%c%s", 'A' + (int)result, why);
    send(starter, message, (size_t)length, MSG_NOSIGNAL);
}

/* ---- the engine ------------------------------------------------------------------------------ */

/* What it said last, as a sentence's end: its first complaint, or its last line. */
static void quote_output(int output, char quote[BRIDGE_SENTENCE])
{
    char text[8192];
    ssize_t got = read(output, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    char *line = strstr(text, "[ALERT]");
    line = line != NULL ? strchr(line, ':') : text;
    line = line != NULL ? line + strspn(line, ": ") : text;
    line[strcspn(line, "\n")] = '\0';
    snprintf(quote, BRIDGE_SENTENCE, "%.300s", *line != '\0' ? line : "it said nothing");
}

static int configuration_file(const char *text)
{
    size_t size = strlen(text);
    auto_close int fd = memfd_create("haproxy.cfg", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size)
        return -1;
    int written = fd;
    fd = -1;
    return written;
}

static pid_t spawn(const struct supervisor *self, int admin, int output, int map)
{
    auto_close int configuration = configuration_file(self->text);
    auto_close int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct engine_start start = {
        .engine = self->order->engine,
        .given = {nothing, output, output, self->order->listener, admin, configuration, map},
    };
    return configuration >= 0 && nothing >= 0 ? engine_spawn(&start) : -1;
}

/* The engine answers requests as soon as it has read its configuration, and this comes before. */
static bool give_map(const struct supervisor *self, int pipe_end)
{
    char *map = keyring_map(&self->ring, self->image, self->trouble);
    size_t size = map != NULL ? strlen(map) : 0;
    size_t given = 0;
    ssize_t wrote = 0;
    while (given < size && (wrote = write(pipe_end, map + given, size - given)) > 0)
        given += (size_t)wrote;
    bool whole = map != NULL && given == size;
    secret_free(map, size);
    return whole;
}

static void forget_engine(struct supervisor *self)
{
    admin_close(&self->admin);
    if (self->output >= 0)
        close(self->output);
    self->output = -1;
    self->engine = -1;
}

struct engine_ends {
    int admin;
    int output[2];
    int map[2];
};

static bool open_ends(struct admin *admin, struct engine_ends *ends)
{
    if (pipe2(ends->output, O_CLOEXEC) != 0)
        return false;
    fcntl(ends->output[0], F_SETFL, O_NONBLOCK);
    return pipe2(ends->map, O_CLOEXEC) == 0 && admin_prepare(admin, &ends->admin);
}

static void close_ends(const struct engine_ends *ends)
{
    const int fds[] = {ends->admin, ends->output[1], ends->map[0]};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Starts one in the place of self->engine, which goes on with what it has begun. */
static bool start_engine(struct supervisor *self)
{
    struct admin admin = {-1, -1};
    struct engine_ends ends = {-1, {-1, -1}, {-1, -1}};
    pid_t before = self->engine;
    bool works = open_ends(&admin, &ends);
    pid_t pid = works ? spawn(self, ends.admin, ends.output[1], ends.map[0]) : -1;
    close_ends(&ends);
    forget_engine(self);
    self->admin = admin;
    self->output = ends.output[0];
    self->engine = pid;
    self->pinged = keyring_now();
    works = pid > 0 && give_map(self, ends.map[1]);
    if (ends.map[1] >= 0)
        close(ends.map[1]);
    works = works && admin_connect(&self->admin);
    /* One that knows an older policy must not go on beside a newer one that does not work. */
    if (before > 0)
        kill(before, works ? SIGUSR1 : SIGKILL);
    return works;
}

static enum bridge_result start_failed(struct supervisor *self)
{
    char quote[BRIDGE_SENTENCE];
    quote_output(self->output, quote);
    return bridge_fail(self->why, BRIDGE_FAILED, "%s does not start: %s", self->order->engine->file,
                       quote);
}

static void journal(const struct supervisor *self, const char *message)
{
    const struct journal_field fields[] = {{"COMMISSIONED_ENGINE", self->order->engine->file}};
    journal_send(JOURNAL_ERROR, message, fields, 1);
}

/* False once it has died too often. */
static bool revive(struct supervisor *self)
{
    time_t now = keyring_now();
    time_t *oldest = &self->deaths[self->ndeaths % MAX_DEATHS];
    bool too_often = self->ndeaths >= MAX_DEATHS && now - *oldest < DEATHS_WITHIN;
    *oldest = now;
    self->ndeaths++;
    forget_engine(self);
    if (too_often) {
        journal(self,
                "the bridge's engine died five times in ten seconds and is not started again: "
                "run 'commissioned-auth doctor'");
        return false;
    }
    /* Where it fails its death is seen, and counted. */
    if (!start_engine(self) && self->engine > 0)
        kill(self->engine, SIGKILL);
    return self->engine > 0;
}

/* ---- the policy ------------------------------------------------------------------------------ */

static enum bridge_result write_text(struct supervisor *self, const struct policy_image *image,
                                     char **text)
{
    const struct bridge_order *bridge = self->order->bridge;
    struct haproxy_plan plan = {
        .image = image,
        .key = bridge->key,
        .host = self->order->host,
        .port = self->order->port,
        .token = self->order->token_hash,
        .cacert = bridge->cacert,
        .connect = bridge->connect,
        .version = self->order->engine->version,
        .listen_port = self->order->listen_port,
    };
    return haproxy_text(&plan, text, self->why);
}

static void set_trouble(struct supervisor *self, struct policy_image *unusable, const char *why)
{
    self->unusable = unusable;
    self->trouble = why;
}

/* Takes a usable image; true where the engine's configuration is another one then. */
static bool take_image(struct supervisor *self, struct policy_image *image)
{
    char *text = NULL;
    if (write_text(self, image, &text) != BRIDGE_OK) {
        set_trouble(self, image, self->why);
        return false;
    }
    bool other = strcmp(text, self->text) != 0;
    policy_image_free(self->image);
    self->image = image;
    free(self->text);
    self->text = text;
    return other;
}

/* False where the engine did not take it. */
static bool read_policy_again(struct supervisor *self)
{
    struct policy_image *image = commissioned_policy_build(self->order->bridge->request);
    bool other = false;
    policy_image_free(self->unusable);
    set_trouble(self, NULL, NULL);
    if (image == NULL)
        set_trouble(self, NULL, "there is no configuration any more");
    else if (image->error != NULL)
        set_trouble(self, image, image->error);
    else
        other = take_image(self, image);
    if (image != NULL)
        self->changes = watch_files(self->changes, image);
    if (!keyring_update(&self->ring, self->image, self->trouble, keyring_now()))
        return false;
    if (other)
        return start_engine(self);
    return keyring_tell(&self->ring, self->image, self->trouble, &self->admin);
}

static bool is_current(const struct supervisor *self)
{
    if (self->trouble != NULL && self->unusable == NULL)
        return false;
    if (self->ring.expires != 0 && keyring_now() >= self->ring.expires)
        return false;
    return policy_image_current(self->unusable != NULL ? self->unusable : self->image);
}

/* ---- at work --------------------------------------------------------------------------------- */

/* False where our own end was asked for. */
static bool take_signals(struct supervisor *self, bool *engine_died)
{
    struct signalfd_siginfo info;
    pid_t pid;
    bool go_on = true;
    while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info)
        go_on = go_on && info.ssi_signo == SIGCHLD;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        *engine_died = *engine_died || pid == self->engine;
    return go_on;
}

static bool keep_engine_told(struct supervisor *self)
{
    bool told = is_current(self) || read_policy_again(self);
    if (told && keyring_now() - self->pinged >= PING_EVERY) {
        self->pinged = keyring_now();
        told = admin_ping(&self->admin);
    }
    return told;
}

static void work(struct supervisor *self)
{
    bool go_on = true;
    while (go_on) {
        struct pollfd fds[] = {{.fd = self->order->program, .events = POLLIN},
                               {.fd = self->signals, .events = POLLIN},
                               {.fd = self->changes, .events = POLLIN},
                               {.fd = self->output, .events = POLLIN}};
        char quote[BRIDGE_SENTENCE];
        bool engine_died = false;
        poll(fds, sizeof fds / sizeof fds[0], LOOK_EVERY);
        if (fds[0].revents != 0 || !take_signals(self, &engine_died))
            return;
        if (fds[2].revents != 0)
            watch_drain(self->changes);
        if (fds[3].revents != 0)
            quote_output(self->output, quote);
        if (engine_died)
            go_on = revive(self);
        else if (!keep_engine_told(self))
            kill(self->engine, SIGKILL);
    }
}

/* ---- begin and end --------------------------------------------------------------------------- */

static int take_over_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum bridge_result begin(struct supervisor *self)
{
    const struct bridge_order *bridge = self->order->bridge;
    const struct policy_rule *rule;
    self->image = commissioned_policy_build(bridge->request);
    rule = self->image != NULL ? order_first_rule(self->image, bridge->key) : NULL;
    if (rule == NULL)
        return bridge_fail(self->why, BRIDGE_BAD_POLICY, "the policy was changed just now");
    if (self->image->keys[rule->key].header == NULL && rule->missing == POLICY_MISSING_FAIL)
        return bridge_fail(self->why, BRIDGE_FAILED, "%s", self->image->keys[rule->key].error);
    enum bridge_result result = write_text(self, self->image, &self->text);
    if (result != BRIDGE_OK)
        return result;
    self->signals = take_over_signals();
    self->changes = watch_files(-1, self->image);
    if (self->signals < 0 || !keyring_update(&self->ring, self->image, NULL, keyring_now()))
        return bridge_fail(self->why, BRIDGE_FAILED, "out of memory");
    return start_engine(self) ? BRIDGE_OK : start_failed(self);
}

static bool ends_within(pid_t pid, int milliseconds)
{
    for (; milliseconds > 0; milliseconds -= 5) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return true;
        poll(NULL, 0, 5);
    }
    return false;
}

static void end(struct supervisor *self)
{
    static const int signals[] = {SIGUSR1, SIGTERM, SIGKILL};
    for (size_t i = 0; self->engine > 0 && i < sizeof signals / sizeof signals[0]; i++) {
        kill(self->engine, signals[i]);
        if (ends_within(self->engine, GRACE))
            self->engine = -1;
    }
    forget_engine(self);
    keyring_free(&self->ring);
    policy_image_free(self->image);
    policy_image_free(self->unusable);
    free(self->text);
}

void supervisor_run(const struct supervisor_order *order)
{
    struct supervisor self = {.order = order,
                              .admin = {-1, -1},
                              .engine = -1,
                              .output = -1,
                              .signals = -1,
                              .changes = -1};
    prctl(PR_SET_DUMPABLE, 0);
    enum bridge_result result = begin(&self);
    supervisor_answer(order->starter, result, self.why);
    close(order->starter);
    if (result == BRIDGE_OK)
        work(&self);
    end(&self);
}
