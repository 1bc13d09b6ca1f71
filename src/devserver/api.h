/*
 * devserver/api.h - what the endpoint answers, without a network: a call in, a reply out.
 *
 * Paths and bodies are those of the OpenAI API, as far as its clients need them. The models are
 * stand-ins and say so: one echoes, one makes vectors out of SHA-256. Same question, same answer.
 *
 * Units:     sizes in bytes unless said otherwise.
 * Ownership: a call's pointers are read only during the call; a reply is the caller's to clear.
 * Threads:   any, each with its own call and reply.
 * Errors:    every one is a reply.
 * Source:    the OpenAI API reference (models, chat, embeddings).
 */
#ifndef COMMISSIONED_DEVSERVER_API_H
#define COMMISSIONED_DEVSERVER_API_H

#include <stdbool.h>
#include <stddef.h>

#include "devserver/keys.h"
#include "devserver/reply.h"

#define DS_MODEL_EMBED "commissioned-embed-1"

enum {
    DS_MAX_BODY = 1024 * 1024,    /* of a request */
    DS_MAX_INPUTS = 2048,         /* texts in one embedding request */
    DS_MAX_DIMENSIONS = 4096,     /* of a vector */
    DS_MAX_NUMBERS = 1024 * 1024, /* in one embedding reply: inputs times dimensions */
    DS_DIMENSIONS = 256,          /* of a vector where the request names none */
};

struct ds_call {
    struct ds_keys *keys; /* the store, for those that manage keys */
    const char *id;       /* the last segment of the path, where the route has one; never empty */
    const char *to;       /* the query's `to`, or NULL */
    const char *body;
    size_t body_size;
};

typedef void ds_handler(const struct ds_call *call, struct ds_reply *reply);

struct ds_route {
    const char *method;
    const char *path; /* whole, or up to and with the '/' before an id */
    bool takes_id;
    bool open;      /* answers without a key */
    unsigned scope; /* what the key must be good for */
    ds_handler *handle;
};

/*
 * Finds the route of a request. HEAD is GET. NULL: `reply` is a 404, or a 405 with Allow. `id` is
 * set to the id in `path`, or to NULL.
 */
const struct ds_route *ds_route_find(const char *method, const char *path, const char **id,
                                     struct ds_reply *reply);

ds_handler ds_models_list, ds_models_get, ds_chat, ds_embeddings;
ds_handler ds_keys_post, ds_keys_get, ds_keys_delete;

/* ---- vectors --------------------------------------------------------------------------------- */

/* A unit vector that is a function of text[0..length) and `dimensions` alone. */
void ds_embed(const void *text, size_t length, float *vector, size_t dimensions);

#endif
