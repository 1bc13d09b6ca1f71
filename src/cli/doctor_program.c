/*
 * Is a program reached? Judged from its file and those of its libraries: nothing is run, for a
 * program that is asked about need not be one that is trusted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/cleanup.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/library.h"
#include "cli/needed.h"
#include "cli/program.h"
#include "cli/scan.h"

#define INSTEAD "start it with '" CLI_NAME " run --env'"

enum { MAX_PROGRAM = 1 << 30 };

/* What a program's file gives away. The strings are libcurl's own and Go's own. */
enum { SIGN_GO, SIGN_CURL_TEXT, SIGN_CURL_NAME, SIGN_DLOPEN, SIGNS };

static void read_signs(const char *file, struct needle signs[SIGNS])
{
    static const char *const texts[SIGNS] = {
        [SIGN_GO] = "\xff Go buildinf:",
        [SIGN_CURL_TEXT] = "libcurl/",
        [SIGN_CURL_NAME] = "libcurl.so",
        [SIGN_DLOPEN] = "dlopen",
    };
    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    for (int i = 0; i < SIGNS; i++)
        signs[i] = (struct needle){.bytes = texts[i], .length = strlen(texts[i])};
    if (fd >= 0)
        scan_fd(fd, MAX_PROGRAM, signs, SIGNS);
}

static const struct needed_library *find_curl(const struct needed *needed)
{
    for (size_t i = 0; i < needed->count; i++)
        if (strncmp(needed->libraries[i].name, "libcurl", 7) == 0)
            return &needed->libraries[i];
    return NULL;
}

/* Interpreters keep what they do with dlopen(3) in a library of their own. */
static bool loads_at_run_time(const struct needed *needed, const struct needle *signs)
{
    static const char *const engines[] = {"libpython", "libruby", "libperl", "libphp",
                                          "liblua",    "libjvm",  "libnode", "libR.so"};
    if (signs[SIGN_DLOPEN].found)
        return true;
    for (size_t i = 0; i < needed->count; i++)
        for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
            if (strncmp(needed->libraries[i].name, engines[e], strlen(engines[e])) == 0)
                return true;
    return false;
}

static void say_covered(struct doctor *doctor, const char *file, const char *libcurl)
{
    doctor_say(doctor, HEALTH_GOOD, "program", "covered: %s is linked with %s", file, libcurl);
    doctor_peer(doctor, libcurl);
}

static void say_linked(struct doctor *doctor, const char *file, const struct needed *needed,
                       const struct needle *signs)
{
    const struct needed_library *curl = find_curl(needed);
    if (curl != NULL && curl->path == NULL)
        doctor_say(doctor, HEALTH_FAILURE, "program", "%s needs %s, which is not installed", file,
                   curl->name);
    else if (curl != NULL)
        say_covered(doctor, file, curl->path);
    else if (signs[SIGN_GO].found)
        doctor_say(doctor, HEALTH_FAILURE, "program",
                   "not covered: %s is written in Go, which has HTTP of its own: " INSTEAD, file);
    else if (signs[SIGN_CURL_TEXT].found)
        doctor_say(doctor, HEALTH_FAILURE, "program",
                   "not covered: %s has a libcurl of its own built in, whose calls cannot be "
                   "reached: " INSTEAD ", or link it with the system's",
                   file);
    else if (signs[SIGN_CURL_NAME].found)
        doctor_say(doctor, HEALTH_GOOD, "program",
                   "covered: %s loads libcurl while it runs, by dlopen(3)", file);
    else if (loads_at_run_time(needed, signs))
        doctor_say(
            doctor, HEALTH_WARNING, "program",
            "partly covered: %s loads modules while it runs; those that use libcurl (pycurl, "
            "PHP's curl, FFI) are reached, HTTP of its own is not: for that, " INSTEAD,
            file);
    else
        doctor_say(
            doctor, HEALTH_WARNING, "program",
            "not covered: %s does not use libcurl itself; programs that it starts are reached, "
            "HTTP of its own is not: for that, " INSTEAD,
            file);
}

static void say_dynamic(struct doctor *doctor, const char *file)
{
    struct needle signs[SIGNS];
    struct needed needed;
    read_signs(file, signs);
    if (needed_read(file, &needed))
        say_linked(doctor, file, &needed, signs);
    needed_free(&needed);
}

static void say_unreached(struct doctor *doctor, const struct program_judgement *judgement)
{
    struct needle signs[SIGNS];
    const char *fact = program_reach_fact(judgement->reach);
    if (judgement->reach == PROGRAM_SETID || judgement->reach == PROGRAM_CAPABILITIES) {
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "partly covered: %s %s, and reads /etc/ld.so.preload alone: '" CLI_NAME
                   " enable'; only the system's configuration counts for it",
                   judgement->file, fact);
        return;
    }
    read_signs(judgement->file, signs);
    if (judgement->reach == PROGRAM_STATIC && signs[SIGN_GO].found)
        fact = "is written in Go and statically linked";
    doctor_say(doctor, HEALTH_FAILURE, "program", "not covered: %s %s: " INSTEAD, judgement->file,
               fact);
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
    if (judgement.is_script)
        doctor_say(doctor, HEALTH_GOOD, "program", "%s is a script: what counts is %s", file,
                   judgement.file);
    if (judgement.reach == PROGRAM_UNKNOWN)
        doctor_say(doctor, HEALTH_WARNING, "program", "%s %s: ask its owner, or as root",
                   judgement.file, program_reach_fact(judgement.reach));
    else if (judgement.reach == PROGRAM_REACHED)
        say_dynamic(doctor, judgement.file);
    else
        say_unreached(doctor, &judgement);
}
