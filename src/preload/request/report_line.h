/*
 * report_line.h - one line, to the journal or to debug output: how it is written. When there is one
 * says report.c.
 *
 * Threads: any.
 * Errors:  what cannot be written is dropped; the host is never blocked. errno is the caller's to
 *          keep.
 */
#ifndef COMMISSIONED_REPORT_LINE_H
#define COMMISSIONED_REPORT_LINE_H

#include <stdbool.h>

#include "core/decide.h"

enum {
    REPORT_LINE_SIZE = 1024,
    REPORT_TEXT_SIZE = 256, /* bytes of a host or a path that are shown */
};

/* What a line is about; any member but the decision may be NULL or 0. */
struct report_line {
    struct decision decision;
    const char *host;
    const char *path;
    const char *method;
    long status;
};

/* True while this minute has room in the journal. The first line of a new minute says how many were
 * left out. */
bool report_has_room(void);

/* To the journal, where there is room. */
void report_line_send(const struct report_line *line);

/* To debug output, in the words of `commissioned-auth explain`. `target`: NULL where it is not
 * known. */
void report_line_show(const struct report_line *line, const struct target *target);

/* A line of debug output as snprintf(3) made it; one that was cut is written as far as it goes. */
void report_debug(const char *line, int length);

#endif
