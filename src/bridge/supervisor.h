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
    const char *host; /* the origin that was chosen at the start */
    const char *token_hash;
    uint16_t port;
    uint16_t listen_port;
    int program; /* a pidfd: the program's end is ours */
    int listener;
    int starter; /* who waits to be told, by supervisor_answer; closed then */
};

/* Returns once the program has ended, or the engine cannot be kept at work. */
void supervisor_run(const struct supervisor_order *order);

/* One message: the result, then the sentence. */
void supervisor_answer(int starter, enum bridge_result result, const char *why);

#endif
