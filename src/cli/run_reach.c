/*
 * run: what is said about a program that the library does not reach, or reaches for nothing.
 *
 * Refused is what cannot work: the loader would not load the library, or the program would not
 * start behind it. A program with HTTP of its own is only warned of, for what it starts may be
 * reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/program.h"
#include "cli/run.h"

/* Programs that start another in their place or below them, and how they are put first. */
static const struct wrapper {
    const char *name;
    const char *first;
} wrappers[] = {
    {"gosu", "gosu USER"},
    {"su-exec", "su-exec USER"},
    {"tini", "tini --"},
    {"tini-static", "tini-static --"},
    {"docker-init", "docker-init --"},
    {"dumb-init", "dumb-init --"},
    {"catatonit", "catatonit --"},
    {"pid1", "pid1"},
    {"s6-setuidgid", "s6-setuidgid USER"},
    {"setuidgid", "setuidgid USER"},
    {"chpst", "chpst -u USER"},
    {"fixuid", "fixuid"},
    {"dockerize", "dockerize"},
    {"supercronic", NULL}, /* it reads its commands from a file */
    {"sudo", "sudo -u USER"},
    {"doas", "doas -u USER"},
    {"pkexec", "pkexec"},
    {"su", "su USER -c"},
    {"runuser", "runuser -u USER --"},
    {"setpriv", "setpriv OPTIONS"},
};

static const struct wrapper *find_wrapper(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
        if (strcmp(wrappers[i].name, name) == 0)
            return &wrappers[i];
    return NULL;
}

#define ELSE ", or 'run --env' where it takes no base URL"

int run_refuse(const char *program, const struct program_judgement *judgement)
{
    const char *fact = program_reach_fact(judgement->reach);
    const struct wrapper *wrapper = find_wrapper(program);
    if (wrapper == NULL)
        wrapper = find_wrapper(judgement->file);
    if (wrapper != NULL && wrapper->first != NULL)
        return cli_fail(CLI_RUN_FAILED,
                        "%s %s: turn the order round: '%s " CLI_NAME " run -- PROGRAM'", program,
                        fact, wrapper->first);
    if (wrapper != NULL)
        return cli_fail(CLI_RUN_FAILED,
                        "%s %s: put '" CLI_NAME " run --' before the commands that it starts",
                        program, fact);
    /* The loader's secure mode comes with programs that must not take their environment's word. */
    if (judgement->reach == PROGRAM_SETID || judgement->reach == PROGRAM_CAPABILITIES)
        return cli_fail(CLI_RUN_FAILED,
                        "%s %s: name its key in a rule and switch the library on for the whole "
                        "system ('" CLI_NAME " enable')",
                        judgement->file, fact);
    if (judgement->is_script)
        return cli_fail(CLI_RUN_FAILED,
                        "%s is run by %s, which %s: use '" CLI_NAME " run --bridge -- %s'" ELSE,
                        program, judgement->file, fact, program);
    return cli_fail(CLI_RUN_FAILED, "%s %s: use '" CLI_NAME " run --bridge -- %s'" ELSE, program,
                    fact, program);
}

static int refuse_sanitizer(const char *program, const char *library)
{
    const char *options = getenv("ASAN_OPTIONS");
    if (options != NULL && strstr(options, "verify_asan_link_order=0") != NULL)
        return CLI_OK;
    return cli_fail(CLI_RUN_FAILED,
                    "%s is built with AddressSanitizer, whose %s does not start behind another "
                    "library: set ASAN_OPTIONS=verify_asan_link_order=0",
                    program, library);
}

int run_check_coverage(const char *program, const struct program_judgement *judgement)
{
    struct coverage coverage;
    const char *own = NULL;
    coverage_judge(judgement->file, &coverage);
    if (coverage.sanitizer[0] != '\0')
        return refuse_sanitizer(program, coverage.sanitizer);
    if (coverage.kind == COVERAGE_GO)
        own = "it is written in Go, which has its own";
    else if (coverage.kind == COVERAGE_BUNDLED)
        own = "it has a libcurl of its own inside";
    else if (coverage.kind == COVERAGE_NODE)
        own = "it is Node.js, which has its own";
    else if (coverage.kind == COVERAGE_OWN)
        own = "it is linked with a TLS library and not with libcurl";
    if (own != NULL)
        cli_warn("the library cannot reach the HTTP of %s, for %s: use '" CLI_NAME
                 " run --bridge -- %s'" ELSE ", else curl in its place",
                 judgement->file, own, program);
    return CLI_OK;
}
