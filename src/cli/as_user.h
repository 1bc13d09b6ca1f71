/*
 * as_user.h - runs a part of the command as another user, in a child that gave up its own ids: what
 * he may read is then what the kernel lets him read.
 */
#ifndef COMMISSIONED_CLI_AS_USER_H
#define COMMISSIONED_CLI_AS_USER_H

#include <stdbool.h>

/*
 * Calls `part` as `user` (a name or a number) with his groups and home, and without the caller's
 * variables that lead to configuration and keys. Its value is the result; CLI_FAILED, and said,
 * where that cannot be. `json`: what fails is to be said so, too. Of the caller himself no child is
 * made.
 */
int as_user(const char *user, bool json, int (*part)(const void *), const void *data);

#endif
