/*
 * cli/parse.h - options and operands of one verb.
 *
 * Source: getopt_long(3). Long options may be shortened as far as they stay unambiguous.
 */
#ifndef COMMISSIONED_CLI_PARSE_H
#define COMMISSIONED_CLI_PARSE_H

#include "cli/cli.h"

/*
 * Reads argv[1..] (argv[0] is the verb) into `call`, whose strings belong to argv. Sets `help`
 * where the help was asked for. Returns CLI_OK, or the verb's exit code for misuse, having said
 * why.
 */
int cli_parse(const struct cli_verb *verb, const char *path, int argc, char **argv,
              struct cli_call *call, bool *help);

#endif
