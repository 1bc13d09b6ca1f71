/*
 * places.h - where the configuration lies: for the library, for the command, and for what it
 * writes.
 *
 * A user's own is below $XDG_CONFIG_HOME, or below $HOME/.config, and nowhere where neither is set:
 * asking for a home by name would load name services into the program. A relative one is ignored,
 * as the XDG Base Directory rules say.
 *
 * Ownership: strings are the environment's, the caller's or the struct's own.
 * Threads:   any, each its own struct.
 * Errors:    NULL.
 */
#ifndef COMMISSIONED_PLACES_H
#define COMMISSIONED_PLACES_H

#include <limits.h>
#include <stdbool.h>

#define PLACES_SYSTEM_FOLDER "/etc/commissioned-auth"
#define PLACES_FOLDER        "commissioned-auth"
#define PLACES_FILE          "commissioned-auth.conf"
#define PLACES_SYSTEM_FILE   PLACES_SYSTEM_FOLDER "/" PLACES_FILE
#define PLACES_DROP_INS      PLACES_SYSTEM_FOLDER "/conf.d"

struct places {
    const char *env_file;    /* $COMMISSIONED_AUTH_CONFIG, or NULL */
    const char *user_folder; /* of the user's own file and keys, or NULL */
    const char *user_file;
    char folder[PATH_MAX];
    char file[PATH_MAX];
};

/* By the environment, which does not count in a program that is trusted more than its caller
 * (secure_getenv(3)). */
void places_find(struct places *places);

/* The user's own, by the values of XDG_CONFIG_HOME and HOME; each may be NULL. */
void places_of_user(struct places *places, const char *xdg, const char *home);

/* Without a configuration nothing is loaded. A file that was named and is missing is for the module
 * to say. */
bool places_anything_there(const struct places *places);

#endif
