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

#include "bridge/account.h"
#include "bridge/gateway.h"
#include "bridge/haproxy_text.h"
#include "bridge/keyring.h"
#include "bridge/running.h"
#include "bridge/signals.h"
#include "bridge/watch.h"
#include "commissioned/journal_fields.h"
#include "core/cleanup.h"
#include "core/journal.h"
#include "core/secret.h"

enum {
    LOOK_EVERY = 1000,  /* milliseconds: at files whose changes nobody tells */
    PING_EVERY = 3600,  /* seconds */
    MAX_DEATHS = 5,     /* of the engine ... */
    DEATHS_WITHIN = 10, /* seconds: then it is not started again */
};

_Static_assert(MAX_DEATHS == 5 && DEATHS_WITHIN == 10, "as this sentence says");
static const char died_too_often[] =
    "the bridge's engine died five times in ten seconds and is not "
    "started again: run 'commissioned-auth doctor'";

struct supervisor {
    const struct supervisor_order *order;
    struct policy_image *image;    /* the last that could be used */
    struct policy_image *unusable; /* what came after it, or NULL */
    const char *trouble;           /* why, or NULL */
    char *text;                    /* the engine's configuration */
    struct tokens tokens;
    struct keyring ring;
    struct running engine;
    struct account account;
    int signals;
    int changes;
    bool must_read; /* the files, whether they changed or not */
    time_t pinged;
    time_t deaths[MAX_DEATHS]; /* the latest ones, in a ring */
    unsigned ndeaths;
    char why[BRIDGE_SENTENCE];
};

static void answer(int starter, enum bridge_result result, const char *why)
{
    char message[1 + BRIDGE_SENTENCE];
    int length = snprintf(message, sizeof message, "%c%s", 'A' + (int)result, why);
    send(starter, message, (size_t)length, MSG_NOSIGNAL);
    close(starter);
}

/* ---- the engine ------------------------------------------------------------------------------ */

/* Starts one in the place of self->engine, which goes on with what it has begun. */
static bool start_engine(struct supervisor *self)
{
    pid_t before = self->engine.pid;
    char *map = keyring_map(&self->ring, self->image, self->trouble);
    running_close(&self->engine);
    self->pinged = keyring_now();
    bool works = map != NULL && running_start(&self->engine, self->order->engine,
                                              self->order->listener, self->text, map);
    if (map != NULL)
        secret_free(map, strlen(map));
    /* One that knows an older policy must not go on beside a newer one that does not work. */
    if (before > 0)
        kill(before, works ? SIGUSR1 : SIGKILL);
    return works;
}

static void kill_engine(const struct supervisor *self)
{
    if (self->engine.pid > 0)
        kill(self->engine.pid, SIGKILL);
}

static enum bridge_result start_failed(struct supervisor *self)
{
    char quote[BRIDGE_SENTENCE];
    struct engine asked = *self->order->engine;
    if (engine_ask_version(&asked, self->why) != BRIDGE_OK)
        return BRIDGE_FAILED;
    running_quote(&self->engine, quote);
    return bridge_fail(self->why, BRIDGE_FAILED, "%s does not start: %s", self->order->engine->file,
                       quote);
}

static void journal(const struct supervisor *self, const char *message)
{
    const struct journal_field fields[] = {{FIELD(ENGINE), self->order->engine->file}};
    journal_send(JOURNAL_ENGINE_DIED, message, fields, 1);
}

/* False once it has died too often. */
static bool revive(struct supervisor *self)
{
    time_t now = keyring_now();
    time_t *oldest = &self->deaths[self->ndeaths % MAX_DEATHS];
    bool too_often = self->ndeaths >= MAX_DEATHS && now - *oldest < DEATHS_WITHIN;
    *oldest = now;
    self->ndeaths++;
    running_close(&self->engine);
    if (too_often) {
        journal(self, died_too_often);
        return false;
    }
    /* Where it fails its death is seen, and counted. */
    if (!start_engine(self))
        kill_engine(self);
    return self->engine.pid > 0;
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
        .tokens = self->tokens.list,
        .ntokens = self->tokens.count,
        .cacert = bridge->cacert,
        .connect = bridge->connect,
        .listen_port = self->order->listen_port,
        .map = HAPROXY_MAP,
    };
    return haproxy_text(&plan, text, self->why);
}

