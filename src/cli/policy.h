/*
 * cli/policy.h - asking the policy on behalf of a program and a user, as the library in it would.
 *
 * Threads:   none.
 * Ownership: an asker owns every string that its request points to, so it stays where it is while
 *            the request is in use.
 */
#ifndef COMMISSIONED_CLI_POLICY_H
#define COMMISSIONED_CLI_POLICY_H

#include <limits.h>
#include <stdbool.h>

#include "cli/identity.h"
#include "commissioned/policy_image.h"
#include "core/places.h"
#include "core/target.h"
#include "policy/config.h"

struct policy_asker {
    struct policy_request request;
    struct places places;
    char program[PATH_MAX];
    char script[PATH_MAX];
    char called[PATH_MAX]; /* what was named, in full: a link to the program, or ... */
    bool asks_by_helper;   /* ... one that lets the program ask in its place */
    bool is_missing;       /* the program is not installed: nothing but its name is known */
    bool is_shell;         /* what a shell starts asks, and not the shell */
    bool is_trusted_more;  /* set-ID or with capabilities: AT_SECURE (getauxval(3)) */
    char file[PATH_MAX];
    struct identity identity; /* of who asks; of the caller himself the name alone */
};

/*
 * Asks for `program` (a name or a path, NULL: none is known) run by `user` (as in identity.h,
 * NULL: the caller). Of another user the environment is not known, so its configuration and
 * keys do not count. A script is asked for as its interpreter with a script. Exit code.
 */
int asker_prepare(struct policy_asker *asker, const char *program, const char *user);

/*
 * The same in a child that has the rights of that user, and of a set-ID program those that it gets:
 * what may be read there is what the process could read. Calls `answer` in it. Exit code.
 */
typedef int asker_answer(struct policy_asker *asker, void *data);
int asker_become(const char *program, const char *user, bool json, asker_answer *answer,
                 void *data);

/* Makes it ask for this program. 0, or as program_find, with errno; says nothing. */
int asker_set_program(struct policy_asker *asker, const char *name);

/* Of a program that interprets: what its words (argv[0] among them) say that it will run. */
void asker_set_arguments(struct policy_asker *asker, char *const argv[]);

/* Makes it ask one file alone. Exit code. */
int asker_only_file(struct policy_asker *asker, const char *file);

/*
 * The policy in force, as the library takes it: `config` is what was read, `image` what the asker
 * gets of it; NULL, both, where there is no configuration. Exit code.
 */
int asker_read(const struct policy_asker *asker, struct policy_config **config,
               struct policy_image **image);

/* For __attribute__((cleanup)). */
void cleanup_config(struct policy_config **config);
void cleanup_image(struct policy_image **image);
#define auto_config __attribute__((cleanup(cleanup_config)))
#define auto_image  __attribute__((cleanup(cleanup_image)))

/*
 * Reads an URL as libcurl does: canonical ones by target_scan, the rest by the installed libcurl.
 * `path` takes the path where libcurl was asked. False where it is no URL, or where libcurl
 * is needed and missing.
 */
bool target_read(const char *url, struct target *target, char path[PATH_MAX]);

#endif
