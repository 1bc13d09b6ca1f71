/*
 * journal_trap.h - what is sent to the machine's journal, kept by the test.
 *
 * The test process enters a mount namespace of its own, in which /run is empty but for the
 * journal's socket. Only root may do that: in a user namespace root's files would seem to be
 * nobody's, and the policy would be refused.
 * Source:  mount_namespaces(7), unix(7).
 *
 * Threads: the lines are received by one of its own.
 * Errors:  false where it is not permitted.
 */
#ifndef COMMISSIONED_TEST_JOURNAL_TRAP_H
#define COMMISSIONED_TEST_JOURNAL_TRAP_H

#include <stdbool.h>
#include <stddef.h>

enum { TRAP_LINES = 1024, TRAP_SIZE = 4096 };

/* Before any other thread is started. */
bool journal_trap_start(void);

/* All that was sent to it so far, in order; the text of a datagram ends in NUL. */
size_t journal_trap_lines(const char (**lines)[TRAP_SIZE]);

/* The value of a field, in a buffer that holds until the next call but three; NULL where it is not
 * there. */
const char *journal_trap_field(const char *line, const char *name);

#endif