/* Of a gateway, whoever its rules are for. NULL, with self->why, where it cannot be used. */
static struct policy_image *read_policy(struct supervisor *self)
{
    const struct supervisor_order *order = self->order;
    struct gateway gateway;
    if (order->tokens_file == NULL) {
        struct policy_image *image = commissioned_policy_build(order->bridge->request);
        if (image == NULL)
            bridge_fail(self->why, BRIDGE_FAILED, "there is no configuration any more");
        return image;
    }
    enum bridge_result result = gateway_read(order->bridge->request, order->tokens_file,
                                             GATEWAY_WITH_KEYS, &gateway, self->why);
    tokens_free(&self->tokens);
    self->tokens = gateway.tokens;
    if (result == BRIDGE_OK)
        return gateway.image;
    policy_image_free(gateway.image);
    /* Whom a token was taken from is not known: no stale key either. */
    if (self->tokens.st.st_ino == 0)
        keyring_free(&self->ring);
    return NULL;
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
    struct policy_image *image = read_policy(self);
    bool other = self->must_read;
    self->must_read = false;
    policy_image_free(self->unusable);
    set_trouble(self, NULL, NULL);
    if (image == NULL)
        set_trouble(self, NULL, self->why);
    else if (image->error != NULL)
        set_trouble(self, image, image->error);
    else
        other = take_image(self, image) || other;
    if (image != NULL)
        self->changes = watch_files(self->changes, image, self->order->tokens_file);
    if (!keyring_update(&self->ring, self->image, self->trouble, keyring_now()))
        return false;
    if (other)
        return start_engine(self);
    return keyring_tell(&self->ring, self->image, self->trouble, &self->engine.admin);
}

static bool is_current(const struct supervisor *self)
{
    if (self->trouble != NULL && self->unusable == NULL)
        return false;
    if (self->order->tokens_file != NULL &&
        !tokens_are_current(&self->tokens, self->order->tokens_file))
        return false;
    if (self->ring.expires != 0 && keyring_now() >= self->ring.expires)
        return false;
    return policy_image_current(self->unusable != NULL ? self->unusable : self->image);
}

/* ---- at work --------------------------------------------------------------------------------- */

/* False where our own end was asked for. SIGHUP has all files read again, by a new engine. */
static bool take_signals(struct supervisor *self, bool *engine_died)
{
    struct signalfd_siginfo info;
    pid_t pid;
    bool go_on = true;
    while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        go_on = go_on && info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT;
        self->must_read = self->must_read || info.ssi_signo == SIGHUP;
    }
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        *engine_died = *engine_died || pid == self->engine.pid;
    return go_on;
}

struct hearing {
    struct supervisor *self;
    bool refused; /* a key that has a successor */
};

static void hear(char *line, void *data)
{
    struct hearing *hearing = data;
    struct supervisor *self = hearing->self;
    const struct supervisor_order *order = self->order;
    const struct account_about about = {
        .image = self->image,
        .ring = &self->ring,
        .tokens = &self->tokens,
        .host = order->host,
        .port = order->port,
        .program = order->program_pid != 0 ? order->bridge->request->program : NULL,
        .pid = order->program_pid,
    };
    struct account_line told;
    if (!account_read(line, &told))
        return;
    account_report(&self->account, &about, &told);
    if (told.reason == REASON_KEY && told.status == 401 &&
        keyring_refuse(&self->ring, self->image, told.serial))
        hearing->refused = true;
}

/* What it says of requests. False where it had to be told another key and did not take it. */
static bool hear_engine(struct supervisor *self)
{
    struct hearing hearing = {.self = self};
    running_lines(&self->engine, hear, &hearing);
    return !hearing.refused ||
           keyring_tell(&self->ring, self->image, self->trouble, &self->engine.admin);
}

