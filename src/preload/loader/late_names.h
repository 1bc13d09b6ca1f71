/*
 * late_names.h - put before each file of the preloaded library by the Makefile, behind a macro for
 * each name of late_table.h, which leads its calls through the table. Here is the rest.
 */
#ifndef COMMISSIONED_LATE_NAMES_H
#define COMMISSIONED_LATE_NAMES_H

#include "preload/loader/late_libc.h"

#undef dlsym
#define dlsym(...) late_dlsym()(__VA_ARGS__)
#undef stderr
#define stderr (*late.standard_error)
#undef strcasecmp
#define strcasecmp(a, b) strncasecmp(a, b, SIZE_MAX)

#endif
