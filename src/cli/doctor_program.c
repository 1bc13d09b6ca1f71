/*
 * Is a program reached? coverage.c judges its file; here stands what that means for a person: of a
 * script what it calls, of git and apt what they start, of a set-user-ID program the switch.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/doctor.h"
#include "cli/library.h"
#include "cli/program.h"
#include "core/text.h"
#include "policy/helper.h"

/* Some can load modules, and none asks for anything itself. */
static bool is_shell(const char *file)
{
    static const char *const shells[] = {"sh",   "bash", "dash", "ash", "zsh",     "ksh",
                                         "mksh", "yash", "fish", "csh", "busybox", NULL};
    for (const char *const *shell = shells; *shell != NULL; shell++)
        if (strcmp(*shell, text_base_name(file)) == 0)
            return true;
    return false;
}

/* What is said of each kind: before the file's name, and behind it. */
static const struct wording {
    enum health health;
    const char *verdict;
    const char *fact;
} wordings[] = {
    [COVERAGE_LINKED] = {HEALTH_GOOD, "covered: ", "is linked with"},
    [COVERAGE_MISSING] = {HEALTH_FAILURE, "", "needs what is not installed:"},
    [COVERAGE_LOADS] = {HEALTH_GOOD, "covered: ", "loads libcurl while it runs, by dlopen(3)"},
    [COVERAGE_MODULES] = {HEALTH_WARNING, "partly covered: ",
                          "loads modules while it runs; those that use libcurl (pycurl, PHP's "
                          "curl, JNA, FFI) are reached, HTTP of its own is not: for "
                          "that, " DOCTOR_INSTEAD},
    [COVERAGE_NODE] = {HEALTH_WARNING, "partly covered: ",
                       "is Node.js; its own HTTP (fetch, https, axios) is not reached: for "
                       "that, " DOCTOR_INSTEAD "; programs that it starts are, and modules that "
                       "load the system's libcurl"},
    [COVERAGE_GO] = {HEALTH_FAILURE, "not covered: ",
                     "is written in Go, which has HTTP of its own: " DOCTOR_INSTEAD},
    [COVERAGE_BUNDLED] = {HEALTH_FAILURE, "not covered: ",
                          "has a libcurl of its own built in, whose calls cannot be "
                          "reached: " DOCTOR_INSTEAD ", or link it with the system's"},
    [COVERAGE_OWN] = {HEALTH_FAILURE, "not covered: ",
                      "is linked with a TLS library and not with libcurl: " DOCTOR_INSTEAD},
    [COVERAGE_NONE] = {HEALTH_WARNING, "not covered: ",
                       "does not use libcurl itself; programs that it starts are reached, HTTP of "
                       "its own is not: for that, " DOCTOR_INSTEAD},
    [COVERAGE_UNKNOWN] = {HEALTH_WARNING, "", "cannot be read, so nobody can tell"},
};

static void say_kind(struct doctor *doctor, const char *file, const struct coverage *coverage)
{
    const struct wording *wording = &wordings[coverage->kind];
    doctor_at(doctor, NULL, file, 0);
    doctor_say(doctor, wording->health, "program", "%s%s %s%s%s", wording->verdict, file,
               wording->fact, coverage->detail[0] != '\0' ? " " : "", coverage->detail);
    if (coverage->kind == COVERAGE_LINKED)
        doctor_peer(doctor, coverage->detail);
}

static void say_dynamic(struct doctor *doctor, const char *file)
{
    const char *helper = helper_of(file);
    struct coverage coverage;
    if (is_shell(file)) {
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "%s is a shell: what it starts is reached; ask for a script of its, or for "
                   "that program",
                   file);
        return;
    }
    if (helper != NULL)
        doctor_say(doctor, HEALTH_GOOD, "program",
                   "%s leaves HTTP to %s: a rule's programs name that one", file, helper);
    coverage_judge(helper != NULL ? helper : file, &coverage);
    say_kind(doctor, helper != NULL ? helper : file, &coverage);
    if (coverage.sanitizer[0] != '\0')
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "%s is built with AddressSanitizer: it starts with "
                   "ASAN_OPTIONS=verify_asan_link_order=0",
                   file);
}

