/*
 * devserver/command.h - the command line.
 *
 * Results: exit statuses: 0 done, 1 it could not be done, 2 the command line is wrong. Standard
 *          output is for programs (the key, the list, the readiness line, the log), standard error
 *          for people.
 * Threads: the main thread, before there are others.
 * Source:  getopt_long(3); doc/commissioned-devserver.1.
 */
#ifndef COMMISSIONED_DEVSERVER_COMMAND_H
#define COMMISSIONED_DEVSERVER_COMMAND_H

#include <stdint.h>
#include <stdio.h>

#include "devserver/state.h"

#define DS_DEFAULT_HOST   "app.commissioned.tech"
#define DS_DEFAULT_LISTEN "127.0.0.1:8443"

enum { DS_EXIT_OK, DS_EXIT_FAILED, DS_EXIT_USAGE };

/* What main() does. */
int ds_command(int argc, char **argv);

/* The verbs: argv[0] is the verb. */
int ds_command_serve(int argc, char **argv);
int ds_command_key(int argc, char **argv);
int ds_command_env(int argc, char **argv);

/* Prints a sentence and gives the exit status for it. */
int ds_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The state folder: `named`, or the default; prepared. NULL and a sentence
 * otherwise; the caller's. */
char *ds_command_state(const char *named, struct ds_why *why);

/* How a program on this machine can trust and reach a server. */
void ds_guide(FILE *out, const char *host, uint16_t port, const char *folder);

#endif
