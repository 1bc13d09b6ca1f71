/*
 * match_path.h - does a path or pattern of a rule name the program or script that asks? For
 * src/policy alone.
 *
 * A path is looked up when it is read: symbolic links, hard links, merged folders and bind mounts
 * lead to the same file, and both spellings count. A pattern is compared with each name of the
 * file, and its folder is looked up too; what it would find is not, for whoever can put a link
 * there would choose whom the rule is for. A pattern with "**" is one of fnmatch(3) without
 * FNM_PATHNAME, any other one with it.
 *
 * Errors:  what cannot be looked up is FIT_UNKNOWN.
 * Threads: as asker.h.
 */
#ifndef COMMISSIONED_MATCH_PATH_H
#define COMMISSIONED_MATCH_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { ASKED_MAX_NAMES = 3 };

/* A program or a script. */
struct asked_file {
    bool unknown;                       /* there may be one: nothing else holds */
    const char *names[ASKED_MAX_NAMES]; /* the first is NULL where there is none, others may be */
    bool has_id;                        /* the file that was started is at hand: ... */
    dev_t dev;
    ino_t ino;
    bool replaced; /* ... but no more by its first name */
    bool loose;    /* it is gone, and may have had other names */
};

/* In the order of certainty, so that the best of a list is the greatest. */
enum fit {
    FIT_NO,
    FIT_UNKNOWN,
    FIT_YES,
};

/* `pattern` is absolute. */
enum fit match_path(const char *pattern, const struct asked_file *file);

/* True for a pattern of fnmatch(3). */
bool match_path_is_pattern(const char *path);

/* The folder of the path with its links followed, then its last name. False with errno. */
bool match_path_in_folder(const char *path, char resolved[PATH_MAX]);

/*
 * The path with its links followed, as far as there is something: the file itself need not be
 * there. False with errno where it cannot be looked up.
 */
bool match_path_resolve(const char *path, char resolved[PATH_MAX]);

#endif