static void say_unreached(struct doctor *doctor, const struct program_judgement *judgement)
{
    const char *fact = program_reach_fact(judgement->reach);
    struct coverage coverage;
    bool privileged = judgement->reach == PROGRAM_SETID || judgement->reach == PROGRAM_CAPABILITIES;
    if (privileged && doctor_switch_is_on()) {
        doctor_say(doctor, HEALTH_GOOD, "program",
                   "%s %s, and reads /etc/ld.so.preload, where the switch is on; only the "
                   "system's configuration counts for it",
                   judgement->file, fact);
        say_dynamic(doctor, judgement->file);
    } else if (privileged) {
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "partly covered: %s %s, and reads /etc/ld.so.preload alone: '" CLI_NAME
                   " enable'; only the system's configuration counts for it",
                   judgement->file, fact);
    } else {
        coverage_judge(judgement->file, &coverage);
        if (judgement->reach == PROGRAM_STATIC && coverage.kind == COVERAGE_GO)
            fact = "is written in Go and statically linked";
        doctor_say(doctor, HEALTH_FAILURE, "program", "not covered: %s %s: " DOCTOR_INSTEAD,
                   judgement->file, fact);
    }
}

static void say_reach(struct doctor *doctor, const struct program_judgement *judgement)
{
    if (judgement->reach == PROGRAM_UNKNOWN)
        doctor_say(doctor, HEALTH_WARNING, "program", "%s %s: ask its owner, or as root",
                   judgement->file, program_reach_fact(judgement->reach));
    else if (judgement->reach == PROGRAM_REACHED)
        say_dynamic(doctor, judgement->file);
    else
        say_unreached(doctor, judgement);
}

/* What else can load modules (awk, make, vim) does so for other things than HTTP. */
static bool is_interpreter(const char *file)
{
    static const char *const names[] = {"python", "pypy", "perl", "php",   "ruby",
                                        "node",   "lua",  "java", "tclsh", NULL};
    for (const char *const *name = names; *name != NULL; name++)
        if (strncmp(text_base_name(file), *name, strlen(*name)) == 0)
            return true;
    return false;
}

bool doctor_called(struct doctor *doctor, const char *script, const char *file,
                   const struct program_judgement *judgement, const char *clears)
{
    struct coverage coverage = {.kind = COVERAGE_NONE};
    if (is_shell(judgement->file))
        return false;
    coverage_judge(helper_of(judgement->file) != NULL ? helper_of(judgement->file)
                                                      : judgement->file,
                   &coverage);
    if (judgement->reach != PROGRAM_STATIC &&
        (coverage.kind == COVERAGE_NONE || coverage.kind == COVERAGE_UNKNOWN ||
         (coverage.kind == COVERAGE_MODULES && !is_interpreter(judgement->file))))
        return false;
    doctor_say(doctor, HEALTH_GOOD, "program", "%s calls %s:", script, file);
    if (clears != NULL && judgement->reach == PROGRAM_REACHED && !doctor_switch_is_on())
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "partly covered: %s is started by %s, which takes LD_PRELOAD away: '" CLI_NAME
                   " enable', or '%s ... " CLI_NAME " run -- %s'",
                   file, clears, clears, file);
    else
        say_reach(doctor, judgement);
    return true;
}

void doctor_program(struct doctor *doctor, const char *program)
{
    struct program_judgement judgement = {0};
    char file[PATH_MAX], library[PATH_MAX];
    if (program_find(program, getenv("PATH"), file) != 0) {
        doctor_say(doctor, HEALTH_FAILURE, "program", "%s: %s", program, strerror(errno));
        return;
    }
    program_judge(file, library_find(library) ? library : NULL, &judgement);
    if (!judgement.is_script) {
        say_reach(doctor, &judgement);
        return;
    }
    doctor_say(doctor, HEALTH_GOOD, "program", "%s is a script, run by %s", file, judgement.file);
    if (judgement.reach != PROGRAM_REACHED || doctor_script(doctor, file, judgement.file) == 0)
        say_reach(doctor, &judgement);
}
