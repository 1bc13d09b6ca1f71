/*
 * cli/doctor.h - the parts of `doctor`: each looks at one thing and says what it found.
 *
 * Threads: none, except the server of doctor_curl.c, which lives within one call.
 */
#ifndef COMMISSIONED_CLI_DOCTOR_H
#define COMMISSIONED_CLI_DOCTOR_H

#include <stdbool.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/program.h"

/* What a program is given that the library does not reach. */
#define DOCTOR_INSTEAD                                                                             \
    "start it with '" CLI_NAME " run --bridge' where it takes a base URL, else with --env"

enum health {
    HEALTH_GOOD,
    HEALTH_WARNING,
    HEALTH_FAILURE,
};

const char *health_word(enum health health);

struct doctor {
    json_t *array;     /* with --json: the findings; else NULL */
    enum health worst; /* so far */

    /* Of the next finding, and then forgotten: see doctor_at. */
    const char *code;
    const char *file;
    unsigned line;
};

/* The next finding is about this place; `code` is a word for programs. */
void doctor_at(struct doctor *doctor, const char *code, const char *file, unsigned line);

/* One finding. `topic` is a word, the sentence names the fact and, where it is not good, the
 * remedy. */
void doctor_say(struct doctor *doctor, enum health health, const char *topic, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

void doctor_library(struct doctor *doctor);                      /* is it there, does it load */
void doctor_environment(struct doctor *doctor);                  /* SSLKEYLOGFILE and the like */
void doctor_policy(struct doctor *doctor, const char *program);  /* findings, keys, their age */
void doctor_program(struct doctor *doctor, const char *program); /* is it covered */
void doctor_peer(struct doctor *doctor, const char *libcurl);    /* ... for servers of any kind */
void doctor_bridge(struct doctor *doctor, const char *program);  /* can a bridge be used */

/* How much it found; 0: what counts is the interpreter. */
unsigned doctor_script(struct doctor *doctor, const char *script, const char *interpreter);

/* Says whether `file`, which a script calls, is covered; false, and nothing, where it asks nobody.
 * `clears` is the program that starts it without LD_PRELOAD, or NULL. */
bool doctor_called(struct doctor *doctor, const char *script, const char *file,
                   const struct program_judgement *judgement, const char *clears);

bool doctor_switch_is_on(void);          /* /etc/ld.so.preload names the library, and it is there */
void doctor_curl(struct doctor *doctor); /* does libcurl do what we rely on */
void doctor_leaks(struct doctor *doctor); /* keys where they should not be */

#endif
