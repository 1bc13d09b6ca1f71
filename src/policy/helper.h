/*
 * helper.h - programs that let another one make their requests. For src/policy and the command.
 *
 * Threads: any.
 * Errors:  NULL.
 */
#ifndef COMMISSIONED_HELPER_H
#define COMMISSIONED_HELPER_H

/* The program that asks in place of the one at `path`, if it is installed; or NULL. */
const char *helper_of(const char *path);

#endif
