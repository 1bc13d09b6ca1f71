/*
 * haproxy_text.h - the rules as HAProxy's configuration. No key is in it, and of a token its hash
 * alone: keys come by a pipe and by the runtime socket.
 *
 * Ownership: the text is the caller's to free.
 * Errors:    a sentence.
 * Source:    HAProxy's configuration manual, version 2.4.
 */
#ifndef COMMISSIONED_BRIDGE_HAPROXY_TEXT_H
#define COMMISSIONED_BRIDGE_HAPROXY_TEXT_H

#include <stdint.h>

#include "bridge/engine.h"
#include "bridge/result.h"
#include "bridge/tokens.h"
#include "commissioned/policy_image.h"

/* The map of keys: a pipe that is read at the start, and then a name for the runtime socket. */
#define HAPROXY_MAP "/dev/fd/6"

struct haproxy_plan {
    const struct policy_image *image;
    const char *key;  /* rules of this key alone; NULL: all */
    const char *host; /* the origin */
    uint16_t port;
    const struct known_token *tokens;
    uint32_t ntokens;
    const char *cacert;
    const char *connect;
    uint16_t listen_port; /* of 127.0.0.1; 0: any name may be used for the listener */
    const char *bind;     /* an address of its own; NULL: the listener and the runtime socket are
                             handed down */
    const char *map;      /* the file of the map */
};

enum bridge_result haproxy_text(const struct haproxy_plan *plan, char **text,
                                char why[BRIDGE_SENTENCE]);

/* True where the rule belongs to the plan's origin and key. */
bool haproxy_has_rule(const struct haproxy_plan *plan, const struct policy_rule *rule);

#endif
