/*
 * devserver/admit.h - may this request be answered, and by what? Route, key, scope and rate, in
 * that order.
 *
 * Threads:   any; what is shared has locks of its own.
 * Ownership: an admission's id points into the path that was asked for.
 * Errors:    no route in the admission: then the reply is the answer (400, 401, 403, 404, 405, 429,
 *            500).
 * Source:    RFC 9110 (5.6.2, 15.5), RFC 9112 (6.3), RFC 6585 (4), RFC 6750 (3); the OpenAI API
 *            reference, "Rate limits".
 */
#ifndef COMMISSIONED_DEVSERVER_ADMIT_H
#define COMMISSIONED_DEVSERVER_ADMIT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "devserver/api.h"
#include "devserver/auth.h"
#include "devserver/limit.h"
#include "devserver/log.h"
#include "devserver/uses.h"

/* What all requests of a server share. */
struct ds_shared {
    struct ds_keys *keys;
    struct ds_limits *limits;
    struct ds_uses *uses;
    struct ds_log *log;
    atomic_size_t under_way; /* requests begun and not completed */
    atomic_bool stopping;    /* answers end their connections */
};

struct ds_asking {
    const char *method;
    const char *path;
    struct ds_credential credential;
    size_t lengths;  /* Content-Length headers, */
    size_t codings;  /* and Transfer-Encoding headers */
    bool bad_header; /* one that parsers read in two ways */
};

/* Takes one header of the request into account. The texts need not end in NUL. */
void ds_asking_header(struct ds_asking *asking, const char *name, size_t name_size,
                      const char *value, size_t value_size);

struct ds_admission {
    const struct ds_route *route; /* NULL: the reply is decided */
    const char *id;               /* the last segment, where the route takes one */
    size_t authorization_headers;
    struct ds_key key;
    bool key_known; /* the key is one of ours, valid or not any more */
};

void ds_admit(struct ds_shared *shared, const struct ds_asking *asking,
              struct ds_admission *admission, struct ds_reply *reply);

#endif
