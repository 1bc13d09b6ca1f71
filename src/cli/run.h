/* cli/run.h - the second way of `run`. */
#ifndef COMMISSIONED_CLI_RUN_H
#define COMMISSIONED_CLI_RUN_H

/*
 * Puts the key that the policy gives to `program` (a path), or the one of this name, in this
 * process's environment, with the base URL that it belongs to. Exit code; CLI_RUN_FAILED with
 * nothing changed.
 */
int run_set_environment(const char *program, const char *key);

#endif
