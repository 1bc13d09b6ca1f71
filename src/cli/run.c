/*
 * run - executes a program in place with the library in front of its LD_PRELOAD.
 *
 * The program keeps this process's id and gives its own exit status. Nothing secret is put
 * in its environment, unless --env asks for that; --bridge keeps the key out of it altogether.
 */
#include "cli/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/bridge.h"
#include "cli/cli.h"
#include "cli/library.h"
#include "cli/program.h"
#include "core/cleanup.h"

enum { OPTION_KEY, OPTION_BRIDGE, OPTION_ISOLATE, OPTION_CACERT, OPTION_CONNECT, OPTION_ENV };

static const struct cli_option options[] = {
    [OPTION_KEY] = {"key", 'k', "NAME", "with --bridge, --env: this key", CLI_WORDS_NAMED, NULL},
    [OPTION_BRIDGE] = {"bridge", 0, NULL, "without libcurl: a local base URL adds the key",
                       CLI_WORDS_NONE, NULL},
    [OPTION_ISOLATE] = {"isolate", 0, NULL, "with --bridge: no other network for PROGRAM",
                        CLI_WORDS_NONE, NULL},
    [OPTION_CACERT] = {"cacert", 0, "FILE", "with --bridge: trust these certificates",
                       CLI_WORDS_FILE, NULL},
    [OPTION_CONNECT] = {"connect", 0, "HOST:PORT", "with --bridge: connect there instead",
                        CLI_WORDS_NONE, NULL},
    [OPTION_ENV] = {"env", 0, NULL, "put the key in this one program's environment", CLI_WORDS_NONE,
                    NULL},
    {0},
};

static int find_library(char library[PATH_MAX])
{
    if (!library_find(library))
        return cli_fail(CLI_RUN_FAILED,
                        LIBRARY_NAME " is neither beside this command nor in " LIBDIR
                                     ": install it, or build it with 'make'");
    if (!library_preloadable(library))
        return cli_fail(CLI_RUN_FAILED,
                        "%s cannot be preloaded, because LD_PRELOAD is split at spaces and "
                        "colons: install it in a folder without them",
                        library);
    return CLI_OK;
}

static int prepare_preload(const char *program)
{
    struct program_judgement judgement = {0};
    char library[PATH_MAX];
    auto_free char *list = NULL;
    int status = find_library(library);
    if (status != CLI_OK)
        return status;
    program_judge(program, library, &judgement);
    if (judgement.reach != PROGRAM_REACHED && judgement.reach != PROGRAM_UNKNOWN)
        return run_refuse(program, &judgement);
    status = judgement.reach == PROGRAM_REACHED ? run_check_coverage(program, &judgement) : CLI_OK;
    if (status != CLI_OK)
        return status;
    list = library_preload_list(library, getenv("LD_PRELOAD"));
    if (list == NULL || setenv("LD_PRELOAD", list, 1) != 0)
        return cli_fail(CLI_RUN_FAILED, "out of memory");
    return CLI_OK;
}

static int prepare_environment(const char *program, const struct cli_call *call)
{
    struct program_judgement judgement = {0};
    program_judge(program, NULL, &judgement);
    if (judgement.reach == PROGRAM_SETID || judgement.reach == PROGRAM_CAPABILITIES)
        return cli_fail(CLI_RUN_FAILED,
                        "%s changes its user or gains capabilities, and gets no key in its "
                        "environment",
                        judgement.file);
    return run_set_environment(program, call->argv, call->value[OPTION_KEY]);
}

static int prepare_bridge(const char *program, const struct cli_call *call)
{
    struct bridge_order order = {
        .key = call->value[OPTION_KEY],
        .cacert = call->value[OPTION_CACERT],
        .connect = call->value[OPTION_CONNECT],
        .isolate = call->value[OPTION_ISOLATE] != NULL,
    };
    return run_start_bridge(program, call->argv, &order);
}

/* Options that belong to others which were not given. */
static int check_options(const struct cli_call *call)
{
    bool bridge = call->value[OPTION_BRIDGE] != NULL;
    bool environment = call->value[OPTION_ENV] != NULL;
    if (bridge && environment)
        return cli_fail(CLI_RUN_FAILED, "--bridge keeps the key out of the program, and --env puts "
                                        "it in: choose one");
    if (call->value[OPTION_KEY] != NULL && !bridge && !environment)
        return cli_fail(CLI_RUN_FAILED, "-k goes with --bridge or --env: without them, the rules "
                                        "choose the key of each request");
    for (int i = OPTION_ISOLATE; i <= OPTION_CONNECT; i++)
        if (call->value[i] != NULL && !bridge)
            return cli_fail(CLI_RUN_FAILED, "--%s goes with --bridge", options[i].name);
    return CLI_OK;
}

static int prepare(const char *program, const struct cli_call *call)
{
    if (call->value[OPTION_BRIDGE] != NULL)
        return prepare_bridge(program, call);
    if (call->value[OPTION_ENV] != NULL)
        return prepare_environment(program, call);
    return prepare_preload(program);
}

static int run(const struct cli_call *call)
{
    char file[PATH_MAX];
    int status = check_options(call);
    if (status != CLI_OK)
        return status;
    status = program_find(call->argv[0], getenv("PATH"), file);
    if (status != 0)
        return cli_fail(status, "%s: %s", call->argv[0], strerror(errno));
    status = prepare(file, call);
    if (status != CLI_OK)
        return status;
    /* execvp for its one more service: text without #! is given to the
     * shell. `file` has a slash. */
    execvp(file, call->argv);
    status = errno == ENOENT ? CLI_RUN_NOT_FOUND : CLI_RUN_NOT_EXECUTABLE;
    return cli_fail(status, "%s: %s", call->argv[0], strerror(errno));
}

const struct cli_verb cli_verb_run = {
    .name = "run",
    .operands = "[--] PROGRAM [ARG...]",
    .summary = "run one program with its key",
    .about = "Run PROGRAM in place, so that its requests to Commissioned carry the key.\n"
             "The exit status is PROGRAM's; 125 where this command failed, 126 where\n"
             "PROGRAM cannot be executed, 127 where it was not found.\n",
    .options = options,
    .words = CLI_WORDS_COMMAND,
    .stops_at_operand = true,
    .min_operands = 1,
    .max_operands = -1,
    .misuse = CLI_RUN_FAILED,
    .run = run,
};
