/*
 * supervisor.h - keeps one engine at work for one program: starts it again, gives it the keys in
 * force, and ends it with the program.
 *
 * The supervisor is nobody's child and of no terminal, and only root can look into it.
 */
#ifndef COMMISSIONED_BRIDGE_SUPERVISOR_H
#define COMMISSIONED_BRIDGE_SUPERVISOR_H

#include "bridge/engine.h"
#include "bridge/order.h"
#include "bridge/result.h"
#include "bridge/token.h"

struct supervisor_order {
    const struct bridge_order *bridge;
    const struct engine *engine;
    const char *host;       /* the origin that was chosen at the start */
    const char *token_hash; /* of the one token; NULL: those of tokens_file */
    const char *tokens_file;
    uint16_t port;
    uint16_t listen_port;
    pid_t program_pid; /* 0: it is not known */
    int program;       /* a pidfd: the program's end is ours; -1: none */
    int listener;
    int starter; /* who waits to be told: a letter for the result, then the sentence; -1: nobody */
};

/* The names that the process gives itself (proc(5), comm). */
#define SUPERVISOR_OF_BRIDGE  "auth-bridge"
#define SUPERVISOR_OF_GATEWAY "auth-gateway"

/*
 * Returns BRIDGE_OK once the program has ended or a signal asked for the end; else why the engine
 * did not start, or could not be kept at work.
 */
enum bridge_result supervisor_run(const struct supervisor_order *order, char why[BRIDGE_SENTENCE]);

#endif
