/*
 * embedded.h - interpreters that a program has in it, without being one. For src/policy, and for
 * src/cli, which asks the same of a file.
 *
 * Apache, PostgreSQL and editors load an interpreter as a module: what it runs then stands on no
 * command line.
 * Source:  proc_pid_maps(5); the file names are those of the interpreters' own builds.
 *
 * Threads: pure, or reads /proc/self/maps.
 */
#ifndef COMMISSIONED_EMBEDDED_H
#define COMMISSIONED_EMBEDDED_H

#include <stdbool.h>

/* By the name of a shared library's file, with or without its folder. */
bool embedded_is_interpreter(const char *file);

/*
 * Whether one is mapped in this process. What cannot be read counts as one; *want says, with
 * errno, that descriptors or memory ran out (passing.h).
 */
bool embedded_in_this_process(bool *want);

#endif
