/* cli/run.h - the other ways of `run`. */
#ifndef COMMISSIONED_CLI_RUN_H
#define COMMISSIONED_CLI_RUN_H

#include "cli/program.h"
#include "commissioned/policy_image.h"

/* Says why the library cannot be loaded into such a program, and what can
 * be done. CLI_RUN_FAILED. */
int run_refuse(const char *program, const struct program_judgement *judgement);

/* Refuses a program that would not start behind the library, and warns of one whose requests it
 * does not see. Exit code. */
int run_check_coverage(const char *program, const struct program_judgement *judgement);

struct bridge_order;
struct policy_asker;
struct policy_config;

/* Reads the policy for `program` (a path) with these words. Exit code; what is wrong has been said.
 */
int run_ask(struct policy_asker *asker, const char *program, char *const argv[],
            struct policy_config **config, struct policy_image **image);

/* Says why no rule gives the asker the key of that name, or (NULL) any. An exit code but CLI_OK. */
int run_no_rule(const struct policy_asker *asker, const struct policy_config *config,
                const char *key);

/*
 * Puts the key that the policy gives to `program` (a path) with these words, or the one of this
 * name, in this process's environment, with the base URL that it belongs to. Exit code;
 * CLI_RUN_FAILED with nothing changed.
 */
int run_set_environment(const char *program, char *const argv[], const char *key);

/*
 * Sees to it that no variable by which clients choose their server leads elsewhere than the image's
 * rules, and sets those that are not set to the rule's. Exit code.
 */
int run_point_servers(const struct policy_image *image, const struct policy_rule *rule);

/* Starts the bridge that was wanted for `program` (a path) with these words, and leads this
 * process's environment to it. Exit code. */
int run_start_bridge(const char *program, char *const argv[], const struct bridge_order *wanted);

#endif
