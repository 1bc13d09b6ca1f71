/*
 * haproxy_plan.h - what is to be written as HAProxy's configuration.
 *
 * Ownership: strings are the caller's.
 */
#ifndef COMMISSIONED_BRIDGE_HAPROXY_PLAN_H
#define COMMISSIONED_BRIDGE_HAPROXY_PLAN_H

#include <stdint.h>

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

#endif
