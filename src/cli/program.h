/*
 * cli/program.h - which file a program name means, and whether a preloaded library reaches it.
 *
 * Threads: no shared state. Source of the rules: ld.so(8) (secure-execution mode), execve(2)
 * (interpreter scripts), capabilities(7), credentials(7), the POSIX command search.
 */
#ifndef COMMISSIONED_CLI_PROGRAM_H
#define COMMISSIONED_CLI_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

enum program_reach {
    PROGRAM_REACHED,      /* the dynamic loader will read LD_PRELOAD */
    PROGRAM_UNKNOWN,      /* it cannot be read (mode 0711), so it was not judged */
    PROGRAM_SETID,        /* set-user-ID or set-group-ID: the loader ignores LD_PRELOAD ... */
    PROGRAM_CAPABILITIES, /* ... and with file capabilities too */
    PROGRAM_STATIC,       /* no dynamic loader at all, static-pie included */
    PROGRAM_FOREIGN,      /* another architecture than the library */
    PROGRAM_OTHER_LIBC,   /* another dynamic loader than the library's, such as musl's */
};

struct program_judgement {
    enum program_reach reach;
    bool is_script;      /* `file` is what runs the script */
    bool is_by_script;   /* what its first line names is a script too: two are run */
    char file[PATH_MAX]; /* the file that was judged last */
};

/*
 * program_find - the file that execvp(3) would start for `name`, searched in `path` (NULL: the
 * system's default). Folders are skipped, as shells do. Returns 0 with the file in `found`,
 * else CLI_RUN_NOT_FOUND or CLI_RUN_NOT_EXECUTABLE with errno saying why.
 */
int program_find(const char *name, const char *path, char found[PATH_MAX]);

/* Judges the file and, for a script, what interprets it. `library` may be NULL: then any
 * architecture is right. */
void program_judge(const char *file, const char *library, struct program_judgement *judgement);

/* Why such a program is out of reach, as the end of a sentence that begins with its name. */
const char *program_reach_fact(enum program_reach reach);

#endif
