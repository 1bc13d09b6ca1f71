/*
 * devserver/body.h - a request's body, read as JSON.
 *
 * Threads: any.
 * Errors:  the reply is the error.
 */
#ifndef COMMISSIONED_DEVSERVER_BODY_H
#define COMMISSIONED_DEVSERVER_BODY_H

#include "devserver/api.h"

/* Reads the body as a JSON object, or answers 400 and returns NULL. The caller gives it back. */
json_t *ds_body_object(const struct ds_call *call, struct ds_reply *reply);

/* True where the object asks for this model; else a 400 or 404 is the reply. */
bool ds_body_model(json_t *object, const char *model, struct ds_reply *reply);

#endif
