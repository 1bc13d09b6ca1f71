/* cli/run.h - the second way of `run`. */
#ifndef COMMISSIONED_CLI_RUN_H
#define COMMISSIONED_CLI_RUN_H

#include "commissioned/policy_image.h"

/*
 * Puts the key that the policy gives to `program` (a path), or the one of this name, in this
 * process's environment, with the base URL that it belongs to. Exit code; CLI_RUN_FAILED with
 * nothing changed.
 */
int run_set_environment(const char *program, const char *key);

/*
 * Sees to it that no variable by which clients choose their server leads elsewhere than the image's
 * rules, and sets those that are not set to the rule's. Exit code.
 */
int run_point_servers(const struct policy_image *image, const struct policy_rule *rule);

#endif
