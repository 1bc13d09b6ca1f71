/*
 * engine.h - the HAProxy that is installed here, and one process of it.
 *
 * Errors: a sentence in `why`.
 * Source: haproxy(1); "stats socket sockpair@" and "bind fd@" in HAProxy's configuration manual.
 */
#ifndef COMMISSIONED_BRIDGE_ENGINE_H
#define COMMISSIONED_BRIDGE_ENGINE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bridge/result.h"

/* What a configuration has below this line is for 2.6 and newer, up to ".endif". */
#define ENGINE_IF_2_6                ".if version_atleast(2.6)\n"

#define ENGINE_VERSION(major, minor) ((unsigned)((major)*100 + (minor)))
#define ENGINE_OLDEST                ENGINE_VERSION(2, 4)

struct engine {
    char file[PATH_MAX];
    unsigned version; /* ENGINE_VERSION; 0: not asked yet */
};

/* Searches PATH, then the folders of the system's administration. */
enum bridge_result engine_find(struct engine *engine, char why[BRIDGE_SENTENCE]);

/* Asks it for its version, which takes as long as a start of it. Fails where it is too old. */
enum bridge_result engine_ask_version(struct engine *engine, char why[BRIDGE_SENTENCE]);

/* The version that a line of `haproxy -v` tells, 0 where it tells none. Pure. */
unsigned engine_version(const char *line);

/* The numbers that the engine knows its descriptors by. */
enum { ENGINE_LISTENER = 3, ENGINE_ADMIN, ENGINE_CONFIGURATION, ENGINE_MAP, ENGINE_DESCRIPTORS };

/* What one process of the engine is given. */
struct engine_start {
    const struct engine *engine;
    int given[ENGINE_DESCRIPTORS]; /* by those numbers; 1 and 2 are its output, 0 its input */
};

/* The process, or -1 with errno. It dies with the calling process, by SIGKILL. */
pid_t engine_spawn(const struct engine_start *start);

#endif
