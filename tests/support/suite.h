/*
 * suite.h - the end of each test program's main.
 *
 * Ownership: takes the suite.
 * Threads:   one.
 * Errors:    the exit status.
 */
#ifndef COMMISSIONED_TEST_SUITE_H
#define COMMISSIONED_TEST_SUITE_H

#include <check.h>

/* Runs the suite and says what came of it; returns what main is to return. */
int suite_run(Suite *suite);

#endif
