/*
 * Starting a bridge. The supervisor is forked first, so that with --isolate it and the engine stay
 * outside of the program's network; the listener is then made inside and handed over.
 */
#include "bridge/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/client_env.h"
#include "bridge/descriptor.h"
#include "bridge/engine.h"
#include "bridge/haproxy_text.h"
#include "bridge/listener.h"
#include "bridge/supervisor.h"
#include "bridge/token.h"
#include "core/cleanup.h"
#include "core/secret.h"

enum {
    START_WITHIN = 15000, /* milliseconds: a resolver without a server takes ten seconds */
    HIGH_DESCRIPTOR = 64, /* what programs number by hand is below */
    FIRST_DESCRIPTOR = 3,
};

/* What the supervisor has to be told by its starter, once there is a listener. */
struct handover {
    uint16_t listen_port;
    char token_hash[SHA256_HEX + 1];
};

/* ---- the supervisor's side ------------------------------------------------------------------- */

/* What its starter had open is none of the supervisor's business: a pipe that
 * it held would not end. */
static void close_all_but(int program, int starter)
{
    enum { PROGRAM = 3, STARTER, FIRST };
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int high_program = fcntl(program, F_DUPFD_CLOEXEC, FIRST);
    int high_starter = fcntl(starter, F_DUPFD_CLOEXEC, FIRST);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
    dup3(high_program, PROGRAM, O_CLOEXEC);
    dup3(high_starter, STARTER, O_CLOEXEC);
    descriptor_close_from(FIRST);
}

static void supervise(const struct bridge_order *order, const struct engine *engine,
                      const struct policy_rule *rule, pid_t program_pid)
{
    enum { PROGRAM = 3, STARTER };
    struct handover handover = {0};
    int listener = descriptor_receive(STARTER, &handover, sizeof handover);
    struct supervisor_order all = {
        .bridge = order,
        .engine = engine,
        .host = rule->host,
        .port = rule->port,
        .token_hash = handover.token_hash,
        .listen_port = handover.listen_port,
        .program = PROGRAM,
        .program_pid = program_pid,
        .listener = listener,
        .starter = STARTER,
    };
    char why[BRIDGE_SENTENCE];
    if (listener >= 0)
        supervisor_run(&all, why);
}

/* Forked twice, and a session of its own: nobody's child, and of no terminal. */
static bool fork_supervisor(const struct bridge_order *order, const struct engine *engine,
                            const struct policy_rule *rule, int starter)
{
    pid_t program_pid = getpid();
    auto_close int program = (int)syscall(SYS_pidfd_open, program_pid, 0);
    pid_t pid = program >= 0 ? fork() : -1;
    if (pid == 0) {
        if (setsid() < 0 || fork() != 0)
            _exit(0);
        close_all_but(program, starter);
        supervise(order, engine, rule, program_pid);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid > 0;
}

/* ---- the starter's side ---------------------------------------------------------------------- */

static enum bridge_result isolation_failed(char why[BRIDGE_SENTENCE])
{
    return bridge_fail(why, BRIDGE_FAILED,
                       "--isolate needs user namespaces, which this machine does not give to this "
                       "user (%s): allow them, or leave --isolate out",
                       strerror(errno));
}

/* The program keeps it over its exec, so that nobody else can have the port. */
static int open_listener(bool isolate, uint16_t *port, char why[BRIDGE_SENTENCE])
{
    if (isolate && listener_isolate() != 0) {
        isolation_failed(why);
        return -1;
    }
    auto_close int low = listener_open(port);
    int listener = low >= 0 ? fcntl(low, F_DUPFD, HIGH_DESCRIPTOR) : -1;
    if (low >= 0 && listener < 0)
        listener = fcntl(low, F_DUPFD, FIRST_DESCRIPTOR); /* ulimit -n may leave none so high */
    if (listener < 0)
        bridge_fail(why, BRIDGE_FAILED, "127.0.0.1: no port can be had: %s", strerror(errno));
    return listener;
}

static enum bridge_result hear_answer(int supervisor, char why[BRIDGE_SENTENCE])
{
    char message[1 + BRIDGE_SENTENCE] = "";
    struct pollfd fd = {.fd = supervisor, .events = POLLIN};
    ssize_t got =
        poll(&fd, 1, START_WITHIN) == 1 ? recv(supervisor, message, sizeof message - 1, 0) : -1;
    if (got <= 0)
        return bridge_fail(why, BRIDGE_FAILED,
                           got < 0 ? "the bridge's engine does not answer"
                                   : "the bridge ended before it was ready");
    snprintf(why, BRIDGE_SENTENCE, "%s", message + 1);
    return (enum bridge_result)(message[0] - 'A');
}

static enum bridge_result connect_up(const struct bridge_order *order, int supervisor,
                                     const struct token *token, uint16_t *port,
                                     char why[BRIDGE_SENTENCE])
{
    struct handover handover = {0};
    int listener = open_listener(order->isolate, port, why);
    enum bridge_result result = BRIDGE_FAILED;
    if (listener < 0)
        return result;
    handover.listen_port = *port;
    memcpy(handover.token_hash, token->hash, sizeof token->hash);
    if (!descriptor_send(supervisor, listener, &handover, sizeof handover))
        bridge_fail(why, result, "the bridge ended before it was ready");
    else
        result = hear_answer(supervisor, why);
    if (result != BRIDGE_OK)
        close(listener);
    return result;
}

static enum bridge_result start(const struct bridge_order *order, const struct policy_image *image,
                                const struct policy_rule *rule, const struct engine *engine,
                                char why[BRIDGE_SENTENCE])
{
    struct token token;
    uint16_t port;
    int ends[2];
    if (!token_make(&token) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return bridge_fail(why, BRIDGE_FAILED, "the bridge cannot be started: %s", strerror(errno));
    auto_close int supervisor = ends[0];
    bool forked = fork_supervisor(order, engine, rule, ends[1]);
    close(ends[1]);
    if (!forked)
        return bridge_fail(why, BRIDGE_FAILED, "the bridge cannot be started: %s", strerror(errno));
    enum bridge_result result = connect_up(order, supervisor, &token, &port, why);
    if (result == BRIDGE_OK)
        result = client_env_set(image, port, rule->path, token.text, why);
    secret_wipe(&token, sizeof token);
    return result;
}

/* What can be told from the text is told before anything is started. */
static enum bridge_result try_text(const struct bridge_order *order,
                                   const struct policy_image *image, const struct policy_rule *rule,
                                   char why[BRIDGE_SENTENCE])
{
    struct haproxy_plan plan = {.image = image,
                                .key = order->key,
                                .host = rule->host,
                                .port = rule->port,
                                .map = HAPROXY_MAP,
                                .cacert = order->cacert,
                                .connect = order->connect};
    auto_free char *text = NULL;
    return haproxy_text(&plan, &text, why);
}

enum bridge_result bridge_start(const struct bridge_order *order, const struct policy_image *image,
                                char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *rule = order_first_rule(image, order->key);
    struct engine engine = {0};
    enum bridge_result result = client_env_check(why);
    if (result == BRIDGE_OK && rule == NULL)
        result = bridge_fail(why, BRIDGE_FAILED, "no rule gives this program a key");
    if (result == BRIDGE_OK)
        result = engine_find(&engine, why);
    if (result == BRIDGE_OK)
        result = try_text(order, image, rule, why);
    return result == BRIDGE_OK ? start(order, image, rule, &engine, why) : result;
}
