/*
 * leak_places.h - the files in which keys were found that should not be there: where people paste
 * them, and what programs write of what they were given.
 *
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_LEAK_PLACES_H
#define COMMISSIONED_CLI_LEAK_PLACES_H

#include <limits.h>
#include <stdbool.h>

struct leak_place {
    const char *path; /* below the home where it begins without '/' */
    bool is_folder;   /* all below it */
};

/* End in a NULL path. */
extern const struct leak_place leak_home[];
extern const struct leak_place leak_system[];

/* The file that a variable of the environment names, such as $HISTFILE; false after the last. */
bool leak_variable(unsigned number, char path[PATH_MAX]);

#endif
