/*
 * check_names.h - warnings about programs and scripts that a rule names in vain. For src/policy
 * alone.
 */
#ifndef COMMISSIONED_CHECK_NAMES_H
#define COMMISSIONED_CHECK_NAMES_H

#include "policy/config.h"

/* Adds them to the findings. Out of memory: arena.failed. */
void check_names(struct policy_config *config);

#endif
