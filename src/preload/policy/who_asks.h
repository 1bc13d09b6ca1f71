/*
 * who_asks.h - the image for the process as it is: its program, its script, its environment.
 *
 * Threads: one at a time (LOCK_BUILD). Errors: NULL as the module gives it.
 */
#ifndef COMMISSIONED_WHO_ASKS_H
#define COMMISSIONED_WHO_ASKS_H

#include "commissioned/policy_image.h"
#include "preload/policy/places.h"

struct policy_image *who_asks_build(policy_build_function *function, const struct places *places);

#endif
