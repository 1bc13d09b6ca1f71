/*
 * callbacks.h - the program's callbacks: each says that it was called and may run an armed step.
 */
#ifndef COMMISSIONED_CALLS_CALLBACKS_H
#define COMMISSIONED_CALLS_CALLBACKS_H

#include "handle.h"

/* Sets or takes away the callback and its data. `how` 0: away; 1: there; of CB_SSL_CTX, 2: it
 * accepts every certificate. */
CURLcode callback_set(struct handle *handle, enum callback callback, long how);

void callback_set_push(CURLM *multi, bool on);
/* The callback is set too, where it is one of the handle's. */
void callback_arm(struct handle *handle, const struct step *step);

/* How deep in callbacks the program is. */
extern enum callback callback_innermost; /* that plays a step; CALLBACKS for none */
extern unsigned callback_depth;

/* play.c */
void play_act(const struct act *act);

#endif
