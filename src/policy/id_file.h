/*
 * id_file.h - names and numbers of users and groups, from text like passwd(5) and group(5). For
 * src/policy alone.
 *
 * Errors:  a file that cannot be read has no names.
 * Threads: any, each its own.
 */
#ifndef COMMISSIONED_ID_FILE_H
#define COMMISSIONED_ID_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/config.h"
#include "policy/strmap.h"

/* Read when the first name is asked for. */
struct id_file {
    const char *path;
    const char *kind; /* "user" or "group" */
    char *text;       /* "" where it cannot be read */
    struct strmap known;
};

/* The id of a name or number; false after a warning at `place`, which is given once a name. */
bool id_file_find(struct id_file *file, struct policy_config *config, const char *name,
                  struct policy_place place, uint32_t *id);

/* True where some name has this id. */
bool id_file_has(struct id_file *file, struct policy_config *config, uint32_t id);

void id_file_free(struct id_file *file);

/* The id that stands third in the line of `name`. Pure. */
bool policy_id_find(const char *text, const char *name, uint32_t *id);

#endif
