/*
 * cli/hindrance.h - what to do where a file of the system could not be written.
 *
 * Returns what follows the system's own words, ": run this as root", or "". `path` is absolute; it
 * is named where root may not change it either, and the mount that it is on where that is to be
 * read alone. The text is good until the next call; errno is kept.
 * Source:  the tables of errors of open(2) and rename(2); /proc/self/mountinfo, proc(5).
 * Threads: one at a time.
 */
#ifndef COMMISSIONED_CLI_HINDRANCE_H
#define COMMISSIONED_CLI_HINDRANCE_H

const char *hindrance_remedy(int error, const char *path);

#endif
