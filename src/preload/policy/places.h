/*
 * places.h - where a configuration may lie, and whether any is there.
 *
 * Ownership: strings are the environment's or the struct's own. Threads: any, each its own struct.
 */
#ifndef COMMISSIONED_PLACES_H
#define COMMISSIONED_PLACES_H

#include <stdbool.h>

#define SYSTEM_FILE "/etc/commissioned-auth/commissioned-auth.conf"
#define USER_FILE   "commissioned-auth/commissioned-auth.conf"

enum { PATH_SIZE = 4096 };

struct places {
    const char *env_file;
    const char *user_file; /* NULL, or user_path */
    char user_path[PATH_SIZE];
};

void places_find(struct places *places);

/* Without a configuration nothing is loaded. A file that was named and is missing is for the module
 * to say. */
bool places_anything_there(const struct places *places);

#endif