static bool keep_engine_told(struct supervisor *self)
{
    bool told = (is_current(self) && !self->must_read) || read_policy_again(self);
    if (told && keyring_now() - self->pinged >= PING_EVERY) {
        self->pinged = keyring_now();
        told = admin_ping(&self->engine.admin);
    }
    return told;
}

static enum bridge_result work(struct supervisor *self)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = self->order->program, .events = POLLIN},
                               {.fd = self->signals, .events = POLLIN},
                               {.fd = self->changes, .events = POLLIN},
                               {.fd = self->engine.output, .events = POLLIN}};
        bool engine_died = self->engine.pid < 0;
        poll(fds, sizeof fds / sizeof fds[0], LOOK_EVERY);
        if (fds[0].revents != 0 || !take_signals(self, &engine_died))
            return BRIDGE_OK;
        if (fds[2].revents != 0)
            watch_drain(self->changes);
        bool told = fds[3].revents == 0 || hear_engine(self);
        if (engine_died && !revive(self))
            return bridge_fail(self->why, BRIDGE_FAILED, "%s", died_too_often);
        if (!engine_died && !(told && keep_engine_told(self)))
            kill_engine(self);
    }
}

/* ---- begin and end --------------------------------------------------------------------------- */

static bool add_only_token(struct supervisor *self)
{
    struct known_token token = {0};
    snprintf(token.hash, sizeof token.hash, "%s", self->order->token_hash);
    return tokens_add(&self->tokens, &token);
}

static enum bridge_result begin(struct supervisor *self)
{
    const struct bridge_order *bridge = self->order->bridge;
    const struct policy_rule *rule;
    if (self->order->token_hash != NULL && !add_only_token(self))
        return bridge_fail(self->why, BRIDGE_FAILED, "out of memory");
    self->image = read_policy(self);
    if (self->image == NULL)
        return BRIDGE_BAD_POLICY;
    rule = self->image->error == NULL ? order_first_rule(self->image, bridge->key) : NULL;
    if (rule == NULL)
        return bridge_fail(self->why, BRIDGE_BAD_POLICY, "the policy was changed just now");
    if (self->order->program >= 0 && self->image->keys[rule->key].header == NULL &&
        rule->missing == POLICY_MISSING_FAIL)
        return bridge_fail(self->why, BRIDGE_FAILED, "%s", self->image->keys[rule->key].error);
    enum bridge_result result = write_text(self, self->image, &self->text);
    if (result != BRIDGE_OK)
        return result;
    self->signals = signals_take_over();
    self->changes = watch_files(-1, self->image, self->order->tokens_file);
    if (self->signals < 0 || !keyring_update(&self->ring, self->image, NULL, keyring_now()))
        return bridge_fail(self->why, BRIDGE_FAILED, "out of memory");
    return start_engine(self) ? BRIDGE_OK : start_failed(self);
}

static void end(struct supervisor *self)
{
    admin_close(&self->engine.admin); /* an engine waits for the end of each connection */
    if (self->engine.pid > 0)
        signals_end(self->engine.pid);
    hear_engine(self);
    running_close(&self->engine);
    keyring_free(&self->ring);
    policy_image_free(self->image);
    policy_image_free(self->unusable);
    tokens_free(&self->tokens);
    free(self->text);
}

enum bridge_result supervisor_run(const struct supervisor_order *order, char why[BRIDGE_SENTENCE])
{
    struct supervisor self = {.order = order, .engine = RUNNING_NONE, .signals = -1, .changes = -1};
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NAME, order->tokens_file != NULL ? SUPERVISOR_OF_GATEWAY : SUPERVISOR_OF_BRIDGE);
    enum bridge_result result = begin(&self);
    if (order->starter >= 0)
        answer(order->starter, result, self.why);
    if (result == BRIDGE_OK)
        result = work(&self);
    end(&self);
    memcpy(why, self.why, BRIDGE_SENTENCE);
    return result;
}
