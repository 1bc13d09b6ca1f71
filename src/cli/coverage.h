/*
 * coverage.h - does a program come to a libcurl that the library stands in front of? Judged from
 * its file and those of its libraries: nothing is run, for a program that is asked about need not
 * be one that is trusted.
 *
 * Threads: none.
 * Errors:  what cannot be read counts as COVERAGE_UNKNOWN.
 */
#ifndef COMMISSIONED_CLI_COVERAGE_H
#define COMMISSIONED_CLI_COVERAGE_H

#include <limits.h>

enum coverage_kind {
    COVERAGE_LINKED,  /* with the libcurl that `detail` names */
    COVERAGE_MISSING, /* linked with `detail`, which is not installed */
    COVERAGE_LOADS,   /* names libcurl to dlopen(3) */
    COVERAGE_MODULES, /* an interpreter or the like: what it loads may use libcurl */
    COVERAGE_NODE,    /* the same, and HTTP of its own is what its programs use */
    COVERAGE_GO,      /* HTTP of its own */
    COVERAGE_BUNDLED, /* a libcurl of its own inside */
    COVERAGE_OWN,     /* linked with a TLS library, and with no libcurl */
    COVERAGE_NONE,    /* nothing that speaks of HTTP */
    COVERAGE_UNKNOWN,
};

struct coverage {
    enum coverage_kind kind;
    char detail[PATH_MAX];
    char sanitizer[64]; /* the run-time library that must be loaded first, or "" */
};

/* Judges an ELF program that the dynamic loader starts. */
void coverage_judge(const char *file, struct coverage *coverage);

#endif
