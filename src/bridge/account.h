/*
 * account.h - the journal's line about a request that the engine decided, with the fields that the
 * library's lines have.
 *
 * What no rule lets pass has no rule to ask: it is reported where some rule of the origin asks for
 * denials.
 *
 * Errors: what cannot be written is dropped, and of each minute what is more than sixty lines.
 */
#ifndef COMMISSIONED_BRIDGE_ACCOUNT_H
#define COMMISSIONED_BRIDGE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "bridge/keyring.h"
#include "bridge/tokens.h"
#include "commissioned/policy_image.h"
#include "commissioned/reason.h"

/* How much was written in this minute. */
struct account {
    time_t minute;
    unsigned lines;
};

/* One line of the engine's (haproxy_log.h). */
struct account_line {
    uint32_t rule; /* POLICY_NONE: none applied */
    uint32_t serial;
    enum reason reason;
    unsigned status; /* 0: there was no answer */
    char token[SHA256_HEX + 1];
    char method[32];
    char path[256]; /* cut */
};

struct account_about {
    const struct policy_image *image;
    const struct keyring *ring;
    const struct tokens *tokens;
    const char *host;
    uint16_t port;
    const char *program; /* NULL: it is not known, as a gateway's is not */
    pid_t pid;           /* of the program; 0: it is not known */
};

/* False where the line is none of those, or of a request that could not be read. */
bool account_read(const char *line, struct account_line *told);

void account_report(struct account *account, const struct account_about *about,
                    const struct account_line *told);

#endif
