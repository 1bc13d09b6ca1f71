/*
 * fault.h - ends a call of the command at its N-th system call.
 *
 * The call is made in a fork of the test, so that what is counted begins with the verb and not with
 * the dynamic loader.
 * Source: ptrace(2), PTRACE_SYSCALL.
 */
#ifndef COMMISSIONED_TEST_FAULT_H
#define COMMISSIONED_TEST_FAULT_H

#include <stdbool.h>

enum fault_end {
    FAULT_KILLED,      /* it was killed on entering the system call, which was not carried out */
    FAULT_HELD,        /* it was held there, then went on and ended */
    FAULT_COMPLETED,   /* it ended by itself before */
    FAULT_UNAVAILABLE, /* this process may not trace its children */
};

/* Runs the verb with argv (argv[0] is the command's name), silent, `input` on standard input. */
enum fault_end fault_at(unsigned nth, const char *input, const char *const argv[], int *status);

/* The same, but the call is held on entering the system call while `meanwhile` is done, then goes
 * on to its end. */
enum fault_end fault_hold_at(unsigned nth, const char *const argv[], void (*meanwhile)(void),
                             int *status);

#endif
