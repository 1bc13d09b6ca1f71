/*
 * run: what is said about a program that the library does not reach, or reaches for nothing.
 *
 * Refused is what cannot work: the loader would not load the library, or the program would not
 * start behind it. A program with HTTP of its own is only warned of, for what it starts may be
 * reached.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/program.h"
#include "cli/run.h"
#include "core/text.h"

#define THEN " " CLI_NAME " run -- PROGRAM"

/* Programs that start another in their place or below them, and how they are put first. */
static const struct wrapper {
    const char *name;
    const char *order; /* NULL: it reads its commands from a file */
    bool drops;        /* also where the library reaches it: it starts others without LD_PRELOAD */
} wrappers[] = {
    {"gosu", "gosu USER" THEN, false},
    {"su-exec", "su-exec USER" THEN, false},
    {"tini", "tini --" THEN, false},
    {"tini-static", "tini-static --" THEN, false},
    {"docker-init", "docker-init --" THEN, false},
    {"dumb-init", "dumb-init --" THEN, false},
    {"catatonit", "catatonit --" THEN, false},
    {"pid1", "pid1" THEN, false},
    {"s6-setuidgid", "s6-setuidgid USER" THEN, false},
    {"setuidgid", "setuidgid USER" THEN, false},
    {"chpst", "chpst -u USER" THEN, false},
    {"fixuid", "fixuid" THEN, false},
    {"dockerize", "dockerize" THEN, false},
    {"supercronic", NULL, false},
    {"sudo", "sudo -u USER" THEN, true},
    {"doas", "doas -u USER" THEN, true},
    {"pkexec", "pkexec" THEN, true},
    {"systemd-run", "systemd-run OPTIONS" THEN, true},
    {"su", "su USER -c \"" CLI_NAME " run -- PROGRAM\"", false},
    {"runuser", "runuser -u USER --" THEN, false},
    {"setpriv", "setpriv OPTIONS" THEN, false},
};

static const struct wrapper *find_wrapper(const char *file)
{
    const char *name = text_base_name(file);
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
    if (wrapper != NULL && wrapper->order != NULL)
        return cli_fail(CLI_RUN_FAILED, "%s %s: turn the order round: '%s'", program, fact,
                        wrapper->order);
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

/* By sudoers(5), doas.conf(5), pkexec(1) and systemd-run(1). */
static int refuse_dropper(const char *program)
{
    const struct wrapper *wrapper = find_wrapper(program);
    if (wrapper == NULL || !wrapper->drops)
        return CLI_OK;
    return cli_fail(CLI_RUN_FAILED,
                    "%s starts others without LD_PRELOAD: turn the order round: '%s'", program,
                    wrapper->order);
}

int run_check_coverage(const char *program, const struct program_judgement *judgement)
{
    struct coverage coverage;
    const char *own = NULL;
    if (refuse_dropper(program) != CLI_OK)
        return CLI_RUN_FAILED;
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
