/* trial.h - what the engine that is installed says of a policy's
 * configuration, without serving it. */
#ifndef COMMISSIONED_BRIDGE_TRIAL_H
#define COMMISSIONED_BRIDGE_TRIAL_H

#include "bridge/engine.h"
#include "bridge/result.h"
#include "commissioned/policy_image.h"

/* BRIDGE_OK where the engine takes the rules of this process; else a sentence. */
enum bridge_result trial_of(const struct policy_image *image, const struct engine *engine,
                            char why[BRIDGE_SENTENCE]);

#endif
